/** Adjacent guards merge into one middleware, and decide as they would one by one. */
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authErrorFormatter, authProcedures, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createAuth } from "../support/create-auth.ts";
import { callerFailureOf } from "../support/trpc.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const procedures = authProcedures(t.procedure);
const { protectedProcedure, optionalProcedure, refreshProcedure } = procedures;
const { auth, clock } = createAuth();

const length = (builder: object): number =>
  (builder as { _def: { middlewares: readonly unknown[] } })._def.middlewares.length;

describe("adjacent guards", () => {
  test.each([
    ["protectedProcedure and a rule", protectedProcedure.use(requireToken({ scope: "a" }))],
    [
      "protectedProcedure and three rules",
      protectedProcedure
        .use(requireToken({ scope: "a" }))
        .use(requireToken({ claims: { plan: "pro" } }))
        .use(requireToken({ anyOf: [{ scope: "b" }, { scope: "c" }] })),
    ],
    ["optionalProcedure and a rule", optionalProcedure.use(requireToken({ scope: "a" }))],
    ["refreshProcedure and a rule of its type", refreshProcedure.use(requireToken({ type: "refresh" }))],
  ])("merge into one middleware for %s", (_, builder) => {
    expect(length(builder)).toBe(1);
  });

  test.each([
    ["a rule of another token type", protectedProcedure.use(requireToken({ type: "refresh" }))],
    ["a rule with another location", protectedProcedure.use(requireToken({ location: "header" }))],
    ["a custom middleware", protectedProcedure.use(({ next }) => next())],
  ])("do not merge for %s", (_, builder) => {
    expect(length(builder)).toBe(2);
  });

  test("do not merge when a middleware or a parser is between them", () => {
    const own = protectedProcedure.use(({ next }) => next()).use(requireToken({ scope: "a" }));
    expect(length(own)).toBe(3);
    expect(
      length(protectedProcedure.input(z.object({ id: z.string() })).use(requireToken({ args: { sub: "id" } }))),
    ).toBe(3);
  });

  test("leave the base procedure unchanged", () => {
    protectedProcedure.use(requireToken({ scope: "a" }));
    expect(length(protectedProcedure)).toBe(1);
  });
});

const router = t.router({
  scoped: protectedProcedure.use(requireToken({ scope: "a" })).query(({ ctx }) => ctx.auth.token.sub),
  both: protectedProcedure
    .use(requireToken({ scope: "a" }))
    .use(requireToken({ scope: "b", override: { admin: true } }))
    .query(({ ctx }) => ctx.auth.token.sub),
  optionalThenScoped: optionalProcedure.use(requireToken({ scope: "a" })).query(({ ctx }) => ctx.auth.token.sub),
  own: protectedProcedure
    // @ts-expect-error -- the compiler wants `.input()` first: this guard never sees the input
    .use(requireToken({ args: { sub: "" } }))
    .input(z.string())
    .query(({ input }) => input ?? null),
  live: protectedProcedure.use(requireToken({ scope: "a" })).subscription(async function* () {
    yield 1;
    clock.advance(3600);
    yield 2;
  }),
});
const call = t.createCallerFactory(router);
const caller = async (scope?: string, claims: Record<string, unknown> = {}) =>
  call({ auth: auth.forRequest({ token: await auth.authToken("ada", { ...(scope ? { scope } : {}), claims }) }) });

describe("merged guards", () => {
  test("accept a token that satisfies all rules, and reject one that lacks a part of any", async () => {
    expect(await (await caller("a b")).both()).toBe("ada");
    expect(await (await caller("a", { admin: true })).both()).toBe("ada");
    for (const scope of ["a", "b", undefined])
      expect(await callerFailureOf((await caller(scope)).both())).toEqual({
        code: "FORBIDDEN",
        reason: "SCOPE_INSUFFICIENT",
      });
    expect(await callerFailureOf((await caller("b", { admin: true })).both())).toEqual({
      code: "FORBIDDEN",
      reason: "SCOPE_INSUFFICIENT",
    });
    expect(await callerFailureOf(call({ auth: auth.forRequest() }).both())).toEqual({
      code: "UNAUTHORIZED",
      reason: "TOKEN_MISSING",
    });
  });

  test("reject a caller without a token after an optional guard", async () => {
    expect(await (await caller("a")).optionalThenScoped()).toBe("ada");
    expect(await callerFailureOf(call({ auth: auth.forRequest() }).optionalThenScoped())).toEqual({
      code: "UNAUTHORIZED",
      reason: "TOKEN_MISSING",
    });
  });

  test("hide checked values from later parsers", async () => {
    expect(await callerFailureOf((await caller()).own("eve"))).toEqual({
      code: "FORBIDDEN",
      reason: "CLAIMS_INSUFFICIENT",
    });
  });

  test("end a stream when the token expires", async () => {
    const events: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const event of await (await caller("a")).live()) events.push(event);
    };
    expect(await callerFailureOf(read())).toEqual({ code: "UNAUTHORIZED", reason: "TOKEN_EXPIRED" });
    expect(events).toEqual([1]);
  });
});

describe.each([
  ["at once", {}],
  ["later", { authorizeAt: "request", authorize: async () => ({}) }],
] as const)("merged guards of a token that is verified %s", (_, config) => {
  const { auth: local } = createAuth(config);
  const all = t.router({
    one: t.procedure.use(requireToken({ scope: "a" })).query(({ ctx }) => ctx.auth.token.sub),
    three: protectedProcedure
      .use(requireToken({ scope: "a" }))
      .use(requireToken({ scope: "b" }))
      .use(requireToken({ scope: "c" }))
      .query(({ ctx }) => ctx.auth.token.sub),
  });
  const call = async (name: "one" | "three", scope: string): Promise<string> => {
    const { signed: token } = await local.authToken("ada", { scope });
    const caller = all.createCaller({ auth: local.forRequest({ token }) });
    return caller[name]().catch((error: { code?: string }) => error.code ?? "no code");
  };

  test("reject what one of them rejects", async () => {
    expect([await call("one", "a"), await call("one", "b")]).toEqual(["ada", "FORBIDDEN"]);
    for (const scope of ["b c", "a c", "a b", ""])
      expect([scope, await call("three", scope)]).toEqual([scope, "FORBIDDEN"]);
    expect(await call("three", "a b c")).toBe("ada");
  });

  test("reject a caller without a token", async () => {
    const caller = all.createCaller({ auth: local.forRequest() });
    for (const name of ["one", "three"] as const)
      await expect(caller[name]()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  });
});
