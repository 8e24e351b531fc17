/** The option `cookies`: the names and attributes of cookies, and contradictory settings. */
import {
  type AuthManagerConfig,
  type CookieConfig,
  CookieError,
  type CookieToSet,
  InvalidConfigError,
  MissingConfigError,
  memorySessionStore,
} from "claimgate";
import { describe, expect, test } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const OWN = { "sec-fetch-site": "same-origin" };
const names = { auth: "auth", refresh: "refresh" };

/** The cookies that `login()` of a request writes, in order. */
async function cookiesOf(cookies: CookieConfig, config: Partial<AuthManagerConfig> = {}): Promise<CookieToSet[]> {
  const { auth: manager } = createAuth({ sessions: memorySessionStore(), cookies, ...config });
  const set: CookieToSet[] = [];
  const request = manager.forRequest({ headers: OWN, setCookie: (_header, cookie) => set.push(cookie) });
  await request.login("ada");
  return set;
}

/** The error that rejects a manager's config. */
async function faultOf(config: Partial<AuthManagerConfig>): Promise<{ kind: string; configValue: unknown }> {
  const error = await refusalOf(() => createAuth(config).auth);
  if (!(error instanceof InvalidConfigError || error instanceof MissingConfigError)) throw error;
  return { kind: error.name, configValue: error.configValue };
}

const invalid = (configValue: string) => ({ kind: "InvalidConfigError", configValue });
const missing = (configValue: string) => ({ kind: "MissingConfigError", configValue });

describe("the cookie names", () => {
  test.each<[what: string, cookies: CookieConfig, auth: string, refresh: string]>([
    ["by default", names, "__Host-auth", "__Host-refresh"],
    ["with an explicit path /", { ...names, path: "/" }, "__Host-auth", "__Host-refresh"],
    ["with a path", { ...names, path: "/api" }, "__Secure-auth", "__Secure-refresh"],
    ["with a domain", { ...names, domain: "example.com" }, "__Secure-auth", "__Secure-refresh"],
    [
      "with a domain and a path",
      { ...names, domain: "example.com", path: "/api" },
      "__Secure-auth",
      "__Secure-refresh",
    ],
    ["without secure", { ...names, secure: false }, "auth", "refresh"],
    ["without secure, with a path", { ...names, secure: false, path: "/api" }, "auth", "refresh"],
    ["given with a prefix", { auth: "__Host-a", refresh: "__Secure-r" }, "__Host-a", "__Secure-r"],
    ["given with a prefix in another case", { auth: "__host-a", refresh: "__SECURE-r" }, "__host-a", "__SECURE-r"],
    ["of which one has a prefix", { auth: "__Secure-a", refresh: "r", path: "/x" }, "__Secure-a", "__Secure-r"],
    ["that only resemble prefixes", { auth: "__Hosta", refresh: "Host-r" }, "__Host-__Hosta", "__Host-Host-r"],
  ])("carry the prefix that their attributes allow: names %s", async (_, cookies, auth, refresh) => {
    expect((await cookiesOf(cookies)).map(({ name }) => name)).toEqual([auth, refresh]);
  });

  test("are read with their prefix, and ignored without it", async () => {
    const { auth: manager } = createAuth({ sessions: memorySessionStore(), cookies: names });
    const { authToken } = await manager.login("ada");
    const subjectBy = async (name: string): Promise<unknown> =>
      (await manager.forRequest({ headers: { ...OWN, cookie: `${name}=${authToken}` } }).authenticate())?.sub ?? null;
    expect(await subjectBy("__Host-auth")).toBe("ada");
    // A page on a sibling host can set a cookie without a prefix.
    expect(await subjectBy("auth")).toBeNull();
    expect(await subjectBy("__Secure-auth")).toBeNull();
    expect(await subjectBy("__host-auth")).toBeNull();
  });

  test("are read without a prefix when the manager has no sessions", async () => {
    const { auth: manager } = createAuth({ cookies: { auth: "auth" } });
    const read = (name: string) =>
      manager.forRequest({ headers: { ...OWN, cookie: `${name}=${forge()}` } }).authenticate();
    expect((await read("auth"))?.sub).toBe("ada");
    expect(await read("__Host-auth")).toBeNull();
  });
});

