/** The option `cookies`: what the cookies are called, what they are written with, and what contradicts itself. */
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

/** What a login by hand writes: every cookie it is given, in order. */
async function cookiesOf(cookies: CookieConfig, config: Partial<AuthManagerConfig> = {}): Promise<CookieToSet[]> {
  const { auth: manager } = createAuth({ sessions: memorySessionStore(), cookies, ...config });
  const set: CookieToSet[] = [];
  const request = manager.forRequest({ headers: OWN, setCookie: (_header, cookie) => set.push(cookie) });
  await request.login("ada");
  return set;
}

/** How a manager is refused at construction. */
async function faultOf(config: Partial<AuthManagerConfig>): Promise<{ kind: string; configValue: unknown }> {
  const error = await refusalOf(() => createAuth(config).auth);
  if (!(error instanceof InvalidConfigError || error instanceof MissingConfigError)) throw error;
  return { kind: error.name, configValue: error.configValue };
}

const invalid = (configValue: string) => ({ kind: "InvalidConfigError", configValue });
const missing = (configValue: string) => ({ kind: "MissingConfigError", configValue });

describe("the names", () => {
  test.each<[what: string, cookies: CookieConfig, auth: string, refresh: string]>([
    ["by default", names, "__Host-auth", "__Host-refresh"],
    ["with the path / spelt out", { ...names, path: "/" }, "__Host-auth", "__Host-refresh"],
    ["with a path", { ...names, path: "/api" }, "__Secure-auth", "__Secure-refresh"],
    ["with a domain", { ...names, domain: "example.com" }, "__Secure-auth", "__Secure-refresh"],
    ["with both", { ...names, domain: "example.com", path: "/api" }, "__Secure-auth", "__Secure-refresh"],
    ["in the clear", { ...names, secure: false }, "auth", "refresh"],
    ["in the clear, with a path", { ...names, secure: false, path: "/api" }, "auth", "refresh"],
    ["with a prefix already", { auth: "__Host-a", refresh: "__Secure-r" }, "__Host-a", "__Secure-r"],
    ["with a prefix in another case", { auth: "__host-a", refresh: "__SECURE-r" }, "__host-a", "__SECURE-r"],
    ["with one that has a prefix", { auth: "__Secure-a", refresh: "r", path: "/x" }, "__Secure-a", "__Secure-r"],
    ["that only look like prefixes", { auth: "__Hosta", refresh: "Host-r" }, "__Host-__Hosta", "__Host-Host-r"],
  ])("%s", async (_, cookies, auth, refresh) => {
    expect((await cookiesOf(cookies)).map(({ name }) => name)).toEqual([auth, refresh]);
  });

  test("are the ones that are read, and no others", async () => {
    const { auth: manager } = createAuth({ sessions: memorySessionStore(), cookies: names });
    const { authToken } = await manager.login("ada");
    const subjectBy = async (name: string): Promise<unknown> =>
      (await manager.forRequest({ headers: { ...OWN, cookie: `${name}=${authToken}` } }).authenticate())?.sub ?? null;
    expect(await subjectBy("__Host-auth")).toBe("ada");
    // Anybody on a sibling host can set a cookie that has no prefix.
    expect(await subjectBy("auth")).toBeNull();
    expect(await subjectBy("__Secure-auth")).toBeNull();
    expect(await subjectBy("__host-auth")).toBeNull();
  });

  test("stand as they are given where there are no sessions", async () => {
    const { auth: manager } = createAuth({ cookies: { auth: "auth" } });
    const read = (name: string) =>
      manager.forRequest({ headers: { ...OWN, cookie: `${name}=${forge()}` } }).authenticate();
    expect((await read("auth"))?.sub).toBe("ada");
    expect(await read("__Host-auth")).toBeNull();
  });
});

