/** Options of `AuthManager`: a wrong option fails at construction, with an error that names it. */
import {
  AuthManager,
  type AuthManagerConfig,
  InvalidConfigError,
  MissingConfigError,
  memorySessionStore,
} from "claimgate";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { importHmac, makePair, toCryptoKey } from "../jwt/keys/key-kinds.ts";

const ec = makePair("P-256");
const ed = makePair("Ed25519");
const privatePem = ec.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
const publicPem = ec.publicKey.export({ format: "pem", type: "spki" }) as string;
const base = { issuer: ISSUER, algorithm: "HS256", secret: SECRET } as const;
const es256 = { issuer: ISSUER, algorithm: "ES256" } as const;
const build = (config: unknown): AuthManager => new AuthManager(config as AuthManagerConfig);

/** Option, configValue, invalid values; each value replaces one in a valid config. */
const BAD: ReadonlyArray<readonly [configValue: string, option: string, values: readonly unknown[]]> = [
  ["issuer", "issuer", ["", 5, null, [ISSUER]]],
  ["algorithm", "algorithm", ["none", "hs256", "HS1", "", 5, null, "constructor"]],
  [
    "secret",
    "secret",
    ["", "short", new Uint8Array(31), new Uint8Array(), 5, null, {}, { kty: "oct", k: "short" }, privatePem, publicPem],
  ],
  ["allowWeakSecret", "allowWeakSecret", ["true", 1, null]],
  ["audience", "audience", ["", [], 5, null, { a: 1 }]],
  ["audience.0", "audience", [[""]]],
  ["authMaxAge", "authMaxAge", [0, -1, 1.5, "3600", null, Number.NaN, Number.POSITIVE_INFINITY, 1e12]],
  ["refreshMaxAge", "refreshMaxAge", [0, -1, 1.5, "3600", null, Number.NaN, Number.POSITIVE_INFINITY, 1e12]],
  ["leeway", "leeway", [-1, "1", null, Number.NaN, Number.POSITIVE_INFINITY]],
  ["claimsSchema", "claimsSchema", [{}, null, () => true, { "~standard": {} }]],
  ["authorize", "authorize", [null, {}, "lookUp"]],
  ["authorizeAt", "authorizeAt", ["always", null, true]],
  ["header", "header", ["authorization", null]],
  ["header.name", "header", [{ name: "" }, { name: "a b" }, { name: "a:" }, { name: 5 }]],
  ["header.scheme", "header", [{ scheme: "a b" }, { scheme: "Bearer:" }, { scheme: " " }, { scheme: 5 }]],
  ["header.prefix", "header", [{ prefix: "Bearer" }]],
  ["cookies", "cookies", [{}, "auth", true, null, { auth: "t", refresh: "t" }]],
  ["cookies.auth", "cookies", [{ auth: "" }, { auth: "a=b" }, { auth: "a;b" }, { auth: 5 }]],
  ["cookies.refresh", "cookies", [{ refresh: "a b" }]],
  ["cookies.access", "cookies", [{ access: "a" }]],
  ["csrf", "csrf", [null, true, ["https://a.example"]]],
  ["csrf.origins", "csrf", [{}, { origins: "https://a.example" }]],
  [
    "csrf.origins.0",
    "csrf",
    [
      "a.example",
      "https://a.example/",
      "*",
      "null",
      "https://*.vercel.app",
      "https://a.example:443",
      "https://A.example",
      "https://user@a.example",
      "https://münchen.example",
      "wss://a.example",
      "file:///a",
      "https://",
      " https://a.example",
      "",
    ].map((origin) => ({ origins: [origin] })),
  ],
  ["csrf.allow", "csrf", [{ allow: true }, { allow: null }, { origins: [], allow: "https://a.example" }]],
  ["csrf.origins.1", "csrf", [{ origins: ["https://a.example", "https://b.example/path"] }]],
  [
    "sessions",
    "sessions",
    [null, true, {}, "redis://127.0.0.1", new Map(), { ...memorySessionStore(), endAll: undefined }],
  ],
  ["storeTimeout", "storeTimeout", [0, -1, "2", null, Number.NaN, Number.POSITIVE_INFINITY, 1e12]],
  ["responses", "responses", [null, true, () => ({})]],
  ["responses.expired", "responses", [{ expired: "expired" }, { expired: null }]],
  ["responses.invalid", "responses", [{ invalid: { message: "no" } }]],
  ["responses.unauthorized", "responses", [{ unauthorized: 401 }]],
  ["responses.forbidden", "responses", [{ forbidden: () => ({}) }]],
  ["onEvent", "onEvent", [null, {}, "log"]],
  ["maxTokenLength", "maxTokenLength", [0, -1, 1.5, "8192", null]],
  ["ambient", "ambient", ["true", 1, null]],
  ["cache", "cache", [true, null, 100, {}, { max: "5" }]],
  ["cache.max", "cache", [{ max: 0 }, { max: -1 }]],
  ["cache.ttl", "cache", [{ max: 5, ttl: 5 }]],
  ["now", "now", [NOW, null, "noon"]],
  ["expiresIn", "expiresIn", [60, null]],
  ["secretOrKey", "secretOrKey", [SECRET]],
];