describe("the cookie attributes", () => {
  const plain = { httpOnly: true, secure: true, sameSite: "lax", path: "/" };
  test.each<[what: string, cookies: CookieConfig, attributes: object, header: string]>([
    ["by default", names, plain, "Path=/; HttpOnly; Secure; SameSite=Lax"],
    [
      "with every option",
      { ...names, domain: "example.com", path: "/api", sameSite: "strict" },
      { ...plain, domain: "example.com", path: "/api", sameSite: "strict" },
      "Domain=example.com; Path=/api; HttpOnly; Secure; SameSite=Strict",
    ],
    [
      "with SameSite=None for other sites",
      { ...names, sameSite: "none" },
      { ...plain, sameSite: "none" },
      "Path=/; HttpOnly; Secure; SameSite=None",
    ],
    ["without secure", { ...names, secure: false }, { ...plain, secure: false }, "Path=/; HttpOnly; SameSite=Lax"],
  ])("are written as configured: %s", async (_, cookies, attributes, header) => {
    const set = await cookiesOf(cookies);
    expect(set.map(({ attributes }) => attributes)).toEqual([
      { ...attributes, maxAge: 604_800 },
      { ...attributes, maxAge: 604_800 },
    ]);
    expect(set.map(({ header }) => header)).toEqual([
      `${set[0]?.name}=${set[0]?.value}; Max-Age=604800; ${header}`,
      `${set[1]?.name}=${set[1]?.value}; Max-Age=604800; ${header}`,
    ]);
  });

  test("set Max-Age to the refresh token's lifetime, or to a longer auth token's, but at most to sessionMaxAge", async () => {
    const config = { authMaxAge: 60, refreshMaxAge: 600, sessionMaxAge: 90 };
    expect((await cookiesOf(names, config)).map(({ attributes }) => attributes.maxAge)).toEqual([90, 90]);
    const { sessionMaxAge: _, ...unbounded } = config;
    expect((await cookiesOf(names, unbounded)).map(({ attributes }) => attributes.maxAge)).toEqual([600, 600]);
    expect(
      (await cookiesOf(names, { ...unbounded, now: () => NOW + 0.75 })).map(({ attributes }) => attributes.maxAge),
    ).toEqual([600, 600]);
    const longer = { authMaxAge: 900, refreshMaxAge: 600 };
    expect((await cookiesOf(names, longer)).map(({ attributes }) => attributes.maxAge)).toEqual([900, 600]);
  });
});

