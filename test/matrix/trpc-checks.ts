/** A guarded router on a real Node server, called by the tRPC client over each HTTP link. */
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  httpSubscriptionLink,
  type TRPCClient,
  type TRPCLink,
} from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { type AuthContext, currentToken } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { createAuth } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { clientRefusalOf, failureOf, forbidden, unauthorized } from "../support/trpc.ts";
import { FetchEventSource } from "../trpc/event-source.ts";
import { createFeed, type Feed, watch } from "../trpc/feed.ts";
import type { Check } from "./checks.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

function createRouter(feed: Feed) {
  return t.router({
    login: publicProcedure
      .input(String)
      .mutation(async ({ ctx, input }) => (await ctx.auth.manager.authToken(input)).signed),
    maybe: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub ?? "nobody"),
    me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
    current: protectedProcedure.query(async () => {
      await Promise.resolve();
      return currentToken()?.sub;
    }),
    stats: protectedProcedure.use(requireToken({ scope: { admin: true } })).query(() => 42),
    byHand: publicProcedure.query(async ({ ctx }) => (await ctx.auth.require({ scope: { admin: true } })).sub),
    user: protectedProcedure
      .input((raw: unknown) => raw as { id: string })
      .use(requireToken({ args: { sub: "id" }, override: { scope: { admin: true } } }))
      .query(({ input }) => `user ${input.id}`),
    rotate: refreshProcedure.mutation(({ ctx }) => ctx.auth.token.tokenType),
    numbers: protectedProcedure.query(async function* () {
      yield 1;
      yield 2;
    }),
    events: protectedProcedure.subscription(async function* ({ signal }) {
      for await (const value of feed.values(signal)) yield `${value} for ${currentToken()?.sub}`;
    }),
  });
}

type App = ReturnType<typeof createRouter>;
type Connect = (token?: string) => TRPCClient<App>;

