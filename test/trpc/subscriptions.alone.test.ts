/** A guarded subscription: checked before its start and per event, and ended with its token. */
import { createTRPCClient, httpSubscriptionLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC, tracked } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { type AuthContext, type AuthManagerConfig, currentToken, type KeyConfig } from "claimgate";
import type { TestClock } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { createAuth, NOW, SECRET } from "../support/create-auth.ts";
import { base64url } from "../support/forge.ts";
import type { Listening } from "../support/listen.ts";
import { forbidden, unauthorized } from "../support/trpc.ts";
import { httpAdapters, type Served, serve, socketAdapters } from "./adapters.ts";
import { FetchEventSource } from "./event-source.ts";
import { createFeed, type Feed, watch } from "./feed.ts";
import { openSocket } from "./sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);

function createRouter(feed: Feed, clock: TestClock) {
  return t.router({
    events: protectedProcedure.subscription(({ signal }) => feed.values(signal)),
    scoped: protectedProcedure.use(requireToken({ scope: "listen" })).subscription(({ signal }) => feed.values(signal)),
    own: protectedProcedure
      .input(z.object({ user: z.string() }))
      .use(requireToken({ args: { sub: "user" } }))
      .subscription(({ signal }) => feed.values(signal)),
    marked: protectedProcedure.subscription(async function* ({ signal }) {
      for await (const value of feed.values(signal)) yield tracked(`id-${value}`, { value });
    }),
    who: protectedProcedure.subscription(async function* ({ signal }) {
      yield currentToken()?.sub;
      for await (const value of feed.values(signal)) yield `${value}: ${currentToken()?.sub}`;
    }),
    // The clock moves to just before `exp` without an event.
    idle: protectedProcedure.subscription(async function* ({ ctx, signal }) {
      const { exp } = ctx.auth.token;
      yield 0;
      clock.set(exp - 0.02);
      yield* feed.values(signal);
    }),
    observed: protectedProcedure.subscription(() =>
      observable<number, never>((observer) => {
        const left = new AbortController();
        const pump = async (): Promise<void> => {
          for await (const value of feed.values(left.signal)) observer.next(value);
          observer.complete();
        };
        void pump();
        return () => left.abort();
      }),
    ),
    short: protectedProcedure.subscription(async function* () {
      yield 1;
      yield 2;
    }),
  });
}

type App = ReturnType<typeof createRouter>;
type Connect = (url: string, token?: string) => TRPCClient<App>;

const overSocket: Connect = (url, token) =>
  createTRPCClient({ links: [wsLink({ client: openSocket(url, token === undefined ? {} : { token }) })] });
const overEvents: Connect = (url, token) =>
  createTRPCClient({
    links: [
      httpSubscriptionLink({
        url,
        EventSource: FetchEventSource,
        eventSourceOptions: { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } },
      }),
    ],
  });

const transports = [
  ...socketAdapters.map(({ name, start }) => ({ name: `wsLink to ${name}`, start, connect: overSocket })),
  ...httpAdapters.map(({ name, start }) => ({ name: `httpSubscriptionLink to ${name}`, start, connect: overEvents })),
];

interface Transport {
  readonly start: (served: Served) => Promise<Listening>;
  readonly connect: Connect;
}

async function startOver({ start, connect }: Transport, config: Partial<AuthManagerConfig> = {}) {
  const { auth, clock } = createAuth({ ambient: true, ...config });
  const feed = createFeed();
  const router = createRouter(feed, clock);
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, start);
  const as = async (scope?: string, maxAge = 60): Promise<TRPCClient<App>> =>
    connect(url, (await auth.authToken("alice", { scope, maxAge })).signed);
  return { auth, clock, feed, as, connect: (token?: string) => connect(url, token) };
}