describe("an invalid cookies option is rejected at construction", () => {
  test.each<[what: string, cookies: CookieConfig, configValue: string]>([
    ["__Host- with a domain", { auth: "__Host-a", refresh: "r", domain: "example.com" }, "cookies.auth"],
    ["__Host- with a path", { auth: "a", refresh: "__Host-r", path: "/api" }, "cookies.refresh"],
    ["__host- with a path", { auth: "__host-a", refresh: "r", path: "/api" }, "cookies.auth"],
    ["__Host- without secure", { auth: "__Host-a", refresh: "r", secure: false }, "cookies.auth"],
    ["__Secure- without secure", { auth: "a", refresh: "__Secure-r", secure: false }, "cookies.refresh"],
    ["__secure- without secure", { auth: "__secure-a", refresh: "r", secure: false }, "cookies.auth"],
    ["SameSite=None without secure", { ...names, sameSite: "none", secure: false }, "cookies.sameSite"],
    ["the same name for both", { auth: "a", refresh: "a" }, "cookies"],
    ["the same name for both after prefixing", { auth: "a", refresh: "__Host-a" }, "cookies"],
    ["the same name for both after prefixing for a path", { auth: "__Secure-a", refresh: "a", path: "/x" }, "cookies"],
    ["a name with a space", { auth: "a b", refresh: "r" }, "cookies.auth"],
    ["a name with an =", { auth: "a", refresh: "r=1" }, "cookies.refresh"],
    ["an empty name", { auth: "", refresh: "r" }, "cookies.auth"],
    ["a domain with a port", { ...names, domain: "example.com:80" }, "cookies.domain"],
    ["a domain that adds an attribute", { ...names, domain: "example.com; Path=/x" }, "cookies.domain"],
    ["a domain whose label begins with a hyphen", { ...names, domain: "-a.example.com" }, "cookies.domain"],
    ["a domain whose label ends with a hyphen", { ...names, domain: "a-.example.com" }, "cookies.domain"],
    ["a domain whose label is too long", { ...names, domain: `${"a".repeat(64)}.com` }, "cookies.domain"],
    ["a path without a slash", { ...names, path: "api" }, "cookies.path"],
    ["a path that adds an attribute", { ...names, path: "/; Domain=evil.example" }, "cookies.path"],
    ["a path with a character that cookies cannot have", { ...names, path: "/a<b" }, "cookies.path"],
    ["another SameSite", { ...names, sameSite: "Lax" as "lax" }, "cookies.sameSite"],
    ["secure as text", { ...names, secure: "false" as unknown as boolean }, "cookies.secure"],
    ["an unknown option", { ...names, httpOnly: false } as CookieConfig, "cookies.httpOnly"],
    ["an undefined option", { ...names, domain: undefined } as unknown as CookieConfig, "cookies.domain"],
  ])("%s", async (_, cookies, configValue) => {
    expect(await faultOf({ sessions: memorySessionStore(), cookies })).toEqual(invalid(configValue));
  });

  test.each<[what: string, cookies: CookieConfig, configValue: string]>([
    ["the auth cookie", { refresh: "r" }, "cookies.auth"],
    ["the refresh cookie", { auth: "a" }, "cookies.refresh"],
  ])("with sessions, when %s has no name", async (_, cookies, configValue) => {
    expect(await faultOf({ sessions: memorySessionStore(), cookies })).toEqual(missing(configValue));
    // Without sessions, the cookie is only read.
    expect(() => createAuth({ cookies })).not.toThrow();
  });

  test("with or without sessions, when neither cookie has a name", async () => {
    expect(await faultOf({ cookies: {} })).toEqual(invalid("cookies"));
    expect(await faultOf({ sessions: memorySessionStore(), cookies: {} })).toEqual(invalid("cookies"));
  });

  test.each<[option: string, option: CookieConfig]>([
    ["domain", { domain: "example.com" }],
    ["path", { path: "/" }],
    ["sameSite", { sameSite: "lax" }],
    ["secure", { secure: true }],
  ])("cookies.%s without sessions, because it concerns only written cookies", async (_, option) => {
    expect(await faultOf({ cookies: { ...names, ...option } })).toEqual(missing("sessions"));
    expect(() => createAuth({ sessions: memorySessionStore(), cookies: { ...names, ...option } })).not.toThrow();
  });

  test("accepts prefixed names for cookies that are only read", () => {
    expect(() => createAuth({ cookies: { auth: "__Host-a", refresh: "__Secure-r" } })).not.toThrow();
  });
});

