/** The published key set: `jwks()` and `jwksHandler`. */
import { createSecretKey, generateKeyPairSync } from "node:crypto";
import { AuthManager, jwksHandler, type KeyConfig } from "claimgate";
import { decode } from "claimgate/jwt";
import { createTestClock, type TestClock } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const EVERY_KIND: readonly KeyConfig[] = [
  { kid: "rsa", algorithm: "PS256", privateKey: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey },
  {
    kid: "pem",
    algorithm: "ES384",
    privateKey: generateKeyPairSync("ec", {
      namedCurve: "P-384",
      privateKeyEncoding: { format: "pem", type: "pkcs8" },
      publicKeyEncoding: { format: "pem", type: "spki" },
    }).privateKey,
  },
  {
    kid: "jwk",
    algorithm: "EdDSA",
    privateKey: {
      ...generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" }),
      "x-internal-note": "not for others",
    } as never,
  },
  { kid: "public", algorithm: "ES256", publicKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey },
  { kid: "secret", algorithm: "HS256", secret: createSecretKey(Buffer.alloc(32, 7)) },
];
const MEMBERS = ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"];

const managerOf = (keys: readonly KeyConfig[], clock: TestClock = createTestClock(NOW)): AuthManager =>
  new AuthManager({ issuer: ISSUER, keys, now: clock.now });
const get = (headers: Record<string, string> = {}, method = "GET"): Request =>
  new Request("https://api.example/.well-known/jwks.json", { headers, method });

describe("jwks", () => {
  it("contains only the public members of asymmetric keys, and no secret", async () => {
    const { keys } = await managerOf(EVERY_KIND).jwks();
    expect(keys.map(({ kid, alg, use, kty }) => [kid, alg, use, kty])).toEqual([
      ["rsa", "PS256", "sig", "RSA"],
      ["pem", "ES384", "sig", "EC"],
      ["jwk", "EdDSA", "sig", "OKP"],
      ["public", "ES256", "sig", "EC"],
    ]);
    for (const key of keys) expect(MEMBERS).toEqual(expect.arrayContaining(Object.keys(key)));
  });

  it("contains the public half of a CryptoKey pair whose private half cannot be exported", async () => {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
    const key = { kid: "a", algorithm: "ES256", privateKey: pair.privateKey, publicKey: pair.publicKey } as KeyConfig;
    const auth = managerOf([key]);
    const { keys } = await auth.jwks();
    expect(Object.keys(keys[0] ?? {}).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    const token = (await auth.authToken("ada")).signed;
    expect(await decode(token, keys[0], { algorithms: ["ES256"], now: NOW })).toMatchObject({ sub: "ada" });
  });

  it("contains keys that will sign later, and no retired key", async () => {
    const clock = createTestClock(NOW);
    const key = (kid: string, over: object): KeyConfig => ({
      kid,
      algorithm: "ES256",
      privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
      ...over,
    });
    const auth = managerOf([key("old", { retireAt: NOW + 10 }), key("next", { signFrom: NOW + 10 })], clock);
    expect((await auth.jwks()).keys.map(({ kid }) => kid)).toEqual(["old", "next"]);
    clock.advance(10);
    expect((await auth.jwks()).keys.map(({ kid }) => kid)).toEqual(["next"]);
  });

  it("has the thumbprint as kid when the manager has a single key, and is empty for a secret", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const auth = new AuthManager({ issuer: ISSUER, algorithm: "EdDSA", privateKey });
    const { keys } = await auth.jwks();
    expect(keys).toEqual([
      {
        kty: "OKP",
        crv: "Ed25519",
        x: expect.any(String),
        kid: expect.stringMatching(/^[\w-]{43}$/),
        alg: "EdDSA",
        use: "sig",
      },
    ]);
    expect(await createAuth().auth.jwks()).toEqual({ keys: [] });
  });
});