const withStore = { ...base, sessions: memorySessionStore() };
const named = { auth: "a", refresh: "r" };

/** The same for options that need `sessions`, over a valid config with sessions. */
const BAD_WITH_SESSIONS: typeof BAD = [
  ["refreshGrace", "refreshGrace", [-1, 301, "10", null, Number.NaN, Number.POSITIVE_INFINITY]],
  ["sessionMaxAge", "sessionMaxAge", [0, -1, 1.5, "60", null, Number.NaN, Number.POSITIVE_INFINITY, 1e12]],
  ["adoptRefresh", "adoptRefresh", ["true", 1, null]],
  ["sessionCheck", "sessionCheck", ["never", "", true, null]],
  ["sessionCheckTtl", "sessionCheckTtl", [-1, 3601, "5", null, Number.NaN, Number.POSITIVE_INFINITY]],
  [
    "cookies.domain",
    "cookies",
    ["", "a b", "https://example.com", "example.com/", "a;b", "..", 5, null].map((domain) => ({ ...named, domain })),
  ],
  ["cookies.path", "cookies", ["", "api", "/a;b", "/a b", "/ä", 5, null].map((path) => ({ ...named, path }))],
  ["cookies.sameSite", "cookies", ["Lax", "", true, null].map((sameSite) => ({ ...named, sameSite }))],
  ["cookies.sameSite", "cookies", [{ ...named, sameSite: "none", secure: false }]],
  ["cookies.secure", "cookies", ["true", 1, null].map((secure) => ({ ...named, secure }))],
  ["cookies.httpOnly", "cookies", [{ ...named, httpOnly: false }]],
  [
    "cookies.auth",
    "cookies",
    [
      { auth: "__Host-a", refresh: "r", domain: "example.com" },
      { auth: "__host-a", refresh: "r", path: "/api" },
      { auth: "__Secure-a", refresh: "r", secure: false },
    ],
  ],
  ["cookies.refresh", "cookies", [{ auth: "a", refresh: "__Host-r", secure: false }]],
  // In the second pair, the default prefix makes both names equal.
  [
    "cookies",
    "cookies",
    [
      { auth: "t", refresh: "t" },
      { auth: "t", refresh: "__Host-t" },
    ],
  ],
];

