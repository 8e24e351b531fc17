/** The token is checked before the input, and later parsers cannot change a checked value. */
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAuth } from "../support/create-auth.ts";
import { callerFailureOf, resultOf, sendCall, unauthorized } from "../support/trpc.ts";
import { serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure, publicProcedure } = authProcedures(t.procedure);

describe("the token is checked before the input is parsed", () => {
  const parsed: string[] = [];
  const recordAs = (name: string) => (raw: unknown) => {
    parsed.push(name);
    return raw as { id: string };
  };
  const router = t.router({
    open: publicProcedure.input(recordAs("open")).mutation(() => "done"),
    guarded: protectedProcedure.input(recordAs("guarded")).mutation(() => "done"),
    bound: protectedProcedure
      .input(recordAs("bound"))
      .use(requireToken({ args: { sub: "id" } }))
      .mutation(() => "done"),
    scoped: protectedProcedure
      .use(requireToken({ scope: "write" }))
      .input(recordAs("scoped"))
      .mutation(() => "done"),
  });

  test("no parser runs for a rejected caller, and each runs for an accepted one", async () => {
    const { auth } = createAuth();
    const anonymous = router.createCaller({ auth: auth.forRequest() });
    const reader = router.createCaller({ auth: auth.forRequest({ token: await auth.authToken("alice") }) });
    for (const name of ["guarded", "bound", "scoped"] as const) {
      expect(await callerFailureOf(anonymous[name]({ id: "alice" }))).toEqual({
        code: "UNAUTHORIZED",
        reason: "TOKEN_MISSING",
      });
    }
    expect(await callerFailureOf(reader.scoped({ id: "alice" }))).toEqual({
      code: "FORBIDDEN",
      reason: "SCOPE_INSUFFICIENT",
    });
    expect(parsed).toEqual([]);
    await anonymous.open({ id: "x" });
    await reader.guarded({ id: "x" });
    await reader.bound({ id: "alice" });
    expect(parsed).toEqual(["open", "guarded", "bound"]);
  });

  test("a body that is not JSON is a 401 without a token, and a 400 with one", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) });
    const post = (headers: Record<string, string>) =>
      sendCall(`${url}/guarded`, {
        method: "POST",
        headers,
        body: "{ no",
      });
    expect(resultOf(await post({}))).toEqual(unauthorized("TOKEN_MISSING"));
    const { signed } = await auth.authToken("alice");
    const known = await post({ authorization: `Bearer ${signed}` });
    expect(known.status).toBe(400);
    expect(known.body.error?.data).not.toHaveProperty("auth");
  });
});