describe("a request handled without a framework", () => {
  const withCookies = () => createAuth({ sessions: memorySessionStore(), cookies: names }).auth;

  test("passes cookies to setCookie as a header and as parts", async () => {
    const set: [string, CookieToSet][] = [];
    const request = withCookies().forRequest({ headers: OWN, setCookie: (...given) => set.push(given) });
    expect(await request.login("ada")).toEqual({ expiresIn: 3600, refreshExpiresIn: 604_800 });
    const attributes = { httpOnly: true, secure: true, sameSite: "lax", path: "/" };
    const line = (name: string, age: number, value: string): string =>
      `${name}=${value}; Max-Age=${age}; Path=/; HttpOnly; Secure; SameSite=Lax`;
    const jwt = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(set).toEqual([
      [
        line("__Host-auth", 604_800, set[0]?.[1].value ?? ""),
        {
          name: "__Host-auth",
          value: jwt,
          attributes: { ...attributes, maxAge: 604_800 },
          header: set[0]?.[0],
        },
      ],
      [
        line("__Host-refresh", 604_800, set[1]?.[1].value ?? ""),
        {
          name: "__Host-refresh",
          value: jwt,
          attributes: { ...attributes, maxAge: 604_800 },
          header: set[1]?.[0],
        },
      ],
    ]);
    set.length = 0;
    await request.logout();
    expect(set.map(([header]) => header)).toEqual([line("__Host-auth", 0, ""), line("__Host-refresh", 0, "")]);
  });

  test("rejects cookies without setCookie and starts no session, but returns tokens in the body", async () => {
    const manager = withCookies();
    const request = manager.forRequest({ headers: OWN });
    for (const call of [request.login("ada"), request.refresh(), request.logout()]) {
      expect(await refusalOf(call)).toBeInstanceOf(CookieError);
    }
    expect(await manager.sessions("ada")).toEqual([]);
    const { authToken } = await request.login("ada", { deliver: "body" });
    expect((await manager.verify(authToken)).sub).toBe("ada");
    expect(await manager.sessions("ada")).toHaveLength(1);
  });

  test("rejects cookies of other sites with CSRF_REJECTED and starts no session", async () => {
    const manager = withCookies();
    const set: string[] = [];
    const setCookie = (header: string): void => void set.push(header);
    for (const headers of [{}, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
      const request = manager.forRequest({ headers, setCookie });
      expect(await refusalOf(request.login("ada"))).toMatchObject({ status: 403, reason: "CSRF_REJECTED" });
    }
    expect([set, await manager.sessions("ada")]).toEqual([[], []]);
    await manager.forRequest({ headers: OWN, setCookie }).login("ada");
    expect([set.length, (await manager.sessions("ada")).length]).toEqual([2, 1]);
  });

  test("rejects an unknown value of deliver with a TypeError", async () => {
    const request = withCookies().forRequest({ headers: OWN, setCookie: () => undefined });
    expect(await refusalOf(request.login("ada", { deliver: "header" as "body" }))).toBeInstanceOf(TypeError);
    expect(await refusalOf(request.refresh({ deliver: null as unknown as "body" }))).toBeInstanceOf(TypeError);
    expect(await refusalOf(request.logout({ deliver: "Cookies" as "cookies" }))).toBeInstanceOf(TypeError);
    expect(Object.keys(await request.login("ada", { deliver: "cookies" }))).toEqual(["expiresIn", "refreshExpiresIn"]);
  });

  test('returns tokens by default and rejects deliver "cookies" when no cookies are configured', async () => {
    const { auth: manager } = createAuth({ sessions: memorySessionStore() });
    const request = manager.forRequest({ headers: OWN, setCookie: () => undefined });
    for (const call of [
      request.login("ada", { deliver: "cookies" }),
      request.refresh({ deliver: "cookies" }),
      request.logout({ deliver: "cookies" }),
    ]) {
      expect(await refusalOf(call)).toMatchObject({ name: "MissingConfigError", configValue: "cookies" });
    }
    expect(await manager.sessions("ada")).toEqual([]);
    expect(Object.keys(await request.login("ada")).toSorted()).toEqual([
      "authToken",
      "expiresIn",
      "refreshExpiresIn",
      "refreshToken",
    ]);
  });

  test("rejects login and refresh with a MissingConfigError when the manager has no sessions", async () => {
    const request = createAuth().auth.forRequest();
    for (const call of [request.login("ada"), request.refresh({ token: forge() })]) {
      expect(await refusalOf(call)).toMatchObject({ name: "MissingConfigError", configValue: "sessions" });
    }
  });
});

test("rejects a token too large for a cookie with a CookieError, and sets a token that fits", async () => {
  const { auth } = createAuth({ sessions: memorySessionStore(), cookies: { auth: "auth", refresh: "refresh" } });
  const set: string[] = [];
  const request = auth.forRequest({
    headers: { "sec-fetch-site": "same-origin" },
    method: "POST",
    setCookie: (header) => void set.push(header),
  });
  expect(await refusalOf(request.login("ada", { claims: { much: "x".repeat(4000) } }))).toMatchObject({
    name: "CookieError",
  });
  expect(set).toEqual([]);
  await request.login("ada", { claims: { much: "x".repeat(1000) } });
  expect(set.length).toBe(2);
});
