/** A resolver's refusals and other errors, and refusals of another copy of the package. */
import { createTRPCClient, httpLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC, TRPCError } from "@trpc/server";
import { type AuthContext, defineRule, ForbiddenError, UnauthorizedError } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, test, vi } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { callerFailureOf, clientRefusalOf, failureOf, forbidden, unauthorized } from "../support/trpc.ts";
import { serve, startSockets } from "./adapters.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure } = authProcedures(t.procedure);
const adminOnly = defineRule({ scope: { admin: true } });

const resolvers = {
  requires: async ({ ctx }: { ctx: AuthContext }) => `${(await ctx.auth.require(adminOnly)).sub} is admin`,
  authenticates: async ({ ctx }: { ctx: AuthContext }) => (await ctx.auth.authenticate())?.sub ?? null,
};

const router = t.router({
  open: publicProcedure.query(resolvers.requires),
  guarded: protectedProcedure.query(resolvers.requires),
  optional: optionalProcedure.query(resolvers.requires),
  raw: t.procedure.query(resolvers.requires),
  who: publicProcedure.query(resolvers.authenticates),
  rawWho: t.procedure.query(resolvers.authenticates),
  bound: publicProcedure.query(({ ctx }) => ctx.auth.require({ args: { sub: "id" } }, { args: { id: "bob" } })),
  lost: protectedProcedure.query(() => {
    throw new TRPCError({ code: "NOT_FOUND", message: "No such thing" });
  }),
  hidden: protectedProcedure.query(() => {
    throw new TRPCError({
      code: "NOT_FOUND",
      message: "No such thing",
      cause: new ForbiddenError("SCOPE_INSUFFICIENT"),
    });
  }),
  teapot: publicProcedure.query(() => {
    throw new TRPCError({ code: "CONFLICT", cause: new UnauthorizedError("TOKEN_EXPIRED") });
  }),
  broken: protectedProcedure.query(() => {
    throw new RangeError("out of range");
  }),
  rejected: protectedProcedure.query(() => Promise.reject(new Error("Unauthorized"))),
});

async function start() {
  const { auth } = createAuth();
  const { url } = await serve({ router, createContext: createTRPCContext(auth) });
  const connect = (token?: string): TRPCClient<typeof router> =>
    createTRPCClient({ links: [httpLink({ url, headers: token ? { authorization: `Bearer ${token}` } : {} })] });
  const admin = (await auth.authToken("root", { scope: { admin: true } })).signed;
  return { auth, connect, admin, alice: (await auth.authToken("alice")).signed };
}

describe("a refusal by a resolver's ctx.auth.require", () => {
  test.each(["open", "guarded", "optional", "raw"] as const)("has its code, status and reason in %s", async (name) => {
    const { connect, admin, alice } = await start();
    expect(await connect(admin)[name].query()).toBe("root is admin");
    expect(await failureOf(connect(alice)[name].query())).toEqual({
      ...forbidden("SCOPE_INSUFFICIENT"),
      status: 403,
      challenge: 'Bearer error="insufficient_scope", error_description="The scope of the token does not allow this"',
    });
    expect(await failureOf(connect()[name].query())).toEqual({
      ...unauthorized("TOKEN_MISSING"),
      status: 401,
      challenge: "Bearer",
    });
  });

  test.each([
    "open",
    "guarded",
    "raw",
  ] as const)("has the same code, status and reason in %s over a WebSocket", async (name) => {
    const { auth } = createAuth();
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startSockets);
    const connect = (token: string): TRPCClient<typeof router> =>
      createTRPCClient({ links: [wsLink({ client: openSocket(url, { token }) })] });
    const admin = (await auth.authToken("root", { scope: { admin: true } })).signed;
    expect(await connect(admin)[name].query()).toBe("root is admin");
    expect(await clientRefusalOf(connect((await auth.authToken("alice")).signed)[name].query())).toEqual(
      forbidden("SCOPE_INSUFFICIENT"),
    );
  });

  test("is a TRPCError with the refusal as its cause for a caller in the same process", async () => {
    const { auth } = createAuth();
    const caller = router.createCaller({ auth: auth.forRequest() });
    const refused = { code: "UNAUTHORIZED", reason: "TOKEN_MISSING" };
    expect(await callerFailureOf(caller.open())).toEqual(refused);
    expect(await callerFailureOf(caller.optional())).toEqual(refused);
  });

  test("depends on the facts that the resolver passes for the bindings", async () => {
    const { auth, connect, alice } = await start();
    expect(await clientRefusalOf(connect(alice).bound.query())).toEqual(forbidden("CLAIMS_INSUFFICIENT"));
    expect(await connect((await auth.authToken("bob")).signed).bound.query()).toMatchObject({ tokenType: "auth" });
  });
});

