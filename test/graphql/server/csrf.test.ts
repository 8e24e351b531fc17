/** A cookie counts only where it cannot have been sent by another site. */
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
  ["the origin of this host, with the port spelt out", { origin: "http://api.test:80" }],
  ["an origin that may", { origin: "https://app.test" }],
  ["an origin of an app", { origin: "capacitor://localhost" }],
  ["an origin that is allowed when it comes", { origin: "https://pr-7.test", "sec-fetch-site": "cross-site" }],
  ["an origin that may, from another site", { "sec-fetch-site": "cross-site", origin: "https://app.test" }],
];
const foreign: [what: string, headers: Headers][] = [
  ["Sec-Fetch-Site cross-site", { "sec-fetch-site": "cross-site" }],
  ["Sec-Fetch-Site same-site", { "sec-fetch-site": "same-site" }],
  ["another origin", { origin: "https://evil.test" }],
  ["a sibling origin by its port", { origin: "http://api.test:8080" }],
  [
    "a sibling origin by its port, as a browser marks it",
    { origin: "http://api.test:8080", "sec-fetch-site": "same-site" },
  ],
  ["a sibling origin by its name", { origin: "http://www.api.test" }],
  ["an origin that starts alike", { origin: "http://api.test.evil.test" }],
  ["an origin that may under another scheme", { origin: "http://app.test" }],
  ["an opaque origin", { origin: "null" }],
  ["an origin that is none", { origin: "api.test" }],
  ["an origin of no web page", { origin: "chrome-extension://api.test" }],
  ["the origin of this host, called another site's", { origin: "http://api.test", "sec-fetch-site": "cross-site" }],
  ["the origin of this host, called a sibling's", { origin: "http://api.test", "sec-fetch-site": "same-site" }],
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

  test.each(foreign)("is refused with %s", async (_, headers) => {
    const before = changed;
    for (const field of ["change", "renew"]) {
      const { refused, challenge } = await ask(`mutation { ${field} }`, { headers: { cookie, ...headers } });
      expect(refused).toEqual(refusedWith("CSRF_REJECTED"));
      expect(challenge).toMatch(/^Bearer error="/);
    }
    expect(changed).toBe(before);
  });

  test("is refused without either header", async () => {
    expect((await ask("mutation { change }", { headers: { cookie } })).refused).toEqual(refusedWith("CSRF_REJECTED"));
    expect((await ask("{ me }", { headers: { cookie } })).refused).toEqual(refusedWith("CSRF_REJECTED"));
  });

  test("to an open field is no matter of where it came from", async () => {
    const headers = { cookie, origin: "https://evil.test" };
    expect((await ask("{ open }", { headers })).body).toEqual({ data: { open: 1 } });
  });

  test("is as if without a token where there is no cookie of that name", async () => {
    const headers = { cookie: "other=1", origin: "https://evil.test" };
    expect((await ask("mutation { change }", { headers })).refused).toEqual(refusedWith("TOKEN_MISSING"));
  });
});

describe("a GET with cookies", () => {
  test("is accepted without either header", async () => {
    expect((await ask("{ me }", { method: "GET", headers: { cookie } })).body).toEqual({ data: { me: "ada" } });
  });

  test.each(foreign)("is refused with %s", async (_, headers) => {
    const { refused } = await ask("{ me }", { method: "GET", headers: { cookie, ...headers } });
    expect(refused).toEqual(refusedWith("CSRF_REJECTED"));
  });

  test("that asks for an upgrade is refused without either header", async () => {
    const headers = { cookie, upgrade: "websocket" };
    expect((await ask("{ me }", { method: "GET", headers })).refused).toEqual(refusedWith("CSRF_REJECTED"));
  });
});

describe("over TLS", () => {
  const url = "https://api.test/graphql";

  test("a page in the clear does not speak for this host", async () => {
    const clear = { cookie, origin: "http://api.test" };
    expect((await ask("mutation { change }", { url, headers: clear })).refused).toEqual(refusedWith("CSRF_REJECTED"));
    const port = { cookie, origin: "http://api.test:443" };
    expect((await ask("mutation { change }", { url, headers: port })).refused).toEqual(refusedWith("CSRF_REJECTED"));
  });

  test("its own page does", async () => {
    const headers = { cookie, origin: "https://api.test" };
    expect((await ask("mutation { change }", { url, headers })).body.errors).toBeUndefined();
  });
});

test.each([...own, ...foreign])("a token in the header is never a matter of origin: %s", async (_, headers) => {
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

  test("a POST is refused from a sibling port and accepted from this origin", async () => {
    expect((await post({ origin: sibling() })).refused).toEqual(refusedWith("CSRF_REJECTED"));
    expect((await post({})).refused).toEqual(refusedWith("CSRF_REJECTED"));
    expect((await post({ origin: `http://${server.host}` })).body.errors).toBeUndefined();
  });

  test.each<[string, () => Headers]>([
    ["another site", () => ({ origin: "https://evil.test" })],
    ["a sibling port", () => ({ origin: sibling() })],
    ["a sibling port, as a browser marks it", () => ({ origin: sibling(), "sec-fetch-site": "same-site" })],
    ["nowhere that is known", () => ({})],
  ])("a WebSocket is refused from %s", async (_, headers) => {
    for (const query of ["subscription { tick }", "mutation { change }", "{ me }"]) {
      const event = await openSocketEvents(upgrade(headers()), query)();
      expect(event?.errors?.map((error) => error.extensions)).toEqual([
        { code: "FORBIDDEN", auth: { reason: "CSRF_REJECTED" } },
      ]);
    }
  });

  test.each<[string, () => Headers]>([
    ["this origin", () => ({ origin: `http://${server.host}` })],
    ["this origin, as a browser marks it", () => ({ "sec-fetch-site": "same-origin" })],
    ["an origin that may", () => ({ origin: "https://app.test" })],
  ])("a WebSocket is accepted from %s", async (_, headers) => {
    expect(await openSocketEvents(upgrade(headers()), "subscription { tick }")()).toEqual({ data: { tick: 1 } });
    expect(await openSocketEvents(upgrade(headers()), "{ me }")()).toEqual({ data: { me: "ada" } });
  });

  test("a WebSocket's own credential is no matter of origin", async () => {
    const connectionParams = { authorization: `Bearer ${token}` };
    const client = server.connect({ headers: { cookie, origin: "https://evil.test" }, connectionParams });
    const event = await openSocketEvents(client, "subscription { tick }")();
    expect(reasonsOf(event)).toBeUndefined();
    expect(event).toEqual({ data: { tick: 1 } });
  });
});