describe("an invalid option of a manager with sessions", () => {
  it.each(BAD_WITH_SESSIONS)("throws an InvalidConfigError named %s", async (configValue, option, values) => {
    for (const value of values) {
      const beside = option === "sessionCheckTtl" ? { sessionCheck: "always" } : {};
      const error = await refusalOf(() => build({ ...withStore, ...beside, [option]: value }));
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect([value, (error as InvalidConfigError).configValue]).toEqual([value, configValue]);
    }
  });

  it.each([
    "refreshGrace",
    "sessionMaxAge",
    "adoptRefresh",
    "sessionCheck",
    "sessionCheckTtl",
  ])("throws an InvalidConfigError when %s is explicitly undefined", async (option) => {
    const error = await refusalOf(() => build({ ...withStore, [option]: undefined }));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: option });
  });

  it.each([
    "domain",
    "path",
    "sameSite",
    "secure",
  ])("throws an InvalidConfigError when cookies.%s is explicitly undefined", async (option) => {
    const error = await refusalOf(() => build({ ...withStore, cookies: { ...named, [option]: undefined } }));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: `cookies.${option}` });
  });

  it('is not a sessionCheckTtl without sessionCheck: "always", where it has no effect', () => {
    for (const beside of [{}, { sessionCheck: "refresh" }])
      expect(() => build({ ...withStore, ...beside, sessionCheckTtl: 5 })).not.toThrow();
  });

  it("throws an InvalidConfigError named sessions when the manager only trusts other issuers", async () => {
    const trust = [{ issuer: "https://theirs.example", jwks: { keys: [] }, audience: "api", algorithms: ["ES256"] }];
    const error = await refusalOf(() => build({ trust, sessions: memorySessionStore() }));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: "sessions" });
  });

  it.each<[what: string, over: object]>([
    [
      "every option at its maximum",
      {
        refreshGrace: 300,
        sessionMaxAge: 1,
        adoptRefresh: true,
        sessionCheck: "always",
        sessionCheckTtl: 3600,
        storeTimeout: 0.05,
      },
    ],
    [
      "every option at its minimum",
      { refreshGrace: 0, adoptRefresh: false, sessionCheck: "always", sessionCheckTtl: 0 },
    ],
    ["cookies with a path", { cookies: { ...named, path: "/api", sameSite: "strict" } }],
    ["cookies with a domain", { cookies: { ...named, domain: ".example.com", sameSite: "none", secure: true } }],
    ["cookies over plain HTTP", { cookies: { ...named, secure: false } }],
    ["cookies with prefixes", { cookies: { auth: "__Host-a", refresh: "__Secure-r" } }],
    [
      "hooks",
      { onEvent: () => undefined, responses: { expired: () => ({}), invalid: () => ({}), unauthorized: () => ({}) } },
    ],
  ])("is not reported for a valid config: %s", async (_, over) => {
    await expect(build({ ...withStore, ...over }).ready()).resolves.toBeUndefined();
  });
});

describe("an option that needs sessions", () => {
  it.each<[option: string, value: unknown]>([
    ["refreshGrace", 10],
    ["sessionMaxAge", 60],
    ["adoptRefresh", false],
    ["sessionCheck", "refresh"],
    ["sessionCheckTtl", 5],
    ["cookies", { ...named, domain: "example.com" }],
    ["cookies", { ...named, path: "/" }],
    ["cookies", { ...named, sameSite: "lax" }],
    ["cookies", { ...named, secure: true }],
  ])("throws a MissingConfigError named sessions without them: %s", async (option, value) => {
    const error = await refusalOf(() => build({ ...base, [option]: value }));
    expect(error).toBeInstanceOf(MissingConfigError);
    expect(error).toMatchObject({ configValue: "sessions" });
    expect(
      build({ ...withStore, ...(option === "sessionCheckTtl" ? { sessionCheck: "always" } : {}), [option]: value }),
    ).toBeInstanceOf(AuthManager);
  });

  it.each([
    "auth",
    "refresh",
  ])("throws a MissingConfigError when the manager has sessions and only cookies.%s lacks a name", async (type) => {
    const { [type]: _, ...cookies } = named as Record<string, string>;
    expect(build({ ...base, cookies })).toBeInstanceOf(AuthManager);
    expect(await refusalOf(() => build({ ...withStore, cookies }))).toMatchObject({
      name: "MissingConfigError",
      configValue: `cookies.${type}`,
    });
  });
});

describe("an invalid option", () => {
  it.each(BAD)("throws an InvalidConfigError named %s", async (configValue, option, values) => {
    for (const value of values) {
      const error = await refusalOf(() => build({ ...base, [option]: value }));
      expect(error).toBeInstanceOf(InvalidConfigError);
      expect([value, (error as InvalidConfigError).configValue]).toEqual([value, configValue]);
    }
  });

  it.each(
    [...new Set(BAD.map(([, option]) => option))].filter(
      (option) => option !== "issuer" && option !== "algorithm" && option !== "secret",
    ),
  )("throws an InvalidConfigError when %s is explicitly undefined", async (option) => {
    const error = await refusalOf(() => build({ ...base, [option]: undefined }));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: option });
  });

  it("is not reported for a valid config", async () => {
    const manager = build({
      ...base,
      allowWeakSecret: false,
      audience: ["a", "b"],
      authMaxAge: 60,
      refreshMaxAge: 120,
      leeway: 0.5,
      claimsSchema: z.object({ plan: z.string() }).partial(),
      authorize: () => ({}),
      authorizeAt: "request",
      header: { name: "X-Token", scheme: "" },
      cookies: { auth: "__Host-auth", refresh: "__Host-refresh" },
      csrf: { origins: ["https://app.example", "http://localhost:3000"] },
      maxTokenLength: 4096,
      ambient: false,
      cache: { max: 10 },
      now: () => NOW,
    });
    await expect(manager.ready()).resolves.toBeUndefined();
  });
});

