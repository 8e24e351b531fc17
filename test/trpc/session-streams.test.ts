/** Sessions in streams and on WebSockets: cookies that cannot be set, and revoked sessions. */
import { createTRPCClient, httpSubscriptionLink, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { type AuthContext, memorySessionStore, type TokenPair } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, test, vi } from "vitest";
import { openBrowser, ownMarks } from "../support/cookie-browser.ts";
import { createAuth } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { cookies, pairIn } from "../support/session-stage.ts";
import { unauthorized } from "../support/trpc.ts";
import { httpAdapters, serve, socketAdapters } from "./adapters.ts";
import { FetchEventSource } from "./event-source.ts";
import { createFeed, type Feed, watch } from "./feed.ts";
import { EXPIRIES, outcomeOf, type sessionRouter, startSessions } from "./session-support.ts";
import { openSocket } from "./sockets.ts";

const streamed = { headers: { "trpc-accept": "application/jsonl" } };
const noCookies = (why: string): string =>
  `Cookies cannot be set: ${why}. Call it over plain HTTP, without streaming, or with deliver: "body"`;

describe.each(httpAdapters)("a streamed response of $name", (adapter) => {
  test("cannot set cookies: login, refresh and logout fail and change no session", async () => {
    const { call, browser, login, records } = await startSessions(adapter, { refreshGrace: 0 });
    const says = JSON.stringify(noCookies("the response is streamed")).slice(1, -1);
    const begun = await call("login?batch=1", { 0: { user: "alice" } }, streamed);
    expect([begun.status, begun.setCookies, await records()]).toEqual([200, [], []]);
    expect(begun.text).toContain(says);
    const held = await login();
    const before = await records();
    for (const name of ["refresh", "logout"]) {
      const answer = await call(`${name}?batch=1`, {}, streamed);
      expect([answer.setCookies, await records()]).toEqual([[], before]);
      expect(answer.text).toContain(says);
    }
    expect(pairIn(browser)).toEqual(held);
    expect(outcomeOf(await call("refresh"))).toEqual(EXPIRIES);
  });

  test("returns tokens in its body, and is not cacheable", async () => {
    const { call, records } = await startSessions(adapter);
    const answer = await call("login?batch=1", { 0: { user: "alice", deliver: "body" } }, streamed);
    expect([answer.status, answer.setCookies, answer.cacheControl]).toEqual([200, [], "no-store"]);
    expect(answer.text).toContain('"authToken":"');
    expect(await records()).toHaveLength(1);
  });

  test("is not cacheable after a guard has accepted a cookie, and can be without cookies and sessions", async () => {
    const { call, login } = await startSessions(adapter);
    await login();
    const asked = { ...streamed, method: "GET" } as const;
    const answer = await call("me,open?batch=1", undefined, asked);
    expect(answer.text).toContain('"alice"');
    expect(answer.cacheControl).toBe("no-store");
    const { auth } = createAuth();
    const t = initTRPC.context<AuthContext>().create();
    const router = t.router({ open: t.procedure.query(() => "open") });
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, adapter.start);
    const open = await openBrowser().send(`${url}/open?batch=1`, asked);
    expect(open.text).toContain('"open"');
    expect(open.cacheControl ?? "").not.toContain("no-store");
  });

  test("of events cannot set cookies, but the next plain request can", async () => {
    const { call, records } = await startSessions(adapter);
    const answer = await call("loginInStream", undefined, {
      method: "GET",
      headers: { accept: "text/event-stream" },
    });
    expect([answer.status, answer.setCookies, await records()]).toEqual([200, [], []]);
    expect(answer.text).toContain(JSON.stringify(noCookies("the response is streamed")).slice(1, -1));
    expect(answer.cacheControl).toContain("no-store");
    expect((await call("login", { user: "alice" })).setCookies).toHaveLength(2);
  });
});

describe.each(socketAdapters)("a WebSocket of $name", ({ start }) => {
  test("cannot set cookies: login, refresh and logout fail, and tokens in the body work", async () => {
    const { auth, url, browser } = await startSessions({ name: "socket", start });
    const connect = (headers: Record<string, string>): TRPCClient<typeof sessionRouter> =>
      createTRPCClient({ links: [wsLink({ client: openSocket(url, { headers }) })] });
    const marks = ownMarks(url.replace("ws:", "http:"));
    const client = connect(marks);
    const says =
      'Cookies cannot be set: a WebSocket has no response that could set them. Make the call over HTTP, or pass deliver: "body"';
    expect(await refusalOf(client.login.mutate({ user: "alice" }))).toMatchObject({ message: says });
    expect(await auth.sessions("alice")).toEqual([]);
    // The type cannot depend on the value of `deliver`.
    const pair = (await client.login.mutate({ user: "alice", deliver: "body" })) as TokenPair;
    expect(Object.keys(pair).toSorted()).toEqual(["authToken", "expiresIn", "refreshExpiresIn", "refreshToken"]);
    const [before] = await auth.sessions("alice");
    const cookie = `__Host-auth=${pair.authToken}; __Host-refresh=${pair.refreshToken}`;
    const withCookies = connect({ ...marks, cookie });
    expect(await withCookies.me.query()).toBe("alice");
    for (const call of [withCookies.refresh.mutate(), withCookies.logout.mutate()]) {
      expect(await refusalOf(call)).toMatchObject({ message: says });
    }
    expect(await auth.sessions("alice")).toEqual([before]);
    expect(await withCookies.refresh.mutate({ deliver: "body" })).toMatchObject(EXPIRIES);
    expect(browser.cookies.size).toBe(0);
  });

  test("with its own token logs out the session of that token", async () => {
    const { auth, url } = await startSessions({ name: "socket", start });
    const { authToken } = await auth.login("alice");
    const client: TRPCClient<typeof sessionRouter> = createTRPCClient({
      links: [wsLink({ client: openSocket(url, { token: authToken }) })],
    });
    await client.logout.mutate();
    expect(await auth.sessions("alice")).toEqual([]);
  });
});

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure, refreshProcedure } = authProcedures(t.procedure);

