/** A cookie is valid only when another site cannot have sent it. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGate, readAnswer, refusedWith } from "../../support/graphql.ts";
import { reasonsOf } from "./stream-support.ts";
import { openSocketEvents, serveWs, type WsServer } from "./ws-support.ts";

const typeDefs = `
  type Query { me: String @requireToken, open: Int }
  type Mutation { change: Int @requireToken, renew: Int @requireToken(type: "refresh") }
  type Subscription { tick: Int @requireToken }
`;
let changed = 0;
const change = (): number => ++changed;
const resolvers = {
  Query: {
    me: (_: unknown, __: unknown, ctx: { auth: { token: { sub: string } | null } }) => ctx.auth.token?.sub,
    open: () => 1,
  },
  Mutation: { change, renew: change },
  Subscription: {
    tick: {
      subscribe: async function* () {
        yield { tick: 1 };
      },
    },
  },
};
const cookies = { auth: "auth", refresh: "refresh" };
const { auth, ask, yoga } = createGate(typeDefs, resolvers, {
  cookies,
  csrf: { origins: ["https://app.test", "capacitor://localhost"], allow: (origin) => origin === "https://pr-7.test" },
});
const { signed: token } = await auth.authToken("ada");
const { signed: refresh } = await auth.refreshToken("ada");
const cookie = `auth=${token}; refresh=${refresh}`;

type Headers = Record<string, string>;

const own: [what: string, headers: Headers][] = [
  ["Sec-Fetch-Site same-origin", { "sec-fetch-site": "same-origin" }],
  ["Sec-Fetch-Site none", { "sec-fetch-site": "none" }],
  ["the origin of this host", { origin: "http://api.test" }],
  ["the origin of this host with an explicit port", { origin: "http://api.test:80" }],
  ["an allowed origin", { origin: "https://app.test" }],
  ["an allowed origin of a mobile app", { origin: "capacitor://localhost" }],
  ["an origin that csrf.allow accepts", { origin: "https://pr-7.test", "sec-fetch-site": "cross-site" }],
  ["an allowed origin, marked cross-site", { "sec-fetch-site": "cross-site", origin: "https://app.test" }],
];
const foreign: [what: string, headers: Headers][] = [
  ["Sec-Fetch-Site cross-site", { "sec-fetch-site": "cross-site" }],
  ["Sec-Fetch-Site same-site", { "sec-fetch-site": "same-site" }],
  ["another origin", { origin: "https://evil.test" }],
  ["a sibling origin with another port", { origin: "http://api.test:8080" }],
  [
    "a sibling origin with another port, marked same-site",
    { origin: "http://api.test:8080", "sec-fetch-site": "same-site" },
  ],
  ["a sibling origin with another host name", { origin: "http://www.api.test" }],
  ["an origin with the same prefix", { origin: "http://api.test.evil.test" }],
  ["an allowed origin with another scheme", { origin: "http://app.test" }],
  ["an opaque origin", { origin: "null" }],
  ["a malformed origin", { origin: "api.test" }],
  ["an origin of a browser extension", { origin: "chrome-extension://api.test" }],
  ["the origin of this host, marked cross-site", { origin: "http://api.test", "sec-fetch-site": "cross-site" }],
  ["the origin of this host, marked same-site", { origin: "http://api.test", "sec-fetch-site": "same-site" }],
  ["an origin with a path", { origin: "http://api.test/" }],
  ["an origin with credentials", { origin: "http://user@api.test" }],
  ["an origin with a path, marked same-origin", { origin: "http://api.test/x", "sec-fetch-site": "same-origin" }],
  ["two values of Sec-Fetch-Site", { "sec-fetch-site": "same-origin, cross-site" }],
  ["two origins", { origin: "http://api.test, https://evil.test" }],
];

describe("a POST with cookies", () => {
  test.each(own)("is accepted with %s", async (_, headers) => {
    const before = changed;
    expect((await ask("mutation { change renew }", { headers: { cookie, ...headers } })).body.errors).toBeUndefined();
    expect(changed).toBe(before + 2);
  });

  test.each(foreign)("is rejected with %s", async (_, headers) => {
    const before = changed;
    for (const field of ["change", "renew"]) {
      const { refused, challenge } = await ask(`mutation { ${field} }`, { headers: { cookie, ...headers } });
      expect(refused).toEqual(refusedWith("CSRF_REJECTED"));
      expect(challenge).toMatch(/^Bearer error="/);
    }
    expect(changed).toBe(before);
  });

  test("is rejected without Origin and Sec-Fetch-Site", async () => {
    expect((await ask("mutation { change }", { headers: { cookie } })).refused).toEqual(refusedWith("CSRF_REJECTED"));
    expect((await ask("{ me }", { headers: { cookie } })).refused).toEqual(refusedWith("CSRF_REJECTED"));
  });

  test("is accepted from another site when the field is open", async () => {
    const headers = { cookie, origin: "https://evil.test" };
    expect((await ask("{ open }", { headers })).body).toEqual({ data: { open: 1 } });
  });

  test("is treated as a request without a token when it lacks the configured cookie", async () => {
    const headers = { cookie: "other=1", origin: "https://evil.test" };
    expect((await ask("mutation { change }", { headers })).refused).toEqual(refusedWith("TOKEN_MISSING"));
  });
});

describe("a GET with cookies", () => {
  test("is accepted without Origin and Sec-Fetch-Site", async () => {
    expect((await ask("{ me }", { method: "GET", headers: { cookie } })).body).toEqual({ data: { me: "ada" } });
  });

  test.each(foreign)("is rejected with %s", async (_, headers) => {
    const { refused } = await ask("{ me }", { method: "GET", headers: { cookie, ...headers } });
    expect(refused).toEqual(refusedWith("CSRF_REJECTED"));
  });

  test("is rejected without Origin and Sec-Fetch-Site when it requests an upgrade", async () => {
    const headers = { cookie, upgrade: "websocket" };
    expect((await ask("{ me }", { method: "GET", headers })).refused).toEqual(refusedWith("CSRF_REJECTED"));
  });
});

describe("a POST with cookies over TLS", () => {
  const url = "https://api.test/graphql";

  test("is rejected from an http page of the same host", async () => {
    const clear = { cookie, origin: "http://api.test" };
    expect((await ask("mutation { change }", { url, headers: clear })).refused).toEqual(refusedWith("CSRF_REJECTED"));
    const port = { cookie, origin: "http://api.test:443" };
    expect((await ask("mutation { change }", { url, headers: port })).refused).toEqual(refusedWith("CSRF_REJECTED"));
  });

  test("is accepted from an https page of the same host", async () => {
    const headers = { cookie, origin: "https://api.test" };
    expect((await ask("mutation { change }", { url, headers })).body.errors).toBeUndefined();
  });
});

test.each([...own, ...foreign])("a token in the header is accepted from every origin: %s", async (_, headers) => {
  expect((await ask("mutation { change }", { token, headers })).body.errors).toBeUndefined();
  const both = { cookie: `auth=${refresh}`, ...headers };
  expect((await ask("mutation { change }", { token, headers: both })).body.errors).toBeUndefined();
});

describe("on a real server", () => {
  let server: WsServer;
  beforeAll(async () => {
    server = await serveWs(yoga);
  });
  afterAll(() => server.close());

  const post = async (headers: Headers) => {
    const init = { method: "POST", headers: { "content-type": "application/json", cookie, ...headers } };
    return readAnswer(
      await fetch(`http://${server.host}/graphql`, { ...init, body: '{"query":"mutation { change }"}' }),
    );
  };
  const sibling = (): string => `http://127.0.0.1:${Number(server.host.split(":")[1]) === 65_535 ? 1024 : 65_535}`;
  const upgrade = (headers: Headers) => server.connect({ headers: { cookie, ...headers } });

  test("a POST is rejected from a sibling port and accepted from the server's origin", async () => {
    expect((await post({ origin: sibling() })).refused).toEqual(refusedWith("CSRF_REJECTED"));
    expect((await post({})).refused).toEqual(refusedWith("CSRF_REJECTED"));
    expect((await post({ origin: `http://${server.host}` })).body.errors).toBeUndefined();
  });

  test.each<[string, () => Headers]>([
    ["another site", () => ({ origin: "https://evil.test" })],
    ["a sibling port", () => ({ origin: sibling() })],
    ["a sibling port, marked same-site", () => ({ origin: sibling(), "sec-fetch-site": "same-site" })],
    ["an unknown origin", () => ({})],
  ])("a WebSocket is rejected from %s", async (_, headers) => {
    for (const query of ["subscription { tick }", "mutation { change }", "{ me }"]) {
      const event = await openSocketEvents(upgrade(headers()), query)();
      expect(event?.errors?.map((error) => error.extensions)).toEqual([
        { code: "FORBIDDEN", auth: { reason: "CSRF_REJECTED" } },
      ]);
    }
  });

  test.each<[string, () => Headers]>([
    ["the server's origin", () => ({ origin: `http://${server.host}` })],
    ["the server's origin, marked same-origin", () => ({ "sec-fetch-site": "same-origin" })],
    ["an allowed origin", () => ({ origin: "https://app.test" })],
  ])("a WebSocket is accepted from %s", async (_, headers) => {
    expect(await openSocketEvents(upgrade(headers()), "subscription { tick }")()).toEqual({ data: { tick: 1 } });
    expect(await openSocketEvents(upgrade(headers()), "{ me }")()).toEqual({ data: { me: "ada" } });
  });

  test("a WebSocket with a token in connectionParams is accepted from another site", async () => {
    const connectionParams = { authorization: `Bearer ${token}` };
    const client = server.connect({ headers: { cookie, origin: "https://evil.test" }, connectionParams });
    const event = await openSocketEvents(client, "subscription { tick }")();
    expect(reasonsOf(event)).toBeUndefined();
    expect(event).toEqual({ data: { tick: 1 } });
  });
});
