/** The options of `JWKSClient`: accepted and rejected values. */
import { inspect } from "node:util";
import { AuthManager } from "claimgate";
import { JWKSClient, type JWKSClientOptions } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { FakeIssuer, KEYS_URL } from "./support.ts";

describe("the uri of a JWKSClient", () => {
  it.each([
    "https://issuer.example/jwks.json",
    "https://issuer.example:8443/keys?tenant=1",
    "http://127.0.0.1:8080/jwks.json",
    "http://127.1.2.3/",
    "http://localhost/jwks.json",
    "http://keys.localhost/jwks.json",
    "http://[::1]:80/jwks.json",
    new URL("https://issuer.example/jwks.json"),
  ])("is accepted with https or on loopback: %s", (uri) => {
    expect(new JWKSClient(uri)).toBeInstanceOf(JWKSClient);
  });

  it.each([
    undefined,
    null,
    {},
    "",
    "jwks.json",
    "//issuer.example/jwks.json",
    "http://issuer.example/jwks.json",
    "http://10.0.0.1/jwks.json",
    "http://0.0.0.0/jwks.json",
    "http://[::2]/jwks.json",
    "http://127.0.0.1.issuer.example/",
    "http://localhost.issuer.example/",
    "http://notlocalhost/",
    "ftp://127.0.0.1/jwks.json",
    "ws://localhost/",
    "file:///etc/jwks.json",
    "data:application/json,{}",
    "https://user@issuer.example/",
    "http://:secret@127.0.0.1/",
  ])("is rejected with a TypeError that names it: %s", async (uri) => {
    const error = await refusalOf(() => new JWKSClient(uri as string));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message: expect.stringMatching(/^uri /) });
  });

  it("is rejected with an error without its user name and password", async () => {
    const error = await refusalOf(() => new JWKSClient("https://someone:secret@issuer.example/"));
    expect(inspect(error)).not.toMatch(/someone|secret/);
  });
});

describe("an option of JWKSClient", () => {
  const right: ReadonlyArray<[string, readonly unknown[]]> = [
    ["lifespan", [0.5, 300, 1e9]],
    ["timeout", [0.5, 5, 2e6]],
    ["cooldown", [0, 30, 1e9]],
    ["staleIfError", [0, 3600, 1e9]],
    ["maxBytes", [1, 1_048_576]],
    ["headers", [{}, { authorization: "Bearer x" }]],
    ["cacheKeys", [true, false]],
    ["fetch", [fetch]],
    ["now", [() => 1]],
  ];
  const wrong: ReadonlyArray<[string, readonly unknown[]]> = [
    ["lifespan", [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e10, "300", null, undefined, 300n]],
    ["timeout", [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 1e7, "5", null, undefined]],
    ["cooldown", [-1, Number.NaN, Number.POSITIVE_INFINITY, "30", null, undefined]],
    ["staleIfError", [-1, Number.NaN, Number.POSITIVE_INFINITY, "0", false, undefined]],
    ["maxBytes", [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "1", undefined]],
    ["headers", [null, undefined, "accept", 5, [["a", "b"]], new Map(), { "a b": "c" }, { a: "b\nc" }, { a: 5 }]],
    ["headers", [{ a: undefined }, { a: ["b"] }, new Headers()]],
    ["cacheKeys", [undefined, null, 0, "true"]],
    ["fetch", [undefined, null, "fetch", {}]],
    ["now", [undefined, null, 5, new Date()]],
    ["lifeSpan", [300]],
    ["ssl_context", [{}]],
    ["max_cached_keys", [undefined]],
  ];
  const cases = (table: ReadonlyArray<[string, readonly unknown[]]>): Array<[string, string, object]> =>
    table.flatMap(([name, values]) =>
      values.map((value): [string, string, object] => [name, inspect(value), { [name]: value }]),
    );

  it.each(cases(right))("is accepted: %s %s", (_name, _shown, options) => {
    expect(new JWKSClient(KEYS_URL, options)).toBeInstanceOf(JWKSClient);
  });

  it.each(cases(wrong))("is rejected with a TypeError that names it: %s %s", async (name, _shown, options) => {
    const error = await refusalOf(() => new JWKSClient(KEYS_URL, options));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toContain(name);
  });

  it.each([
    [null],
    [5],
    ["lifespan"],
    [true],
    [[]],
    [new Map()],
    [new Date()],
    [Promise.resolve({})],
    [() => 0],
  ])("is rejected when the options are not a plain object: %s", async (options) => {
    expect(await refusalOf(() => new JWKSClient(KEYS_URL, options as JWKSClientOptions))).toBeInstanceOf(TypeError);
  });

  it("is checked when it is inherited, too", async () => {
    const inherited = Object.create({ lifespan: -1 }) as JWKSClientOptions;
    expect(await refusalOf(() => new JWKSClient(KEYS_URL, inherited))).toBeInstanceOf(TypeError);
  });

  it("is rejected with an error without its headers", async () => {
    const headers = { authorization: "Bearer of\nkeys" };
    const refused = await refusalOf(() => new JWKSClient(KEYS_URL, { headers }));
    const issuer = {
      issuer: "https://issuer.example",
      jwksUri: KEYS_URL,
      audience: "me",
      algorithms: ["ES256"],
    } as const;
    const untrusted = await refusalOf(() => new AuthManager({ trust: [{ ...issuer, headers }] }));
    expect(refused).toBeInstanceOf(TypeError);
    expect(untrusted).toMatchObject({ configValue: "trust.0.headers" });
    expect(inspect(refused) + inspect(untrusted)).not.toMatch(/Bearer|keys"/);
  });

  it("is rejected with a TypeError and the cause when its getter throws", async () => {
    const cause = new Error("no headers");
    const options = {
      get headers(): Record<string, string> {
        throw cause;
      },
    };
    const error = await refusalOf(() => new JWKSClient(KEYS_URL, options));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ cause });
  });

  it("is not shown when the client is logged", () => {
    const client = new FakeIssuer().client({ headers: { authorization: "Bearer of keys" } });
    expect(inspect(client, { depth: 9, showHidden: true }) + JSON.stringify(client)).not.toContain("Bearer of keys");
  });
});
