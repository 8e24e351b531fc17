/** A cached decision ends under fake timers too: Jest's replace `queueMicrotask`. */
import { initTRPC } from "@trpc/server";
import type { AuthContext } from "claimgate";
import { authProcedures, requireToken } from "claimgate/trpc";
import { graphqlSync } from "graphql";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAuth, NOW } from "../support/create-auth.ts";
import { createGuardedSchema } from "../support/graphql.ts";
import { callerFailureOf } from "../support/trpc.ts";

const { auth, clock } = createAuth();

beforeEach(() => {
  clock.set(NOW);
  vi.useFakeTimers({ toFake: ["queueMicrotask"] });
});
afterEach(() => void vi.useRealTimers());

async function request() {
  const { signed: token } = await auth.authToken("ada", { scope: "a", maxAge: 60 });
  return { auth: auth.forRequest({ token }) };
}

describe("under fake timers", () => {
  test("a GraphQL field rejects a token that has expired since an earlier field accepted it", async () => {
    const schema = createGuardedSchema(`type Query { a: Int @requireToken(scope: "a") }`, { Query: { a: () => 1 } });
    const ask = (contextValue: unknown) => graphqlSync({ schema, source: "{ a }", contextValue });
    const context = await request();
    expect(ask(context).data).toEqual({ a: 1 });
    await Promise.resolve();
    expect(ask(context).data).toEqual({ a: 1 });
    await Promise.resolve();
    clock.advance(61);
    expect(ask(context).errors?.[0]?.extensions["auth"]).toEqual({ reason: "TOKEN_EXPIRED" });
  });

  test("a tRPC call rejects a token that has expired since an earlier call accepted it", async () => {
    const t = initTRPC.context<AuthContext>().create();
    const { protectedProcedure } = authProcedures(t.procedure);
    const router = t.router({ a: protectedProcedure.use(requireToken({ scope: "a" })).query(() => 1) });
    const caller = t.createCallerFactory(router)(await request());
    expect(await caller.a()).toBe(1);
    clock.advance(61);
    expect(await callerFailureOf(caller.a())).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });
});