describe("a missing option", () => {
  it.each([
    ["issuer", { algorithm: "HS256", secret: SECRET }],
    ["algorithm", { issuer: ISSUER, secret: SECRET }],
    ["secret", { issuer: ISSUER, algorithm: "HS256" }],
    ["privateKey", { issuer: ISSUER, algorithm: "ES256" }],
    ["authorize", { ...base, authorizeAt: "request" }],
  ])("throws a MissingConfigError named %s", async (configValue, config) => {
    const error = await refusalOf(() => build(config));
    expect(error).toBeInstanceOf(MissingConfigError);
    expect(error).toMatchObject({ configValue });
  });
});

describe("the keys of a manager", () => {
  it.each([
    ["secret", { ...es256, privateKey: ec.privateKey, secret: SECRET }],
    ["privateKey", { ...base, privateKey: ec.privateKey }],
    ["publicKey", { ...base, publicKey: ec.publicKey }],
    ["privateKey", { ...es256, privateKey: ec.publicKey }],
    ["privateKey", { ...es256, privateKey: SECRET }],
    ["privateKey", { ...es256, privateKey: ed.privateKey }],
    ["privateKey", { ...es256, privateKey: publicPem }],
    ["publicKey", { ...es256, publicKey: ec.privateKey }],
    ["publicKey", { ...es256, publicKey: privatePem }],
    ["publicKey", { ...es256, privateKey: ec.privateKey, publicKey: ed.publicKey }],
  ])("of the wrong kind throw an InvalidConfigError named %s", async (configValue, config) => {
    expect(await refusalOf(() => build(config))).toMatchObject({ name: "InvalidConfigError", configValue });
  });

  it("without an extractable public half need a publicKey", async () => {
    const privateKey = await toCryptoKey(ec.privateKey, "ES256", false);
    const error = await refusalOf(() => build({ ...es256, privateKey }));
    expect(error).toMatchObject({ name: "InvalidConfigError", configValue: "privateKey" });
    const manager = build({ ...es256, privateKey, publicKey: publicPem });
    await manager.ready();
    expect((await manager.verify((await manager.authToken("ada")).signed)).sub).toBe("ada");
  });

  it("that do not match throw an InvalidConfigError named publicKey, at the latest from ready()", async () => {
    const other = makePair("P-256");
    for (const publicKey of [other.publicKey, await toCryptoKey(other.publicKey, "ES256")]) {
      const error = await refusalOf(() => build({ ...es256, privateKey: privatePem, publicKey }).ready());
      expect(error).toMatchObject({ name: "InvalidConfigError", configValue: "publicKey" });
    }
    await expect(build({ ...es256, privateKey: privatePem, publicKey: publicPem }).ready()).resolves.toBeUndefined();
  });

  it.each([
    ["HS256", { secret: new Uint8Array(32).fill(1) }],
    ["HS512", { secret: "s".repeat(64) }],
    ["ES256", { privateKey: ec.privateKey }],
    ["EdDSA", { privateKey: ed.privateKey.export({ format: "jwk" }) }],
    ["EdDSA", { privateKey: ed.privateKey, publicKey: ed.publicKey }],
    ["EdDSA", { publicKey: ed.publicKey }],
  ])("that are valid let ready() resolve (%s)", async (algorithm, keys) => {
    await expect(build({ issuer: ISSUER, algorithm, ...keys }).ready()).resolves.toBeUndefined();
  });

  it("may be a weak secret only with allowWeakSecret", async () => {
    const cryptoKey = await importHmac(new Uint8Array(8).fill(1), "HS256", ["sign", "verify"]);
    for (const secret of ["short", new Uint8Array(8), cryptoKey]) {
      expect(await refusalOf(() => build({ ...base, secret }))).toMatchObject({ configValue: "secret" });
      const weak = build({ ...base, secret, allowWeakSecret: true });
      expect((await weak.verify((await weak.authToken("ada")).signed)).sub).toBe("ada");
    }
    const error = await refusalOf(() => build({ ...base, secret: publicPem, allowWeakSecret: true }));
    expect(error).toMatchObject({ configValue: "secret" });
  });
});