function createRouter(feed: Feed) {
  return t.router({
    me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
    events: protectedProcedure.subscription(({ signal }) => feed.values(signal)),
    byRefresh: refreshProcedure.subscription(({ signal }) => feed.values(signal)),
  });
}

type App = ReturnType<typeof createRouter>;

const bySocket = (url: string, token: string): TRPCClient<App> =>
  createTRPCClient({ links: [wsLink({ client: openSocket(url, { token }) })] });
const byEvents = (url: string, token: string): TRPCClient<App> => {
  const eventSourceOptions = { headers: { authorization: `Bearer ${token}` } };
  return createTRPCClient({
    links: [httpSubscriptionLink({ url, EventSource: FetchEventSource, eventSourceOptions })],
  });
};
const transports = [
  ...socketAdapters.map(({ name, start }) => ({ name: `wsLink to ${name}`, start, connect: bySocket })),
  ...httpAdapters.map(({ name, start }) => ({ name: `httpSubscriptionLink to ${name}`, start, connect: byEvents })),
];

describe.each(transports)("a live subscription over $name", ({ start, connect }) => {
  const setUp = async (sessionCheck: "always" | "refresh") => {
    const ttl = sessionCheck === "always" ? { sessionCheckTtl: 1 } : {};
    const { auth } = createAuth({ sessions: memorySessionStore(), cookies, sessionCheck, ...ttl });
    const feed = createFeed();
    const { url } = await serve({ router: createRouter(feed), createContext: createTRPCContext(auth) }, start);
    const pair = await auth.login("alice");
    return { auth, feed, pair, url };
  };

  test("ends at the next event after its session is revoked, without the data of that event", async () => {
    const { auth, feed, pair, url } = await setUp("always");
    const events = watch<number>((observer) => connect(url, pair.authToken).events.subscribe(undefined, observer));
    feed.push(1);
    expect(await events.next()).toBe(1);
    await auth.revoke({ token: pair.refreshToken });
    feed.push(2);
    await expect(events.next()).rejects.toEqual(unauthorized("TOKEN_REVOKED"));
    await vi.waitFor(() => expect(feed).toMatchObject({ started: 1, ended: 1 }));
  });

  test("ends without an event after its session is revoked", async () => {
    const { auth, feed, pair, url } = await setUp("always");
    const events = watch<number>((observer) => connect(url, pair.authToken).events.subscribe(undefined, observer));
    feed.push(1);
    expect(await events.next()).toBe(1);
    await auth.revoke({ subject: "alice" });
    expect(await events.ended).toEqual(unauthorized("TOKEN_REVOKED"));
  });

  test("continues when another session is revoked, and when sessions are not checked", async () => {
    for (const [sessionCheck, target] of [
      ["always", "other"],
      ["refresh", "own"],
    ] as const) {
      const { auth, feed, pair, url } = await setUp(sessionCheck);
      const other = await auth.login("alice");
      const events = watch<number>((observer) => connect(url, pair.authToken).events.subscribe(undefined, observer));
      feed.push(1);
      expect(await events.next()).toBe(1);
      await auth.revoke({ token: target === "own" ? pair.refreshToken : other.refreshToken });
      feed.push(2);
      expect(await events.next()).toBe(2);
      events.unsubscribe();
    }
  });

  test("with a refresh token checks the session in the store at every event", async () => {
    const { auth, feed, pair, url } = await setUp("refresh");
    const events = watch<number>((observer) =>
      connect(url, pair.refreshToken).byRefresh.subscribe(undefined, observer),
    );
    feed.push(1);
    expect(await events.next()).toBe(1);
    await auth.revoke({ subject: "alice" });
    feed.push(2);
    await expect(events.next()).rejects.toEqual(unauthorized("TOKEN_REVOKED"));
  });
});

test.each(socketAdapters)("a call on a WebSocket of $name checks again that the session is live", async ({ start }) => {
  const { auth } = createAuth({ sessions: memorySessionStore(), sessionCheck: "always" });
  const { url } = await serve({ router: createRouter(createFeed()), createContext: createTRPCContext(auth) }, start);
  const client = bySocket(url, (await auth.login("alice")).authToken);
  expect(await client.me.query()).toBe("alice");
  await auth.revoke({ subject: "alice" });
  const error = await refusalOf(client.me.query());
  expect(error).toMatchObject({ data: { code: "UNAUTHORIZED", auth: { reason: "TOKEN_REVOKED" } } });
});
