/** `currentToken()` is the caller's own token in a guarded call, and null outside it. */
import { setImmediate as tick } from "node:timers/promises";
import { createTRPCClient, httpBatchLink, httpLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { type AuthContext, currentToken } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAuth } from "../support/create-auth.ts";
import { clientRefusalOf, unauthorized } from "../support/trpc.ts";
import { httpAdapters, serve, startSockets } from "./adapters.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

async function whoAfter(ticks: number): Promise<string | null> {
  for (let i = 0; i < ticks; i += 1) await tick();
  return currentToken()?.sub ?? null;
}

const router = t.router({
  open: publicProcedure.query(() => whoAfter(1)),
  asked: publicProcedure.query(async ({ ctx }) => {
    await ctx.auth.authenticate();
    return whoAfter(1);
  }),
  optional: optionalProcedure.query(() => whoAfter(1)),
  refresh: refreshProcedure.query(() => currentToken()?.tokenType),
  guarded: protectedProcedure
    .input(z.object({ ticks: z.number() }))
    .use(requireToken({ claims: { known: true } }))
    .query(async ({ ctx, input }) => ({
      own: ctx.auth.token.sub,
      before: currentToken()?.sub,
      after: await whoAfter(input.ticks),
    })),
});

const { auth } = createAuth({ ambient: true });
const tokenOf = async (subject: string): Promise<string> =>
  (await auth.authToken(subject, { claims: { known: true } })).signed;
const served = { router, createContext: createTRPCContext(auth) };

const parallel = Array.from({ length: 50 }, (_, i) => ({ subject: `user-${i}`, ticks: (i * 7) % 11 }));

describe.each(httpAdapters)("50 concurrent requests over $name", ({ start }) => {
  test("never see each other's token", async () => {
    const { url } = await serve(served, start);
    const seen = await Promise.all(
      parallel.map(async ({ subject, ticks }) => {
        const headers = { authorization: `Bearer ${await tokenOf(subject)}` };
        const client = createTRPCClient<typeof router>({ links: [httpLink({ url, headers })] });
        return client.guarded.query({ ticks });
      }),
    );
    expect(seen).toEqual(parallel.map(({ subject }) => ({ own: subject, before: subject, after: subject })));
  });
});

test("50 concurrent calls in one process never see each other's token, and leave no token behind", async () => {
  const seen = await Promise.all(
    parallel.map(async ({ subject, ticks }) => {
      const caller = router.createCaller({ auth: auth.forRequest({ token: await tokenOf(subject) }) });
      return caller.guarded({ ticks });
    }),
  );
  expect(seen).toEqual(parallel.map(({ subject }) => ({ own: subject, before: subject, after: subject })));
  expect(currentToken()).toBeNull();
});

test("concurrent calls on several WebSockets each see their own token", async () => {
  const { url } = await serve(served, startSockets);
  const clients = await Promise.all(
    parallel.slice(0, 5).map(async ({ subject }) => {
      const links = [wsLink({ client: openSocket(url, { token: await tokenOf(subject) }) })];
      return { subject, client: createTRPCClient<typeof router>({ links }) };
    }),
  );
  const calls = parallel.map(async ({ ticks }, i) => {
    const { subject, client } = clients[i % clients.length] as (typeof clients)[number];
    expect(await client.guarded.query({ ticks })).toEqual({ own: subject, before: subject, after: subject });
  });
  await Promise.all(calls);
});

test("currentToken is null in an open call, also in a batch with a guarded call", async () => {
  const { url } = await serve(served);
  const connect = (token: string): TRPCClient<typeof router> =>
    createTRPCClient({ links: [httpBatchLink({ url, headers: { authorization: `Bearer ${token}` } })] });
  const client = connect(await tokenOf("alice"));
  expect(
    await Promise.all([
      client.open.query(),
      client.guarded.query({ ticks: 3 }),
      client.asked.query(),
      client.optional.query(),
    ]),
  ).toEqual([null, { own: "alice", before: "alice", after: "alice" }, null, "alice"]);
  expect(await connect((await auth.refreshToken("alice")).signed).refresh.query()).toBe("refresh");
});

test("currentToken is null for an anonymous caller, also when a guarded call makes the call", async () => {
  const inner = router.createCaller({ auth: auth.forRequest() });
  const outer = t.router({
    nested: protectedProcedure.query(async () => [await inner.optional(), currentToken()?.sub]),
    refused: protectedProcedure.query(() => inner.guarded({ ticks: 0 })),
  });
  const { url } = await serve({ ...served, router: outer });
  const headers = { authorization: `Bearer ${await tokenOf("alice")}` };
  const client = createTRPCClient<typeof outer>({ links: [httpLink({ url, headers })] });
  expect(await client.nested.query()).toEqual([null, "alice"]);
  expect(await clientRefusalOf(client.refused.query())).toEqual(unauthorized("TOKEN_MISSING"));
});
