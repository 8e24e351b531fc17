/** Sessions in streams and on WebSockets: cookies that cannot be set, and revoked sessions. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { useDeferStream } from "@graphql-yoga/plugin-defer-stream";
import { CookieError, memorySessionStore, type TokenPair } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import fastify from "fastify";
import { describe, expect, onTestFinished, test } from "vitest";
import { ownMarks } from "../../support/cookie-browser.ts";
import { createAuth } from "../../support/create-auth.ts";
import { type Context, createGuardedYoga } from "../../support/graphql.ts";
import { cookies } from "../../support/session-stage.ts";
import { createSessionSchema, EXPIRIES, outcomeOf, startSessions, TOKENS, yoga } from "./session-support.ts";
import { createSource, openEvents, reasonsOf, type StreamEvent } from "./stream-support.ts";
import { openSocketEvents, serveWs } from "./ws-support.ts";

/** Requests a multipart response, and calls `onFirst` when its first part arrives. */
async function askInParts(url: string, query: string, headers: Record<string, string>, onFirst: () => void) {
  const response = await fetch(url, {
    method: "POST",
    headers: { accept: "multipart/mixed", "content-type": "application/json", ...ownMarks(url), ...headers },
    body: JSON.stringify({ query }),
  });
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    if (text === "") onFirst();
    text += chunk;
  }
  return { headers: response.headers, setCookies: response.headers.getSetCookie(), text };
}

