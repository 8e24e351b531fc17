/** The key ring: the signing key, the verification keys, retirement, and invalid rings. */
import { createSecretKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { AuthManager, type AuthManagerConfig, InvalidConfigError, type KeyConfig, MissingSignerError } from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const ec = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const es256 = (kid: string, over: Partial<KeyConfig> = {}): KeyConfig => ({
  kid,
  algorithm: "ES256",
  privateKey: ec(),
  ...over,
});
const managerOf = (
  keys: AuthManagerConfig["keys"],
  clock: TestClock = createTestClock(NOW),
  over: object = {},
): AuthManager => new AuthManager({ issuer: ISSUER, keys: keys ?? [], now: clock.now, ...over });
const kidOf = async (auth: AuthManager): Promise<unknown> => (await auth.authToken("ada")).header["kid"];

describe("the signing key of a ring", () => {
  it("is the newest key whose signFrom has passed", async () => {
    const clock = createTestClock(NOW);
    const auth = managerOf(
      [es256("next", { signFrom: NOW + 100 }), es256("old"), es256("now", { signFrom: NOW - 5 })],
      clock,
    );
    expect(await kidOf(auth)).toBe("now");
    clock.set(NOW + 99);
    expect(await kidOf(auth)).toBe("now");
    clock.set(NOW + 100);
    expect(await kidOf(auth)).toBe("next");
  });

  it("is the last listed key when several share a signFrom", async () => {
    expect(await kidOf(managerOf([es256("a"), es256("b")]))).toBe("b");
    expect(await kidOf(managerOf([es256("b", { signFrom: NOW }), es256("a", { signFrom: NOW })]))).toBe("a");
  });

  it("is never a key that only verifies or has retired", async () => {
    const clock = createTestClock(NOW);
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const auth = managerOf(
      [es256("a"), es256("b", { retireAt: NOW + 10 }), { kid: "c", algorithm: "ES256", publicKey }],
      clock,
    );
    expect(await kidOf(auth)).toBe("b");
    clock.set(NOW + 10);
    expect(await kidOf(auth)).toBe("a");
  });

  it("is missing when no key may sign yet, and authToken rejects with MissingSignerError", async () => {
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    for (const keys of [
      [{ kid: "c", algorithm: "ES256" as const, publicKey }],
      [es256("next", { signFrom: NOW + 1 })],
    ]) {
      expect(await refusalOf(managerOf(keys).authToken("ada"))).toBeInstanceOf(MissingSignerError);
    }
  });

  it("determines alg, and its thumbprint is the kid when it has none", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    const secret = "s".repeat(64);
    const auth = managerOf([{ algorithm: "HS512", secret }]);
    const k = Buffer.from(secret).toString("base64url");
    expect((await auth.authToken("ada")).header).toEqual({
      alg: "HS512",
      typ: "JWT",
      kid: await calculateJwkThumbprint({ kty: "oct", k }),
    });
    const edwards = managerOf([{ algorithm: "EdDSA", privateKey }]);
    const kid = await calculateJwkThumbprint(publicKey.export({ format: "jwk" }));
    expect((await edwards.refreshToken("ada")).header).toEqual({ alg: "EdDSA", typ: "JWT", kid });
  });
});