describe("the attributes", () => {
  const plain = { httpOnly: true, secure: true, sameSite: "lax", path: "/" };
  test.each<[what: string, cookies: CookieConfig, attributes: object, header: string]>([
    ["by default", names, plain, "Path=/; HttpOnly; Secure; SameSite=Lax"],
    [
      "with everything said",
      { ...names, domain: "example.com", path: "/api", sameSite: "strict" },
      { ...plain, domain: "example.com", path: "/api", sameSite: "strict" },
      "Domain=example.com; Path=/api; HttpOnly; Secure; SameSite=Strict",
    ],
    [
      "for other sites",
      { ...names, sameSite: "none" },
      { ...plain, sameSite: "none" },
      "Path=/; HttpOnly; Secure; SameSite=None",
    ],
    ["in the clear", { ...names, secure: false }, { ...plain, secure: false }, "Path=/; HttpOnly; SameSite=Lax"],
  ])("%s", async (_, cookies, attributes, header) => {
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

  test("last as long as the refresh token does, or a longer auth token, and no longer than the session may", async () => {
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

describe("a contradiction is found when the manager is built", () => {
  test.each<[what: string, cookies: CookieConfig, configValue: string]>([
    ["__Host- with a domain", { auth: "__Host-a", refresh: "r", domain: "example.com" }, "cookies.auth"],
    ["__Host- with a path", { auth: "a", refresh: "__Host-r", path: "/api" }, "cookies.refresh"],
    ["__host- with a path", { auth: "__host-a", refresh: "r", path: "/api" }, "cookies.auth"],
    ["__Host- in the clear", { auth: "__Host-a", refresh: "r", secure: false }, "cookies.auth"],
    ["__Secure- in the clear", { auth: "a", refresh: "__Secure-r", secure: false }, "cookies.refresh"],
    ["__secure- in the clear", { auth: "__secure-a", refresh: "r", secure: false }, "cookies.auth"],
    ["SameSite=None in the clear", { ...names, sameSite: "none", secure: false }, "cookies.sameSite"],
    ["one name for both", { auth: "a", refresh: "a" }, "cookies"],
    ["one name for both, once prefixed", { auth: "a", refresh: "__Host-a" }, "cookies"],
    ["one name for both, once prefixed for a path", { auth: "__Secure-a", refresh: "a", path: "/x" }, "cookies"],
    ["a name with a space", { auth: "a b", refresh: "r" }, "cookies.auth"],
    ["a name with an =", { auth: "a", refresh: "r=1" }, "cookies.refresh"],
    ["no name", { auth: "", refresh: "r" }, "cookies.auth"],
    ["a domain with a port", { ...names, domain: "example.com:80" }, "cookies.domain"],
    ["a domain that adds an attribute", { ...names, domain: "example.com; Path=/x" }, "cookies.domain"],
    ["a domain whose label begins with a hyphen", { ...names, domain: "-a.example.com" }, "cookies.domain"],
    ["a domain whose label ends with a hyphen", { ...names, domain: "a-.example.com" }, "cookies.domain"],
    ["a domain whose label is too long", { ...names, domain: `${"a".repeat(64)}.com` }, "cookies.domain"],
    ["a path without a slash", { ...names, path: "api" }, "cookies.path"],
    ["a path that adds an attribute", { ...names, path: "/; Domain=evil.example" }, "cookies.path"],
    ["a path that no cookie can have", { ...names, path: "/a<b" }, "cookies.path"],
    ["another SameSite", { ...names, sameSite: "Lax" as "lax" }, "cookies.sameSite"],
    ["secure as text", { ...names, secure: "false" as unknown as boolean }, "cookies.secure"],
    ["an option that there is not", { ...names, httpOnly: false } as CookieConfig, "cookies.httpOnly"],
    ["an option that is undefined", { ...names, domain: undefined } as unknown as CookieConfig, "cookies.domain"],
  ])("%s", async (_, cookies, configValue) => {
    expect(await faultOf({ sessions: memorySessionStore(), cookies })).toEqual(invalid(configValue));
  });

  test.each<[what: string, cookies: CookieConfig, configValue: string]>([
    ["the auth cookie", { refresh: "r" }, "cookies.auth"],
    ["the refresh cookie", { auth: "a" }, "cookies.refresh"],
  ])("with sessions %s must have a name", async (_, cookies, configValue) => {
    expect(await faultOf({ sessions: memorySessionStore(), cookies })).toEqual(missing(configValue));
    // Without them it is only read.
    expect(() => createAuth({ cookies })).not.toThrow();
  });

  test("no name at all is none with or without sessions", async () => {
    expect(await faultOf({ cookies: {} })).toEqual(invalid("cookies"));
    expect(await faultOf({ sessions: memorySessionStore(), cookies: {} })).toEqual(invalid("cookies"));
  });

  test.each<[option: string, option: CookieConfig]>([
    ["domain", { domain: "example.com" }],
    ["path", { path: "/" }],
    ["sameSite", { sameSite: "lax" }],
    ["secure", { secure: true }],
  ])("cookies.%s says how they are written, and needs sessions", async (_, option) => {
    expect(await faultOf({ cookies: { ...names, ...option } })).toEqual(missing("sessions"));
    expect(() => createAuth({ sessions: memorySessionStore(), cookies: { ...names, ...option } })).not.toThrow();
  });

  test("prefixes are no matter of cookies that are only read", () => {
    expect(() => createAuth({ cookies: { auth: "__Host-a", refresh: "__Secure-r" } })).not.toThrow();
  });
});

describe("by hand", () => {
  const withCookies = () => createAuth({ sessions: memorySessionStore(), cookies: names }).auth;

  test("cookies are handed to setCookie as a header and in parts", async () => {
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

  test("without setCookie they have nowhere to go, and nothing is begun; the tokens themselves have", async () => {
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

  test("cookies are for this site's own pages, by hand as well", async () => {
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

  test("what is delivered is asked for by name", async () => {
    const request = withCookies().forRequest({ headers: OWN, setCookie: () => undefined });
    expect(await refusalOf(request.login("ada", { deliver: "header" as "body" }))).toBeInstanceOf(TypeError);
    expect(await refusalOf(request.refresh({ deliver: null as unknown as "body" }))).toBeInstanceOf(TypeError);
    expect(await refusalOf(request.logout({ deliver: "Cookies" as "cookies" }))).toBeInstanceOf(TypeError);
    expect(Object.keys(await request.login("ada", { deliver: "cookies" }))).toEqual(["expiresIn", "refreshExpiresIn"]);
  });

  test("no cookies can be asked for where none are configured, and the default is the tokens", async () => {
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

  test("nothing of it is there without sessions", async () => {
    const request = createAuth().auth.forRequest();
    for (const call of [request.login("ada"), request.refresh({ token: forge() })]) {
      expect(await refusalOf(call)).toMatchObject({ name: "MissingConfigError", configValue: "sessions" });
    }
  });
});

test("a token too large for a cookie is a CookieError, and one that fits is set", async () => {
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
