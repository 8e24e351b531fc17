/** Rights from a database over HTTP: at most one look-up per request, and only for guards. */
import { createTRPCClient, httpBatchLink, type TRPCClient } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, Authorize, Rights } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { expect, test, vi } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { failureOf, forbidden, unauthorized } from "../support/trpc.ts";
import { serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure, optionalProcedure } = authProcedures(t.procedure);

const router = t.router({
  open: publicProcedure.query(() => "open"),
  optional: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? null),
  scope: protectedProcedure.query(({ ctx }) => ctx.auth.token.scope),
  admin: protectedProcedure
    .use(requireToken({ scope: "admin" }))
    .use(requireToken({ claims: { plan: "pro" } }))
    .query(async ({ ctx }) => (await ctx.auth.require({ scope: "admin" })).sub),
});

async function start(look: () => Rights | null) {
  const authorize = vi.fn<Authorize>(async () => look());
  const { auth, clock } = createAuth({ authorize, authorizeAt: "request" });
  const { url } = await serve({ router, createContext: createTRPCContext(auth) });
  const connect = (token?: string): TRPCClient<typeof router> =>
    createTRPCClient({
      links: [httpBatchLink({ url, headers: token ? { authorization: `Bearer ${token}` } : {} })],
    });
  const token = (await auth.authToken("alice", { scope: "reader", claims: { plan: "free" } })).signed;
  return { authorize, clock, connect, token };
}

test("a request looks up rights once for a chain of guards, and once for a batch of many", async () => {
  const { authorize, connect, token } = await start(() => ({ scope: "admin", claims: { plan: "pro" } }));
  expect(await connect(token).admin.query()).toBe("alice");
  expect(authorize).toHaveBeenCalledTimes(1);
  const client = connect(token);
  const batch = Array.from({ length: 10 }, () => [client.admin.query(), client.scope.query()]).flat();
  expect(new Set(await Promise.all(batch))).toEqual(new Set(["alice", "admin"]));
  expect(authorize).toHaveBeenCalledTimes(2);
});

test("authorize receives the subject and the verified token", async () => {
  const { authorize, connect, token } = await start(() => ({}));
  expect(await connect(token).scope.query()).toBe("reader");
  expect(authorize.mock.calls[0]).toMatchObject(["alice", { sub: "alice", tokenType: "auth", scope: "reader" }]);
});

test("a public procedure, an anonymous caller and a rejected token cause no look-up of rights", async () => {
  const { authorize, clock, connect, token } = await start(() => ({}));
  expect(await connect(token).open.query()).toBe("open");
  expect(await connect().optional.query()).toBeNull();
  clock.advance(3600);
  expect(await failureOf(connect(token).scope.query())).toMatchObject(unauthorized("TOKEN_EXPIRED"));
  expect(authorize).toHaveBeenCalledTimes(0);
});

test("a guard decides by the current rights, not by those of the token", async () => {
  let rights: Rights | null = { scope: "admin", claims: { plan: "pro" } };
  const { connect, token } = await start(() => rights);
  expect(await connect(token).admin.query()).toBe("alice");
  rights = { scope: "admin" };
  expect(await failureOf(connect(token).admin.query())).toMatchObject(forbidden("CLAIMS_INSUFFICIENT"));
  rights = {};
  expect(await failureOf(connect(token).admin.query())).toMatchObject(forbidden("SCOPE_INSUFFICIENT"));
});

test("a user without rights is rejected with 401 and TOKEN_REVOKED", async () => {
  const { connect, token } = await start(() => null);
  expect(await failureOf(connect(token).scope.query())).toEqual({
    ...unauthorized("TOKEN_REVOKED"),
    status: 401,
    challenge: 'Bearer error="invalid_token", error_description="The token has been revoked"',
  });
});

test("a failing authorize causes a 503 without a challenge", async () => {
  const { connect, token } = await start(() => {
    throw new Error("the database is down");
  });
  expect(await failureOf(connect(token).scope.query())).toEqual({
    code: "SERVICE_UNAVAILABLE",
    httpStatus: 503,
    reason: "STORE_UNAVAILABLE",
    status: 503,
    challenge: undefined,
  });
});