describe("a value that a guard has checked cannot be replaced by a later parser", () => {
  const lower = z.string().toLowerCase();
  const router = t.router({
    top: protectedProcedure
      .input(z.object({ id: lower }))
      .use(requireToken({ args: { sub: "id" } }))
      .input(z.object({ id: z.string().optional(), note: z.string() }))
      .query(({ input }) => input),
    loose: protectedProcedure
      .input(z.object({ id: lower }))
      .use(requireToken({ args: { sub: "id" } }))
      .input(z.looseObject({}))
      .query(({ input }) => input),
    nested: protectedProcedure
      .input(z.object({ owner: z.object({ id: lower }) }))
      .use(requireToken({ args: { sub: "owner.id" } }))
      .input(z.object({ owner: z.object({ id: z.string() }).optional() }))
      .query(({ input }) => input),
    branch: protectedProcedure
      .input(z.object({ id: lower }))
      .use(requireToken({ anyOf: [{ scope: "staff" }, { args: { sub: "id" } }] }))
      .input(z.object({ id: z.string().optional() }))
      .query(({ input }) => input),
    twice: protectedProcedure
      .input(z.object({ id: lower, team: lower }))
      .use(requireToken({ args: { sub: "id" } }))
      .use(requireToken({ args: { team: "team" } }))
      .input(z.looseObject({}))
      .query(({ input }) => input),
    needed: protectedProcedure
      .input(z.object({ id: lower }))
      .use(requireToken({ args: { sub: "id" } }))
      .input(z.object({ id: z.string() }))
      .query(({ input }) => input),
    whole: protectedProcedure
      .input(lower)
      .use(requireToken({ args: { sub: "" } }))
      // The types reject a later parser here; this is the result without types.
      .input(((raw: unknown) => raw) as never)
      .query(({ input }) => ({ given: input as unknown })),
    notAnObject: protectedProcedure
      .input((raw: unknown) => ({ id: String((raw as string[])[0]).toLowerCase() }))
      .use(requireToken({ args: { sub: "id" } }))
      .input((raw: unknown) => raw as { id?: string })
      .query(({ input }) => ({ given: input })),
    wholeOrKey: protectedProcedure
      .input(((raw: unknown) => raw) as never)
      .use(requireToken({ anyOf: [{ args: { sub: "" } }, { args: { sub: "id" } }] } as never))
      .input(((raw: unknown) => ({ given: raw })) as never)
      .query(({ input }) => input as unknown),
    fixed: protectedProcedure
      .input((_raw: unknown) => ({ id: "alice" }))
      .use(requireToken({ args: { sub: "id" } }))
      .input(((raw: unknown) => ({ given: raw })) as never)
      .query(({ input }) => input as unknown),
    unchecked: protectedProcedure
      .input(z.object({ id: lower }))
      .input(z.object({ id: z.string() }))
      .query(({ input }) => input),
  });
  const { auth } = createAuth();
  const callAs = async (claims: Record<string, unknown> = {}) =>
    router.createCaller({ auth: auth.forRequest({ token: await auth.authToken("alice", { claims }) }) });
  // A parser lowers the case, so the sent value differs from the checked one.
  const sent = "ALICE" as never;

  test("at the top of an object, to which a later parser adds keys", async () => {
    const caller = await callAs();
    expect(await caller.top({ id: sent, note: "hi" })).toEqual({ id: "alice", note: "hi" });
    expect(await caller.loose({ id: sent, extra: 1 })).toEqual({ id: "alice", extra: 1 });
    expect(await caller.unchecked({ id: sent })).toEqual({ id: "ALICE" });
  });

  test("in an input of which one rule checks the whole and another a key", async () => {
    const caller = await callAs();
    for (const input of [{ id: "alice", note: "hi" }, "alice"])
      expect(await caller.wholeOrKey(input as never)).not.toMatchObject({ given: expect.anything() });
    await expect(caller.wholeOrKey({ id: "bob" } as never)).rejects.toMatchObject({ code: "FORBIDDEN" });
  });

  test("in an input that is not a plain object, of which a later parser gets nothing", async () => {
    const caller = await callAs();
    for (const input of [null, undefined, 5, "x", ["x"], new Date(0), new FormData()])
      expect(await caller.fixed(input as never)).not.toMatchObject({ given: expect.anything() });
    for (const input of [{ id: "bob", note: "hi" }, Object.assign(Object.create(null), { id: "bob", note: "hi" })])
      expect(await caller.fixed(input as never)).toMatchObject({ given: { note: "hi" } });
  });

  test("in a nested object", async () => {
    expect(await (await callAs()).nested({ owner: { id: sent } })).toEqual({ owner: { id: "alice" } });
  });

  test("when a branch or several guards check it", async () => {
    expect(await (await callAs()).branch({ id: sent })).toEqual({ id: "alice" });
    const member = await callAs({ team: "red" });
    expect(await member.twice({ id: sent, team: "RED" })).toEqual({ id: "alice", team: "red" });
  });

  test("and a later parser that requires it fails", async () => {
    expect(await callerFailureOf((await callAs()).needed({ id: sent }))).toEqual({
      code: "BAD_REQUEST",
      reason: undefined,
    });
  });

  test("when the guard checks the whole input", async () => {
    expect(await (await callAs()).whole(sent)).toEqual({ given: undefined });
    expect(await callerFailureOf((await callAs()).whole("BOB"))).toEqual({
      code: "FORBIDDEN",
      reason: "CLAIMS_INSUFFICIENT",
    });
  });

  test("when the client's input is not an object", async () => {
    expect(await (await callAs()).notAnObject(["ALICE", "bob"] as never)).toEqual({ given: undefined });
  });

  test("and the guard compares the parsed value, not the sent one", async () => {
    expect(await callerFailureOf((await callAs()).loose({ id: "BOB" }))).toEqual({
      code: "FORBIDDEN",
      reason: "CLAIMS_INSUFFICIENT",
    });
  });
});