/** Checks `claimgate/trpc`. */
export async function checkTRPC(check: Check): Promise<void> {
  const { auth, clock } = createAuth({ ambient: true });
  const feed = createFeed();
  const router = createRouter(feed);
  const server = createHTTPServer({ router, createContext: createTRPCContext(auth) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const over =
    (link: (options: { url: string; headers: Record<string, string> }) => TRPCLink<App>): Connect =>
    (token) =>
      createTRPCClient({ links: [link({ url, headers: bearer(token) })] });
  const alice = (await auth.authToken("alice", { maxAge: 60 })).signed;
  const admin = (await auth.authToken("root", { scope: { admin: true } })).signed;

  try {
    await checkCalls(check, over(httpLink), { alice, admin, refresh: (await auth.refreshToken("alice")).signed });
    await checkBatches(check, { batch: over(httpBatchLink), stream: over(httpBatchStreamLink), alice });
    await check("tRPC: a caller in the same process is guarded", async () => {
      const caller = t.createCallerFactory(router);
      assert.equal(await caller({ auth: auth.forRequest({ token: alice }) }).me(), "alice");
      assert.equal(
        ((await refusalOf(caller({ auth: auth.forRequest() }).me())) as { code: string }).code,
        "UNAUTHORIZED",
      );
    });
    await checkEvents(check, { feed, alice, expire: () => clock.advance(60), connect: subscriber(url) });
  } finally {
    server.close();
    server.closeAllConnections?.();
  }
}

async function checkCalls(
  check: Check,
  connect: Connect,
  { alice, admin, refresh }: { readonly alice: string; readonly admin: string; readonly refresh: string },
): Promise<void> {
  await check("tRPC: accepts", async () => {
    const token = await connect().login.mutate("bob");
    assert.equal(await connect(token).me.query(), "bob");
    assert.equal(await connect(admin).stats.query(), 42);
    assert.deepEqual([await connect().maybe.query(), await connect(alice).maybe.query()], ["nobody", "alice"]);
    assert.equal(await connect(refresh).rotate.mutate(), "refresh");
  });
  await check("tRPC: 401 with a challenge, without a token and with an invalid one", async () => {
    const missing = { ...unauthorized("TOKEN_MISSING"), status: 401, challenge: "Bearer" };
    assert.deepEqual(await failureOf(connect().me.query()), missing);
    const { challenge = "", ...changed } = await failureOf(connect(`${alice.slice(0, -8)}AAAAAAAA`).me.query());
    assert.deepEqual(changed, { ...unauthorized("SIGNATURE_INVALID"), status: 401 });
    assert.match(challenge, /^Bearer error="invalid_token"/);
    assert.deepEqual(await clientRefusalOf(connect(refresh).me.query()), unauthorized("TOKEN_TYPE_INVALID"));
  });
  await check("tRPC: 403 with a challenge", async () => {
    const { challenge = "", ...refused } = await failureOf(connect(alice).stats.query());
    assert.deepEqual(refused, { ...forbidden("SCOPE_INSUFFICIENT"), status: 403 });
    assert.match(challenge, /^Bearer error="insufficient_scope"/);
  });
  await check("tRPC: a refusal that a resolver throws looks the same", async () => {
    assert.deepEqual(await clientRefusalOf(connect(alice).byHand.query()), forbidden("SCOPE_INSUFFICIENT"));
    assert.equal(await connect(admin).byHand.query(), "root");
  });
  await check("tRPC: args and override", async () => {
    assert.equal(await connect(alice).user.query({ id: "alice" }), "user alice");
    assert.deepEqual(await clientRefusalOf(connect(alice).user.query({ id: "bob" })), forbidden("CLAIMS_INSUFFICIENT"));
    assert.equal(await connect(admin).user.query({ id: "bob" }), "user bob");
  });
  await check("tRPC: currentToken()", async () => {
    assert.equal(await connect(alice).current.query(), "alice");
    assert.equal(currentToken(), null);
  });
}

async function checkBatches(
  check: Check,
  { batch, stream, alice }: { readonly batch: Connect; readonly stream: Connect; readonly alice: string },
): Promise<void> {
  await check("httpBatchLink: a mixed batch is 207", async () => {
    const client = batch(alice);
    const [me, stats] = [client.me.query(), failureOf(client.stats.query())];
    assert.equal(await me, "alice");
    const { status, httpStatus, reason } = await stats;
    assert.deepEqual([status, httpStatus, reason], [207, 403, "SCOPE_INSUFFICIENT"]);
  });
  await check("httpBatchStreamLink: a refusal arrives in its own part", async () => {
    const client = stream(alice);
    const [stats, me] = [clientRefusalOf(client.stats.query()), client.me.query()];
    assert.equal(await me, "alice");
    assert.deepEqual(await stats, forbidden("SCOPE_INSUFFICIENT"));
  });
  await check("httpBatchStreamLink: a generator streams to an authorized caller", async () => {
    const received: number[] = [];
    for await (const number of await stream(alice).numbers.query()) received.push(number);
    assert.deepEqual(received, [1, 2]);
    assert.deepEqual(await clientRefusalOf(stream().numbers.query()), unauthorized("TOKEN_MISSING"));
  });
}

interface Events {
  readonly feed: Feed;
  readonly alice: string;
  readonly expire: () => void;
  readonly connect: Connect;
}

async function checkEvents(check: Check, { feed, alice, expire, connect }: Events): Promise<void> {
  await check("httpSubscriptionLink: a rejected generator never starts", async () => {
    const anonymous = connect();
    const events = watch<string>((observer) => anonymous.events.subscribe(undefined, observer));
    assert.deepEqual(await events.ended, unauthorized("TOKEN_MISSING"));
    assert.equal(feed.started, 0);
  });
  await check("httpSubscriptionLink: events come until the token expires", async () => {
    const client = connect(alice);
    const events = watch<string>((observer) => client.events.subscribe(undefined, observer));
    feed.push(1);
    assert.equal(await events.next(), "1 for alice");
    feed.push(2);
    assert.equal(await events.next(), "2 for alice");
    expire();
    feed.push(3);
    assert.deepEqual(await events.ended, unauthorized("TOKEN_EXPIRED"));
    assert.equal(feed.started, 1);
  });
}

function subscriber(url: string): Connect {
  return (token) =>
    createTRPCClient({
      links: [
        httpSubscriptionLink({
          url,
          EventSource: FetchEventSource,
          eventSourceOptions: { headers: bearer(token) },
        }),
      ],
    });
}

function bearer(token: string | undefined): Record<string, string> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}