it("throws an InvalidConfigError named claimsSchema when the schema is asynchronous", async () => {
  const claimsSchema = z.object({}).refine(async () => true);
  expect(await refusalOf(() => build({ ...base, claimsSchema }))).toMatchObject({
    name: "InvalidConfigError",
    configValue: "claimsSchema",
  });
});

it("throws a MissingConfigError named sessions when authorize runs at issue without sessions", async () => {
  for (const over of [{}, { authorizeAt: "issue" }]) {
    const error = await refusalOf(() => build({ ...base, authorize: () => null, ...over }));
    expect(error).toMatchObject({ name: "MissingConfigError", configValue: "sessions" });
  }
});

it("reads options once: later changes of the config object have no effect", async () => {
  const secret = new Uint8Array(32).fill(3);
  const config = { audience: ["a"], cookies: { auth: "t" }, csrf: { origins: ["https://a.example"] }, secret };
  const { auth: manager } = createAuth(config);
  const { signed } = await manager.authToken("ada");
  config.audience[0] = "b";
  config.cookies.auth = "u";
  config.csrf.origins.push("https://evil.example");
  secret.fill(0);
  expect((await manager.verify(signed)).claims.aud).toBe("a");
  const headers = { cookie: `t=${signed}`, origin: "https://a.example" };
  expect((await manager.forRequest({ headers }).require()).sub).toBe("ada");
  const evil = manager.forRequest({ headers: { ...headers, origin: "https://evil.example" } });
  expect(await refusalOf(() => evil.require())).toMatchObject({ reason: "CSRF_REJECTED" });
});

describe("an entry of csrf.origins that no browser sends", () => {
  it.each([
    ["a.example", "https://a.example"],
    ["localhost:3000", "http://localhost:3000"],
    ["https://a.example/", "https://a.example"],
    ["https:/a.example", "https://a.example"],
    ["https:a.example", "https://a.example"],
    ["https://a.example:443", "https://a.example"],
    ["https://A.Example/path?query#hash", "https://a.example"],
    ["https://user:secret@a.example", "https://a.example"],
    ["https://münchen.example", "https://xn--mnchen-3ya.example"],
    ["wss://a.example", "https://a.example"],
    ["capacitor://localhost/", "capacitor://localhost"],
  ])("is rejected with its nearest valid origin as the remedy: %s, %s", (origin, nearest) => {
    expect(() => createAuth({ csrf: { origins: [origin] } })).toThrow(nearest);
    expect(() => createAuth({ csrf: { origins: [nearest] } })).not.toThrow();
  });

  it("is rejected with csrf.allow as the remedy when it has a wildcard", () => {
    for (const origin of ["*", "https://*.vercel.app", "https://*"])
      expect(() => createAuth({ csrf: { origins: [origin] } })).toThrow(/csrf\.allow/);
  });

  it("is rejected when it is not a valid host name", () => {
    for (const origin of ["https://a.example;", "https://a.example&b.example", "https://a.example+b", "https://a'b"])
      expect(() => createAuth({ csrf: { origins: [origin] } })).toThrow(/must be an origin, such as/);
    for (const origin of ["https://a_b.example", "http://[::1]:3000", "http://127.0.0.1:8080"])
      expect(() => createAuth({ csrf: { origins: [origin] } })).not.toThrow();
  });

  it("is rejected with the advice to list each origin when it holds several", () => {
    for (const origin of [
      "https://a.example,https://b.example",
      "https://a.example https://b.example",
      "a.example, b.example",
    ])
      expect(() => createAuth({ csrf: { origins: [origin] } })).toThrow(/list each/);
  });

  it("does not include origins of browser extensions and web-view apps", () => {
    const origins = ["capacitor://localhost", "tauri://localhost", "ionic://localhost", "chrome-extension://abcdef"];
    expect(() => createAuth({ csrf: { origins } })).not.toThrow();
    expect(() => createAuth({ csrf: { origins: ["safari-web-extension://1A2B-3C"] } })).not.toThrow();
  });
});
