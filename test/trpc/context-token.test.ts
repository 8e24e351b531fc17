/** The token that `ctx.auth` shows, also when a batch of calls shares one context. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, RequestAuth } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { httpAdapters, serve } from "./adapters.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);
const { auth, clock } = createAuth();

const seenBy = (ctx: object): string | null => {
  const { token } = (ctx as { auth: RequestAuth }).auth;
  return token && `${token.tokenType} of ${token.sub}`;
};

const router = t.router({
  open: publicProcedure.query(({ ctx }) => seenBy(ctx)),
  optional: optionalProcedure.query(({ ctx }) => seenBy(ctx)),
  me: protectedProcedure.query(({ ctx }) => seenBy(ctx)),
  renew: refreshProcedure.query(({ ctx }) => seenBy(ctx)),
  /** Long enough for its token to expire. */
  slow: protectedProcedure.query(async ({ ctx }) => {
    clock.advance(3600);
    await Promise.resolve();
    return { seen: seenBy(ctx), again: await ctx.auth.require().catch((error: { reason: string }) => error.reason) };
  }),
});

const connect = async (token?: string) => {
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, httpAdapters[1]?.start);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return createTRPCClient<typeof router>({ links: [httpBatchLink({ url, headers })] });
};

test("ctx.auth.token is the accepted token behind a guard, for every call of a batch", async () => {
  const client = await connect((await auth.authToken("ada")).signed);
  expect(await Promise.all([client.me.query(), client.optional.query(), client.me.query()])).toEqual(
    Array(3).fill("auth of ada"),
  );
});

test("ctx.auth.token is null behind an optional guard without a token", async () => {
  const client = await connect();
  expect(await Promise.all([client.optional.query(), client.open.query()])).toEqual([null, null]);
});

test("ctx.auth.token is the refresh token behind a guard for it, and null in an open call of the batch", async () => {
  const client = await connect((await auth.refreshToken("ada")).signed);
  expect(await Promise.all([client.renew.query(), client.open.query()])).toEqual(["refresh of ada", null]);
});

test("ctx.auth.token stays behind a guard when it expires, and require then rejects it", async () => {
  const client = await connect((await auth.authToken("ada")).signed);
  expect(await client.slow.query()).toEqual({ seen: "auth of ada", again: "TOKEN_EXPIRED" });
});

test("token of a request from forRequest is null once it has expired", async () => {
  const request = auth.forRequest({ token: await auth.authToken("ada") });
  const caller = t.createCallerFactory(router)({ auth: request });
  expect(await caller.me()).toBe("auth of ada");
  expect(request.token?.sub).toBe("ada");
  clock.advance(3600);
  await Promise.resolve();
  expect(request.token).toBeNull();
});