/** A promise, and the function that resolves it. */
function createGate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe("after the first part of the response", () => {
  const startLate = async (work: (context: Context) => Promise<unknown>, start = startSessions) => {
    const gate = createGate();
    const late = async (context: Context): Promise<unknown> => {
      await gate.opened;
      return work(context);
    };
    const resolvers = { late, lateMe: late };
    const server = await start(yoga, { refreshGrace: 0 }, { resolvers, plugins: [useDeferStream()] });
    const cookieOf = (): string => [...server.browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    return { ...server, gate, cookieOf };
  };

  test("a deferred login sets no cookies, starts no session and fails with a CookieError", async () => {
    const { url, gate, records, refused } = await startLate(({ auth }) => auth.login("alice"));
    const answer = await askInParts(url, "{ open ... @defer { late { expiresIn } } }", {}, gate.open);
    expect([answer.setCookies, await records()]).toEqual([[], []]);
    expect(refused).toEqual([expect.any(CookieError)]);
    expect(String(refused[0])).toContain("the response has begun already");
    expect(answer.text).toContain('"late":null');
  });

  test("a login without @defer sets the cookies", async () => {
    const { ask, gate, records } = await startLate(({ auth }) => auth.login("alice"));
    gate.open();
    const answer = await ask(`{ late ${TOKENS} }`);
    expect([outcomeOf(answer, "late"), answer.setCookies.length]).toEqual([EXPIRIES, 2]);
    expect(await records()).toHaveLength(1);
  });

  test.each<[string, (context: Context) => Promise<unknown>]>([
    ["refresh", ({ auth }) => auth.refresh()],
    ["logout", ({ auth }) => auth.logout()],
  ])("a deferred %s changes no session, and the current cookies remain valid", async (_, work) => {
    const { ask, url, gate, login, records, refused, cookieOf } = await startLate(work);
    await login();
    const before = await records();
    const headers = { cookie: cookieOf() };
    const answer = await askInParts(url, "{ open ... @defer { late { expiresIn } } }", headers, gate.open);
    expect([answer.setCookies, await records()]).toEqual([[], before]);
    expect(refused).toEqual([expect.any(CookieError)]);
    expect(outcomeOf(await ask(`mutation { refresh ${TOKENS} }`), "refresh")).toEqual(EXPIRIES);
  });

  test("a deferred login with deliver: body returns its tokens, and the response is not cacheable", async () => {
    const { url, gate, records } = await startLate(({ auth }) => auth.login("alice", { deliver: "body" }));
    const answer = await askInParts(url, "{ open ... @defer { late { authToken } } }", {}, gate.open);
    expect(answer.text).toMatch(/"authToken":"[\w-]+\.[\w-]+\.[\w-]+"/);
    expect([answer.setCookies, answer.headers.get("cache-control")]).toEqual([[], "no-store"]);
    expect(await records()).toHaveLength(1);
  });

  test("a deferred field that accepts a cookie makes the response not cacheable", async () => {
    const { url, gate, login, cookieOf } = await startLate(async ({ auth }) => (await auth.require()).sub);
    await login();
    const answer = await askInParts(url, "{ open ... @defer { lateMe } }", { cookie: cookieOf() }, gate.open);
    expect(answer.text).toContain('"lateMe":"alice"');
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("a deferred field leaves the response cacheable without cookies and sessions", async () => {
    const { auth } = createAuth();
    const schema = createSessionSchema({ lateMe: async () => "late" });
    const url = await yoga.start({ schema, auth, plugins: [useDeferStream()] });
    const answer = await askInParts(url, "{ open ... @defer { lateMe } }", {}, () => undefined);
    expect(answer.text).toContain('"lateMe":"late"');
    expect(answer.headers.get("cache-control")).toBeNull();
  });

  test("a login in a subscription event sets no cookies and starts no session", async () => {
    const { browser, url, records, refused } = await startSessions(yoga);
    const answer = await browser.send(url, {
      body: { query: "subscription { loginInStream }" },
      headers: { accept: "text/event-stream" },
    });
    expect([answer.setCookies, await records()]).toEqual([[], []]);
    expect(refused).toEqual([expect.any(CookieError)]);
    // Yoga adds its own directives for every event stream.
    expect(answer.cacheControl).toMatch(/\bno-store\b/);
  });
});

describe.each(["Node", "Fastify"] as const)("a response of %s", (server) => {
  /**
   * Sends a body in two parts and logs in before the first or after it. The second part reports the
   * login's result.
   */
  const start = async (isLate: boolean) => {
    const { auth } = createAuth({ sessions: memorySessionStore(), cookies });
    const createContext = createGraphQLContext(auth);
    const gate = createGate();
    const answer = async (given: Parameters<typeof createContext>[0], send: (body: PassThrough) => void) => {
      const caller = createContext(given).auth;
      const login = (): Promise<string> => caller.login("alice").then(() => "in", String);
      const early = isLate ? undefined : await login();
      const body = new PassThrough();
      send(body);
      body.write("first ");
      await gate.opened;
      body.end(early ?? (await login()));
    };
    const app = fastify({ forceCloseConnections: true });
    app.post("/", async (request, reply) => {
      await answer({ req: request, res: reply }, (body) => void reply.send(body));
      return reply;
    });
    const node = createServer((req, res) => void answer({ req, res }, (body) => body.pipe(res)));
    const listener = server === "Node" ? node : app.server;
    if (server === "Fastify") await app.ready();
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    onTestFinished(async () => {
      node.closeAllConnections();
      node.close();
      await app.close();
    });
    const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`;
    return { auth, ...(await askInParts(url, "", {}, gate.open)) };
  };

  test("accepts cookies before its first part is sent", async () => {
    const { auth, setCookies, text } = await start(false);
    expect([text, setCookies.length, (await auth.sessions("alice")).length]).toEqual(["first in", 2, 1]);
  });

  test("rejects cookies after its first part is sent, and no session starts", async () => {
    const { auth, setCookies, text } = await start(true);
    expect(text).toMatch(/^first CookieError: Cookies cannot be set: the response has begun already\./);
    expect([setCookies, await auth.sessions("alice")]).toEqual([[], []]);
  });
});

describe("on a WebSocket", () => {
  const start = async () => {
    const { auth } = createAuth({ sessions: memorySessionStore(), cookies });
    const refused: unknown[] = [];
    const server = await serveWs(createGuardedYoga(createSessionSchema({}, refused), auth));
    onTestFinished(() => server.close());
    const marks = ownMarks(`http://${server.host}/graphql`);
    const ask = (query: string, headers: Record<string, string> = {}): Promise<StreamEvent | undefined> =>
      openSocketEvents(server.connect({ headers: { ...marks, ...headers } }), query)();
    return { auth, ask, refused };
  };

  test("cookies cannot be set: login, refresh and logout fail and change no session", async () => {
    const { auth, ask, refused } = await start();
    expect((await ask("mutation { login { expiresIn } }"))?.data).toEqual({ login: null });
    expect(await auth.sessions("alice")).toEqual([]);
    const { authToken, refreshToken } = await auth.login("alice");
    const before = await auth.sessions("alice");
    const cookie = `__Host-auth=${authToken}; __Host-refresh=${refreshToken}`;
    expect(await ask("{ me }", { cookie })).toEqual({ data: { me: "alice" } });
    expect((await ask("mutation { refresh { expiresIn } }", { cookie }))?.data).toEqual({ refresh: null });
    expect((await ask("mutation { logout }", { cookie }))?.data).toEqual({ logout: null });
    expect(refused).toEqual([expect.any(CookieError), expect.any(CookieError), expect.any(CookieError)]);
    expect(await auth.sessions("alice")).toEqual(before);
  });

  test("tokens in the body can be used to log in, refresh and log out", async () => {
    const { auth, ask } = await start();
    const begun = await ask(`mutation { login(deliver: "body") ${TOKENS} }`);
    const { authToken, refreshToken } = (begun as { data: { login: TokenPair } }).data.login;
    const cookie = `__Host-auth=${authToken}; __Host-refresh=${refreshToken}`;
    const renewed = await ask('mutation { refresh(deliver: "body") { expiresIn } }', { cookie });
    expect(renewed).toEqual({ data: { refresh: { expiresIn: 3600 } } });
    expect(await ask('mutation { logout(deliver: "body") }', { cookie })).toEqual({ data: { logout: true } });
    expect(await auth.sessions("alice")).toEqual([]);
  });
});

type Next = () => Promise<StreamEvent | undefined>;

describe.each(["WebSocket", "server-sent events"] as const)("a live subscription over %s", (transport) => {
  const setUp = async (sessionCheck: "always" | "refresh") => {
    const ttl = sessionCheck === "always" ? { sessionCheckTtl: 1 } : {};
    const { auth } = createAuth({ sessions: memorySessionStore(), cookies, sessionCheck, ...ttl });
    const source = createSource<number>();
    const server = createGuardedYoga(createSessionSchema({ tick: () => source.subscribe() }), auth);
    const { authToken, refreshToken } = await auth.login("alice");
    const subscribe = async (): Promise<Next> => {
      const query = "subscription { tick }";
      if (transport === "WebSocket") {
        const socket = await serveWs(server);
        onTestFinished(() => socket.close());
        const connectionParams = { authorization: `Bearer ${authToken}` };
        return openSocketEvents(socket.connect({ connectionParams }), query);
      }
      const stream = await openEvents(server, query, { token: authToken });
      onTestFinished(() => stream.close());
      return stream.next;
    };
    return { auth, source, refreshToken, subscribe };
  };

  test("ends at the next event after its session is revoked, without the data of that event", async () => {
    const { auth, source, refreshToken, subscribe } = await setUp("always");
    const next = await subscribe();
    source.push(1);
    expect(await next()).toEqual({ data: { tick: 1 } });
    await auth.revoke({ token: refreshToken });
    source.push(2);
    const last = await next();
    expect([last?.data, reasonsOf(last)]).toEqual([{ tick: null }, ["TOKEN_REVOKED"]]);
    expect(await next()).toBeUndefined();
    await source.ended;
  });

  test("ends without an event after its session is revoked", async () => {
    const { auth, source, subscribe } = await setUp("always");
    const next = await subscribe();
    source.push(1);
    expect(await next()).toEqual({ data: { tick: 1 } });
    await auth.revoke({ subject: "alice" });
    expect(reasonsOf(await next())).toEqual(["TOKEN_REVOKED"]);
    expect(await next()).toBeUndefined();
  });

  test("continues when another session is revoked, and when sessions are not checked", async () => {
    for (const [sessionCheck, whose] of [
      ["always", "other"],
      ["refresh", "own"],
    ] as const) {
      const { auth, source, refreshToken, subscribe } = await setUp(sessionCheck);
      const other = await auth.login("alice");
      const next = await subscribe();
      source.push(1);
      expect(await next()).toEqual({ data: { tick: 1 } });
      await auth.revoke({ token: whose === "own" ? refreshToken : other.refreshToken });
      source.push(2);
      expect(await next()).toEqual({ data: { tick: 2 } });
    }
  });
});