describe("a verification key of a ring", () => {
  it("accepts tokens until its retireAt, also before its signFrom", async () => {
    const clock = createTestClock(NOW);
    const [old, next] = [es256("old", { retireAt: NOW + 50 }), es256("next", { signFrom: NOW + 100 })];
    const auth = managerOf([old, next], clock);
    const byOld = (await managerOf([{ ...old, retireAt: NOW + 9999 }]).authToken("ada")).signed;
    const byNext = (await managerOf([{ ...next, signFrom: 0 }]).authToken("ada")).signed;
    expect(await verdictOf(auth, byOld)).toBe("allowed");
    expect(await verdictOf(auth, byNext)).toBe("allowed");
    clock.set(NOW + 49);
    expect(await verdictOf(auth, byOld)).toBe("allowed");
    // The cached token is rejected too.
    clock.set(NOW + 50);
    expect(await verdictOf(auth, byOld)).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, byNext)).toBe("allowed");
  });

  it("rejects a token of another key with the same kid", async () => {
    const token = (await managerOf([es256("k")]).authToken("ada")).signed;
    expect(await verdictOf(managerOf([es256("k")]), token)).toBe("SIGNATURE_INVALID");
  });

  it("is selected by kid: a token that names another key of the ring is rejected", async () => {
    const [a, b] = [es256("a"), es256("b")];
    const signedByA = (await managerOf([{ ...a, kid: "b" }]).authToken("ada")).signed;
    expect(await verdictOf(managerOf([a, b]), signedByA)).toBe("SIGNATURE_INVALID");
    expect(
      await verdictOf(
        managerOf([
          { ...a, kid: "b" },
          { ...b, kid: "a" },
        ]),
        signedByA,
      ),
    ).toBe("allowed");
  });

  it("is missing for an unknown kid, and the token is rejected", async () => {
    const a = es256("a");
    const token = (await managerOf([{ ...a, kid: "unknown" }]).authToken("ada")).signed;
    expect(await verdictOf(managerOf([a]), token)).toBe("SIGNATURE_INVALID");
  });

  it("accepts a token without kid from before the ring, because every key is tried", async () => {
    const privateKey = ec();
    const before = new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey, now: () => NOW });
    const token = (await before.refreshToken("ada")).signed;
    const ring = managerOf([{ algorithm: "ES256", privateKey }, es256("new")]);
    expect(await verdictOf(ring, token, { type: "refresh" })).toBe("allowed");
    expect(await verdictOf(managerOf([es256("new")]), token, { type: "refresh" })).toBe("SIGNATURE_INVALID");
  });

  it("rejects an algorithm of no key with ALGORITHM_INVALID, and one of another key with SIGNATURE_INVALID", async () => {
    const secret = "s".repeat(64);
    const auth = managerOf([es256("a"), { kid: "b", algorithm: "HS512", secret }]);
    const hs256 = (await managerOf([{ kid: "b", algorithm: "HS256", secret }]).authToken("ada")).signed;
    const asA = (await managerOf([{ kid: "a", algorithm: "HS512", secret }]).authToken("ada")).signed;
    const good = (await managerOf([{ kid: "b", algorithm: "HS512", secret }]).authToken("ada")).signed;
    expect(await verdictOf(auth, hs256)).toBe("ALGORITHM_INVALID");
    expect(await verdictOf(auth, asA)).toBe("SIGNATURE_INVALID");
    expect(await verdictOf(auth, good)).toBe("allowed");
  });

  it("that retires rejects the next use of an open request", async () => {
    const clock = createTestClock(NOW);
    const auth = managerOf([es256("a", { retireAt: NOW + 10 }), es256("b", { signFrom: NOW + 5 })], clock);
    const request = auth.forRequest({ token: await auth.authToken("ada") });
    expect((await request.require()).sub).toBe("ada");
    expect(request.token?.sub).toBe("ada");
    clock.set(NOW + 10);
    expect(request.token).toBeNull();
    expect(await refusalOf(request.require())).toMatchObject({ reason: "SIGNATURE_INVALID", status: 401 });
  });
});

describe("retire", () => {
  it.each([
    true,
    false,
  ])("ends a key at once: for new tokens, cached tokens (cache %s) and open requests", async (on) => {
    const auth = managerOf([es256("a"), es256("b")], createTestClock(NOW), on ? {} : { cache: false });
    const old = await auth.authToken("ada");
    const request = auth.forRequest({ token: old });
    await request.require();
    await auth.retire("b");
    expect(await kidOf(auth)).toBe("a");
    expect(await verdictOf(auth, old.signed)).toBe("SIGNATURE_INVALID");
    expect(await refusalOf(request.require())).toMatchObject({ reason: "SIGNATURE_INVALID" });
    expect(await auth.verifyToken(old)).toBe(false);
    expect(await verdictOf(auth, (await auth.authToken("ada")).signed)).toBe("allowed");
    expect((await auth.jwks()).keys.map(({ kid }) => kid)).toEqual(["a"]);
  });

  it("takes effect before its promise settles", async () => {
    const auth = managerOf([es256("a"), es256("b")]);
    const old = (await auth.authToken("ada")).signed;
    const retired = auth.retire("b");
    expect(await verdictOf(auth, old)).toBe("SIGNATURE_INVALID");
    await retired;
  });

  it("accepts the thumbprint of a manager's only key, which then neither signs nor verifies", async () => {
    const auth = new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey: ec(), now: () => NOW });
    const token = (await auth.authToken("ada")).signed;
    const [published] = (await auth.jwks()).keys;
    expect(await verdictOf(auth, token)).toBe("allowed");
    await auth.retire(published?.kid ?? "");
    expect(await verdictOf(auth, token)).toBe("SIGNATURE_INVALID");
    expect(await refusalOf(auth.authToken("ada"))).toBeInstanceOf(MissingSignerError);
    expect(await auth.jwks()).toEqual({ keys: [] });
  });

  it("rejects an unknown kid with a TypeError, and retires no key", async () => {
    const auth = managerOf([es256("a")]);
    for (const kid of ["b", "", 5 as never]) expect(await refusalOf(auth.retire(kid))).toBeInstanceOf(TypeError);
    expect(await kidOf(auth)).toBe("a");
    const trustOnly = new AuthManager({
      trust: [{ issuer: "https://a.example", jwksUri: "https://a.example/jwks", audience: "x", algorithms: ["ES256"] }],
    });
    expect(await refusalOf(trustOnly.retire("a"))).toBeInstanceOf(TypeError);
  });
});