describe("jwksHandler", () => {
  it("serves the set with Cache-Control and ETag, and answers 304 to a matching If-None-Match", async () => {
    const auth = managerOf(EVERY_KIND);
    const handler = jwksHandler(auth);
    const response = await handler(get());
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/jwk-set+json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    expect(await response.json()).toEqual(await auth.jwks());
    const etag = response.headers.get("etag") ?? "";
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await handler(get({ "if-none-match": known }));
      expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", etag]);
      expect(again.headers.get("cache-control")).toBe("public, max-age=300");
    }
    expect((await handler(get({ "if-none-match": '"other"' }))).status).toBe(200);
  });

  it("changes the ETag when the set changes", async () => {
    const auth = managerOf(EVERY_KIND);
    const handler = jwksHandler(auth);
    const before = (await handler(get())).headers.get("etag");
    await auth.retire("rsa");
    const after = await handler(get({ "if-none-match": before ?? "" }));
    expect(after.status).toBe(200);
    expect(after.headers.get("etag")).not.toBe(before);
  });

  it("limits max-age to the retirement of the next key", async () => {
    const clock = createTestClock(NOW);
    const [key] = EVERY_KIND as [KeyConfig];
    const handler = jwksHandler(
      managerOf(
        [
          { ...key, retireAt: NOW + 100 },
          { ...key, kid: "b" },
        ],
        clock,
      ),
      { maxAge: 500 },
    );
    const ageOf = async (): Promise<string | null> => (await handler(get())).headers.get("cache-control");
    expect(await ageOf()).toBe("public, max-age=100");
    clock.advance(99.5);
    expect(await ageOf()).toBe("public, max-age=0");
    clock.advance(1);
    expect(await ageOf()).toBe("public, max-age=500");
  });

  it("ignores the retirement of a secret, because the set contains no secret", async () => {
    const clock = createTestClock(NOW);
    const [key] = EVERY_KIND as [KeyConfig];
    const secret = { kid: "s", algorithm: "HS256", secret: "s".repeat(32), retireAt: NOW + 10 } as const;
    const handler = jwksHandler(managerOf([key, secret], clock));
    expect((await handler(get())).headers.get("cache-control")).toBe("public, max-age=300");
  });

  it("sends max-age=0 when maxAge is 0", async () => {
    const handler = jwksHandler(managerOf(EVERY_KIND), { maxAge: 0 });
    expect((await handler(get())).headers.get("cache-control")).toBe("public, max-age=0");
  });

  it("answers HEAD without a body, and other methods with 405", async () => {
    const handler = jwksHandler(managerOf(EVERY_KIND));
    const head = await handler(get({}, "HEAD"));
    expect([head.status, await head.text(), head.headers.has("etag")]).toEqual([200, "", true]);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const refused = await handler(get({}, method));
      expect([refused.status, refused.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
    }
  });

  it("answers 503 with no-store while the keys cannot be loaded", async () => {
    let isDown = true;
    const clock = createTestClock(NOW);
    const keys = async (): Promise<readonly KeyConfig[]> => {
      if (isDown) throw new Error("down");
      return EVERY_KIND;
    };
    const handler = jwksHandler(new AuthManager({ issuer: ISSUER, keys, now: clock.now }));
    const refused = await handler(get());
    expect([refused.status, refused.headers.get("cache-control"), await refused.text()]).toEqual([503, "no-store", ""]);
    isDown = false;
    clock.advance(5);
    expect((await handler(get())).status).toBe(200);
  });

  it("rejects invalid options, an unconfigured manager and a request that is not a Fetch Request", async () => {
    const auth = managerOf(EVERY_KIND);
    for (const options of [{ maxAge: -1 }, { maxAge: 1.5 }, { maxAge: "300" }, { maxAge: undefined }, { ttl: 5 }])
      expect(() => jwksHandler(auth, options as never)).toThrow(TypeError);
    expect(await refusalOf(jwksHandler(new AuthManager())(get()))).toMatchObject({ name: "MissingSignerError" });
    expect(() => jwksHandler({} as never)).toThrow("takes an AuthManager as its first argument");
    // Express and Hono pass such objects.
    for (const request of [{ method: "GET", headers: {} }, { req: { raw: get() } }])
      expect(await refusalOf(jwksHandler(auth)(request as never))).toMatchObject({
        name: "TypeError",
        message: expect.stringContaining("Fetch Request"),
      });
  });
});