describe.each(transports)("over $name", (transport) => {
  test("sends events to an authorized listener, and releases the source when the listener leaves", async () => {
    const { as, feed } = await startOver(transport);
    const client = await as("listen");
    const events = watch<number>((observer) => client.scoped.subscribe(undefined, observer));
    feed.push(1);
    feed.push(2);
    expect([await events.next(), await events.next()]).toEqual([1, 2]);
    events.unsubscribe();
    await vi.waitFor(() => expect(feed).toMatchObject({ started: 1, ended: 1 }));
  });

  test("completes a stream that ends by itself", async () => {
    const { as } = await startOver(transport);
    const client = await as();
    const events = watch<number>((observer) => client.short.subscribe(undefined, observer));
    expect([await events.next(), await events.next(), await events.ended]).toEqual([1, 2, "complete"]);
  });

  test("rejects a subscription before its generator starts", async () => {
    const { as, connect, feed } = await startOver(transport);
    const anonymous = connect();
    const reader = await as("read");
    const refused = [
      watch<number>((observer) => anonymous.events.subscribe(undefined, observer)),
      watch<number>((observer) => anonymous.observed.subscribe(undefined, observer)),
      watch<number>((observer) => reader.scoped.subscribe(undefined, observer)),
      watch<number>((observer) => reader.own.subscribe({ user: "bob" }, observer)),
    ];
    expect(await Promise.all(refused.map(({ ended }) => ended))).toEqual([
      unauthorized("TOKEN_MISSING"),
      unauthorized("TOKEN_MISSING"),
      forbidden("SCOPE_INSUFFICIENT"),
      forbidden("CLAIMS_INSUFFICIENT"),
    ]);
    expect(feed.started).toBe(0);
    const own = watch<number>((observer) => reader.own.subscribe({ user: "alice" }, observer));
    feed.push(1);
    expect(await own.next()).toBe(1);
    own.unsubscribe();
  });

  test("withholds the first event after the token has expired, and ends the stream", async () => {
    const { as, clock, feed } = await startOver(transport);
    const client = await as();
    const events = watch<number>((observer) => client.events.subscribe(undefined, observer));
    feed.push(1);
    expect(await events.next()).toBe(1);
    clock.advance(59);
    feed.push(2);
    expect(await events.next()).toBe(2);
    clock.advance(1);
    feed.push(3);
    await expect(events.next()).rejects.toEqual(unauthorized("TOKEN_EXPIRED"));
    await vi.waitFor(() => expect(feed.ended).toBe(1));
  });

  test("withholds the first event after the token's key is retired, and ends the stream", async () => {
    const { as, auth, feed } = await startOver(transport);
    const client = await as();
    const events = watch<number>((observer) => client.events.subscribe(undefined, observer));
    feed.push(1);
    expect(await events.next()).toBe(1);
    await auth.retire(await calculateJwkThumbprint({ kty: "oct", k: base64url(SECRET) }));
    feed.push(2);
    await expect(events.next()).rejects.toEqual(unauthorized("SIGNATURE_INVALID"));
    await vi.waitFor(() => expect(feed.ended).toBe(1));
  });

  test("continues when the key is loaded again, and ends at the first event after the loader withdrew it", async () => {
    const keyOf = (kid: string): KeyConfig => ({ kid, algorithm: "HS256", secret: `${kid}${SECRET}` });
    const listed = { kids: ["mine"] };
    const { as, clock, feed } = await startOver(transport, { keys: async () => listed.kids.map(keyOf) });
    const client = await as(undefined, 600);
    const events = watch<number>((observer) => client.events.subscribe(undefined, observer));
    feed.push(1);
    expect(await events.next()).toBe(1);
    listed.kids = ["mine", "another"];
    clock.advance(61);
    feed.push(2);
    expect(await events.next()).toBe(2);
    listed.kids = ["another"];
    clock.advance(61);
    feed.push(3);
    await expect(events.next()).rejects.toEqual(unauthorized("SIGNATURE_INVALID"));
    await vi.waitFor(() => expect(feed.ended).toBe(1));
  });

  test("ends a stream without events when the token expires, and not earlier", async () => {
    const { as, clock, feed } = await startOver(transport);
    const client = await as();
    const events = watch<number>((observer) => client.idle.subscribe(undefined, observer));
    expect(await events.next()).toBe(0);
    feed.push(1);
    expect(await events.next()).toBe(1);
    clock.set(NOW + 60);
    expect(await events.ended).toEqual(unauthorized("TOKEN_EXPIRED"));
    // The source is released at the latest at its next event: tRPC aborts its signal only when the
    // client leaves.
    feed.push(2);
    await vi.waitFor(() => expect(feed.ended).toBe(1));
  });

  test("guards the events of an observable", async () => {
    const { as, clock, feed } = await startOver(transport);
    const client = await as();
    const events = watch<number>((observer) => client.observed.subscribe(undefined, observer));
    feed.push(1);
    expect(await events.next()).toBe(1);
    clock.advance(60);
    feed.push(2);
    await expect(events.next()).rejects.toEqual(unauthorized("TOKEN_EXPIRED"));
    await vi.waitFor(() => expect(feed.ended).toBe(1));
  });

  test("keeps the ids of tracked events", async () => {
    const { as, feed } = await startOver(transport);
    const client = await as();
    const events = watch((observer) => client.marked.subscribe(undefined, observer));
    feed.push(7);
    expect(await events.next()).toMatchObject({ id: "id-7", data: { value: 7 } });
    events.unsubscribe();
  });

  test("sets currentToken() in the generator, before and after a wait", async () => {
    const { as, feed } = await startOver(transport);
    const client = await as();
    const events = watch((observer) => client.who.subscribe(undefined, observer));
    feed.push(1);
    expect([await events.next(), await events.next()]).toEqual(["alice", "1: alice"]);
    events.unsubscribe();
  });
});

test("an idle subscription with a token of one second ends in real time", async () => {
  const opened = Date.now();
  const transport = { start: socketAdapters[0]?.start as Transport["start"], connect: overSocket };
  const { as, feed } = await startOver(transport, { now: () => NOW + (Date.now() - opened) / 1000 });
  const client = await as(undefined, 1);
  const events = watch<number>((observer) => client.events.subscribe(undefined, observer));
  expect(await events.ended).toEqual(unauthorized("TOKEN_EXPIRED"));
  await vi.waitFor(() => expect(feed).toMatchObject({ started: 1, ended: 1 }));
});