describe("maxTokenAge", () => {
  it("limits every maxAge, and lowers the default ages", async () => {
    const auth = managerOf([es256("a")], createTestClock(NOW), { maxTokenAge: 600 });
    expect((await auth.authToken("ada")).maxAge).toBe(600);
    expect((await auth.refreshToken("ada")).maxAge).toBe(600);
    expect((await auth.refreshToken("ada", { maxAge: 600 })).maxAge).toBe(600);
    for (const issue of [auth.authToken("ada", { maxAge: 601 }), auth.refreshToken("ada", { maxAge: 601 })])
      expect(await refusalOf(issue)).toMatchObject({
        name: "TypeError",
        message: expect.stringContaining("maxTokenAge"),
      });
  });

  it("throws an InvalidConfigError when a configured age exceeds it", () => {
    for (const option of ["authMaxAge", "refreshMaxAge"]) {
      expect(() => createAuth({ maxTokenAge: 600, [option]: 601 })).toThrow(InvalidConfigError);
      expect(() => createAuth({ maxTokenAge: 600, [option]: 600 })).not.toThrow();
    }
  });
});

describe("an invalid ring", () => {
  const [privateKey, other] = [ec(), ec()];
  const key: KeyConfig = { algorithm: "ES256", privateKey };
  it.each<[string, unknown, string]>([
    ["an empty list", [], "keys"],
    ["text instead of a list", "keys.json", "keys"],
    ["a key without an algorithm", [{ privateKey }], "keys.0.algorithm"],
    ["an unknown algorithm", [{ algorithm: "none", privateKey }], "keys.0.algorithm"],
    ["an unknown option", [key, { ...key, keyId: "a" }], "keys.1.keyId"],
    ["an undefined option", [key, { ...key, retireAt: undefined }], "keys.1.retireAt"],
    ["a key without material", [{ algorithm: "ES256" }], "keys.0.privateKey"],
    ["a secret for ES256", [{ algorithm: "ES256", secret: SECRET }], "keys.0.secret"],
    ["a private key for HS256", [{ algorithm: "HS256", privateKey }], "keys.0.privateKey"],
    ["a short secret", [{ algorithm: "HS256", secret: "short" }], "keys.0.secret"],
    ["a key on another curve", [{ ...key, algorithm: "ES384" }], "keys.0.privateKey"],
    ["a public key that does not match", [{ ...key, publicKey: makePublic(other) }], "keys.0.publicKey"],
    ["a blank kid", [{ ...key, kid: "" }], "keys.0.kid"],
    ["the same kid twice", [{ ...key, kid: "a" }, es256("b"), { ...key, kid: "a" }], "keys.2.kid"],
    ["a signFrom that is not a number", [{ ...key, signFrom: "2030" }], "keys.0.signFrom"],
    ["a retireAt that is a Date", [{ ...key, retireAt: new Date() }], "keys.0.retireAt"],
    ["a retireAt that is not after signFrom", [{ ...key, signFrom: 10, retireAt: 10 }], "keys.0.retireAt"],
  ])("is rejected with an error that names the place: %s", (_, keys, configValue) => {
    expect(() => managerOf(keys as never)).toThrow(
      expect.objectContaining({ configValue, message: expect.stringContaining(configValue) }) as Error,
    );
  });

  it.each([
    ["algorithm", "ES256"],
    ["secret", SECRET],
    ["privateKey", privateKey],
    ["publicKey", makePublic(other)],
  ])("is rejected together with the option %s", (option, value) => {
    expect(() => managerOf([key], createTestClock(NOW), { [option]: value })).toThrow(
      expect.objectContaining({ configValue: option }) as Error,
    );
  });

  it("is rejected at ready and at every use for a key listed twice, or for a kid that cannot be computed", async () => {
    const twice = managerOf([key, key]);
    const secret = (await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
      "verify",
    ])) as never;
    const hidden = managerOf([{ algorithm: "HS256", secret }]);
    for (const [auth, configValue] of [
      [twice, "keys.1.kid"],
      [hidden, "keys.0.kid"],
    ] as const) {
      for (const use of [auth.ready(), auth.authToken("ada"), auth.jwks()])
        expect(await refusalOf(use)).toMatchObject({ name: "InvalidConfigError", configValue });
    }
    await managerOf([{ algorithm: "HS256", secret, kid: "hidden" }]).ready();
  });

  it("is rejected without an issuer", () => {
    expect(() => new AuthManager({ keys: [key] } as never)).toThrow(
      expect.objectContaining({ name: "MissingConfigError", configValue: "issuer" }) as Error,
    );
  });
});

it("a manager with a ring shows no key when it is logged or serialised", async () => {
  const secret = "a very secret text of thirty-two bytes";
  const auth = managerOf([{ kid: "a", algorithm: "HS256", secret: createSecretKey(secret, "utf8") }]);
  await auth.ready();
  const { inspect } = await import("node:util");
  for (const text of [inspect(auth, { depth: 20, showHidden: true }), JSON.stringify(auth)])
    expect(text).not.toContain("secret text");
});

function makePublic(privateKey: KeyObject): unknown {
  const { d: _, ...jwk } = privateKey.export({ format: "jwk" });
  return jwk;
}
