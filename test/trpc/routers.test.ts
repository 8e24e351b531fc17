/** Guards in nested, merged and lazy routers, in server-side callers, and next to user code. */
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC, lazy, TRPCError } from "@trpc/server";
import { type AuthContext, AuthError, ForbiddenError, isAuthError, UnauthorizedError } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAuth } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { clientRefusalOf, forbidden, resultOf, sendCall, unauthorized } from "../support/trpc.ts";
import { serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);

const leaf = t.router({
  open: publicProcedure.query(() => "open"),
  guarded: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  scoped: protectedProcedure.use(requireToken({ scope: "write" })).mutation(() => "written"),
});
const router = t.router({
  nested: { deeper: t.router({ leaf }) },
  late: lazy(() => Promise.resolve({ leaf })),
  merged: t.mergeRouters(leaf, t.router({ more: protectedProcedure.query(() => "more") })),
});

describe.each(["nested.deeper.leaf", "late", "merged"])("the guards of %s", (path) => {
  test("accept and reject callers as at the root", async () => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) });
    const reader = { authorization: `Bearer ${(await auth.authToken("alice")).signed}` };
    const writer = { authorization: `Bearer ${(await auth.authToken("alice", { scope: "write" })).signed}` };
    const get = async (name: string, headers = {}) => resultOf(await sendCall(`${url}/${path}.${name}`, { headers }));
    const post = async (name: string, headers = {}) =>
      resultOf(await sendCall(`${url}/${path}.${name}`, { method: "POST", headers }));
    expect(await get("open")).toBe("open");
    expect(await get("guarded", reader)).toBe("alice");
    expect(await get("guarded")).toEqual(unauthorized("TOKEN_MISSING"));
    expect(await post("scoped", writer)).toBe("written");
    expect(await post("scoped", reader)).toEqual(forbidden("SCOPE_INSUFFICIENT"));
  });
});

describe("a caller in the same process", () => {
  const { auth } = createAuth();
  const createCaller = t.createCallerFactory(router);

  test("is accepted with a token, as text or as a JWT, through both ways to create a caller", async () => {
    const token = await auth.authToken("alice");
    for (const given of [token, token.signed]) {
      expect(await createCaller({ auth: auth.forRequest({ token: given }) }).nested.deeper.leaf.guarded()).toBe(
        "alice",
      );
      expect(await router.createCaller({ auth: auth.forRequest({ token: given }) }).late.guarded()).toBe("alice");
    }
  });

  test("without a token gets a TRPCError whose cause is an UnauthorizedError", async () => {
    const error = await refusalOf(createCaller({ auth: auth.forRequest() }).nested.deeper.leaf.guarded());
    const { code, cause } = error as TRPCError;
    expect(error).toBeInstanceOf(TRPCError);
    expect(code).toBe("UNAUTHORIZED");
    expect(isAuthError(cause)).toBe(true);
    expect(cause).toBeInstanceOf(UnauthorizedError);
    expect(cause).toBeInstanceOf(AuthError);
    expect(cause).toMatchObject({ reason: "TOKEN_MISSING", status: 401 });
  });

  test("without the scope gets a TRPCError whose cause is a ForbiddenError", async () => {
    const request = auth.forRequest({ token: await auth.authToken("alice") });
    const error = await refusalOf(createCaller({ auth: request }).merged.scoped());
    const { code, cause } = error as TRPCError;
    expect(code).toBe("FORBIDDEN");
    expect(isAuthError(cause)).toBe(true);
    expect(cause).toBeInstanceOf(ForbiddenError);
    expect(cause).toMatchObject({ reason: "SCOPE_INSUFFICIENT", status: 403 });
  });
});

describe("a user's own setup", () => {
  interface Meta {
    readonly audit: string;
  }
  const { auth } = createAuth();
  const own = initTRPC
    .context<AuthContext & { db: { name: string } }>()
    .meta<Meta>()
    .create({
      errorFormatter: (opts) => {
        const shape = authErrorFormatter(opts);
        return {
          ...shape,
          data: { ...shape.data, db: opts.ctx?.db.name, isZod: opts.error.cause instanceof z.ZodError },
        };
      },
    });
  const { protectedProcedure: guarded } = authProcedures(
    own.procedure.use(({ ctx, next, meta }) => next({ ctx: { trace: `${ctx.db.name}/${meta?.audit ?? "none"}` } })),
  );
  const plugin = initTRPC.context<{ db: { name: string } }>().meta<Meta>().create();
  const counting = plugin.procedure.use(({ next, ctx }) => next({ ctx: { count: ctx.db.name.length } }));
  const ownRouter = own.router({
    all: guarded
      .meta({ audit: "yes" })
      .concat(counting)
      .use(requireToken({ scope: "read" }))
      .use(({ ctx, next }) => next({ ctx: { late: ctx.auth.token.sub } }))
      .query(({ ctx }) => [ctx.auth.token.sub, ctx.db.name, ctx.trace, ctx.count, ctx.late]),
    typed: guarded.input(z.object({ n: z.number() })).query(({ input }) => input.n),
  });

  async function start() {
    const createContext = createTRPCContext(auth, async () => ({ db: { name: "main" }, auth: "never this" }));
    const { url } = await serve({ router: ownRouter, createContext });
    return (token?: string) =>
      createTRPCClient<typeof ownRouter>({
        links: [httpLink({ url, headers: token ? { authorization: `Bearer ${token}` } : {} })],
      });
  }

  test("keeps its context keys, meta, middlewares and concat", async () => {
    const connect = await start();
    const { signed } = await auth.authToken("alice", { scope: "read" });
    expect(await connect(signed).all.query()).toEqual(["alice", "main", "main/yes", 4, "alice"]);
    expect(await clientRefusalOf(connect().all.query())).toEqual(unauthorized("TOKEN_MISSING"));
  });

  test("can extend refusals and other errors with an errorFormatter around ours", async () => {
    const connect = await start();
    const { signed } = await auth.authToken("alice");
    const dataOf = async (call: PromiseLike<unknown>) => {
      const error = await refusalOf(call);
      return error instanceof TRPCClientError ? error.data : error;
    };
    expect(await dataOf(connect().typed.query({ n: 1 }))).toMatchObject({
      code: "UNAUTHORIZED",
      httpStatus: 401,
      auth: { reason: "TOKEN_MISSING" },
      db: "main",
      isZod: false,
    });
    const invalid = await dataOf(connect(signed).typed.query({ n: "x" as never }));
    expect(invalid).toMatchObject({ code: "BAD_REQUEST", httpStatus: 400, db: "main", isZod: true });
    expect(invalid).not.toHaveProperty("auth");
  });
});

describe("a context without auth", () => {
  test.each([
    ["none", {}],
    ["null", { auth: null }],
    ["a similar object", { auth: { token: { sub: "root" }, authenticate: () => ({ sub: "root" }) } }],
  ])("(%s) is a server error, and the call is rejected", async (_name, context) => {
    let ran = 0;
    const exposed = t.router({
      guarded: protectedProcedure.query(() => ++ran),
      optional: authProcedures(t.procedure).optionalProcedure.query(() => ++ran),
    });
    const { url } = await serve({ router: exposed, createContext: async () => context });
    for (const name of ["guarded", "optional"]) {
      const response = await sendCall(`${url}/${name}`);
      expect(response.status).toBe(500);
      expect(resultOf(response)).toEqual({ code: "INTERNAL_SERVER_ERROR", httpStatus: 500 });
    }
    expect(ran).toBe(0);
  });
});