test.each([
  "who",
  "rawWho",
] as const)("authenticate() in %s rejects an invalid token and accepts a missing one", async (name) => {
  const { connect, alice } = await start();
  expect(await connect(alice)[name].query()).toBe("alice");
  expect(await connect()[name].query()).toBeNull();
  expect(await clientRefusalOf(connect("a.b.c")[name].query())).toEqual(unauthorized("TOKEN_MALFORMED"));
});

describe("a resolver's own error is unchanged", () => {
  test("when it is a TRPCError, also one with a refusal as its cause", async () => {
    const { connect, alice } = await start();
    const lost = { code: "NOT_FOUND", httpStatus: 404, status: 404, challenge: undefined };
    expect(await failureOf(connect(alice).lost.query())).toEqual(lost);
    expect(await failureOf(connect(alice).hidden.query())).toEqual(lost);
    expect(await failureOf(connect().teapot.query())).toEqual({
      code: "CONFLICT",
      httpStatus: 409,
      status: 409,
      challenge: undefined,
    });
  });

  test("when it is another error or value", async () => {
    const { connect, alice } = await start();
    const fault = { code: "INTERNAL_SERVER_ERROR", httpStatus: 500, status: 500, challenge: undefined };
    expect(await failureOf(connect(alice).broken.query())).toEqual(fault);
    expect(await failureOf(connect(alice).rejected.query())).toEqual(fault);
  });

  test("and is the cause of the error that a caller in the same process gets", async () => {
    const { auth } = createAuth();
    const caller = router.createCaller({ auth: auth.forRequest({ token: await auth.authToken("alice") }) });
    const error = (await refusalOf(caller.broken())) as TRPCError;
    expect([error.code, error.cause]).toEqual(["INTERNAL_SERVER_ERROR", new RangeError("out of range")]);
  });
});

describe("another copy of the package", () => {
  test("throws refusals that this copy's formatter and procedures recognise", async () => {
    vi.resetModules();
    const copy = await import("../../src/core/errors.ts");
    expect(copy.ForbiddenError).not.toBe(ForbiddenError);
    const refuse = (): never => {
      throw new copy.ForbiddenError("CLAIMS_INSUFFICIENT");
    };
    const mixed = t.router({
      raw: t.procedure.query(refuse),
      open: publicProcedure.query(refuse),
      guarded: protectedProcedure.query(refuse),
      fine: protectedProcedure.query(() => "fine"),
    });
    const { auth } = createAuth();
    const { url } = await serve({ router: mixed, createContext: createTRPCContext(auth) });
    const headers = { authorization: `Bearer ${(await auth.authToken("alice")).signed}` };
    const client = createTRPCClient<typeof mixed>({ links: [httpLink({ url, headers })] });
    for (const name of ["raw", "open", "guarded"] as const) {
      expect(await failureOf(client[name].query())).toMatchObject({
        ...forbidden("CLAIMS_INSUFFICIENT"),
        status: 403,
      });
    }
    expect(await client.fine.query()).toBe("fine");
  });

  test("guards procedures with this copy's tokens, and this copy formats their errors", async () => {
    vi.resetModules();
    const copy = await import("claimgate/trpc");
    expect(copy.authErrorFormatter).not.toBe(authErrorFormatter);
    const mixed = t.router({
      admin: t.procedure.use(copy.requireToken({ scope: { admin: true } })).query(({ ctx }) => ctx.auth.token.sub),
    });
    const { auth } = createAuth();
    const { url } = await serve({ router: mixed, createContext: createTRPCContext(auth) });
    const connect = (token: string) =>
      createTRPCClient<typeof mixed>({ links: [httpLink({ url, headers: { authorization: `Bearer ${token}` } })] });
    const admin = (await auth.authToken("root", { scope: { admin: true } })).signed;
    expect(await connect(admin).admin.query()).toBe("root");
    expect(await clientRefusalOf(connect((await auth.authToken("alice")).signed).admin.query())).toEqual(
      forbidden("SCOPE_INSUFFICIENT"),
    );
  });
});

test("the documented formatter hides the message of a fault, and keeps those of refusals", async () => {
  const own = initTRPC.context<AuthContext>().create({
    errorFormatter(opts) {
      const shape = authErrorFormatter(opts);
      return shape.data.code === "INTERNAL_SERVER_ERROR" ? { ...shape, message: "Internal server error" } : shape;
    },
  });
  const { auth } = createAuth();
  const hiding = own.router({
    broken: own.procedure.query(() => {
      throw new TypeError("the table sessions does not exist");
    }),
    requires: own.procedure.query(resolvers.requires),
  });
  const { url } = await serve({ router: hiding, createContext: createTRPCContext(auth) });
  const client: TRPCClient<typeof hiding> = createTRPCClient({ links: [httpLink({ url })] });
  expect(await refusalOf(client.broken.query())).toMatchObject({
    message: "Internal server error",
    data: { code: "INTERNAL_SERVER_ERROR", httpStatus: 500 },
  });
  expect(await refusalOf(client.requires.query())).toMatchObject({
    message: "A token is required",
    data: { code: "UNAUTHORIZED", auth: { reason: "TOKEN_MISSING" } },
  });
});
