/** Regressions of the key ring. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { AuthManager, type AuthManagerConfig, type KeyConfig, keysFromFile } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startServer } from "../../examples/server/server.ts";
import { ISSUER, NOW } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { verdictOf } from "../support/verdict-of.ts";
import { watchRejections } from "../support/watch-rejections.ts";
import { watchVerifications } from "../support/watch-verifications.ts";

watchRejections();

const ec = (namedCurve = "P-256"): KeyObject => generateKeyPairSync("ec", { namedCurve }).privateKey;
const key = (kid: string, over: Partial<KeyConfig> = {}): KeyConfig => ({
  kid,
  algorithm: "ES256",
  privateKey: ec(),
  ...over,
});
const open = (keys: AuthManagerConfig["keys"], over: object = {}): AuthManager =>
  new AuthManager({ issuer: ISSUER, keys: keys ?? [], now: () => NOW, ...over });
const hiddenSecret = async (): Promise<never> =>
  (await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"])) as never;

describe("retire", () => {
  it("rejects a token whose signature check was pending when its key retired", async () => {
    // The signatures of ES384 are computed on other threads.
    const slow = (): Partial<KeyConfig> => ({ algorithm: "ES384", privateKey: ec("P-384") });
    for (let steps = 0; steps < 10; steps++) {
      const auth = open([key("a", slow()), key("b", slow())], { cache: false });
      const token = (await auth.authToken("ada")).signed;
      const verdict = verdictOf(auth, token);
      for (let step = 0; step < steps; step++) await Promise.resolve();
      await auth.retire("b");
      expect(await verdict).toBe("SIGNATURE_INVALID");
    }
  });

  it("does not bring back a key that the loader has dropped when it is called again", async () => {
    const clock = createTestClock(NOW);
    const both = [key("a"), key("b")] as const;
    let keys: readonly KeyConfig[] = both;
    const auth = open(async () => keys, { now: clock.now });
    const token = (await auth.authToken("ada")).signed;
    await auth.retire("b");
    keys = [both[0]];
    clock.advance(100);
    expect(await refusalOf(auth.retire("b"))).toBeInstanceOf(TypeError);
    keys = both;
    clock.advance(100);
    expect(await verdictOf(auth, token)).toBe("SIGNATURE_INVALID");
    expect((await auth.authToken("ada")).header["kid"]).toBe("a");
  });

  it("applies to a key that the process had not loaded yet", async () => {
    const clock = createTestClock(NOW);
    const [a, b] = [key("a"), key("b")];
    let keys = [a];
    const auth = open(async () => keys, { now: clock.now });
    await auth.ready();
    const token = (await open([b]).authToken("ada")).signed;
    expect(await refusalOf(auth.retire("b"))).toBeInstanceOf(TypeError);
    keys = [a, b];
    clock.advance(100);
    expect(await verdictOf(auth, token)).toBe("SIGNATURE_INVALID");
  });

  it("rejects an empty kid, and does not stop a key without kid", async () => {
    const auth = new AuthManager({ issuer: ISSUER, algorithm: "HS256", secret: await hiddenSecret() });
    const refused = refusalOf(auth.retire(""));
    expect((await auth.authToken("ada")).sub).toBe("ada");
    expect(await refused).toBeInstanceOf(TypeError);
    expect((await auth.authToken("ada")).sub).toBe("ada");
  });
});

describe("a key of a ring", () => {
  it("signs as given, even if its bytes or its JWK are wiped afterwards", async () => {
    const bytes = new Uint8Array(32).fill(5);
    const jwk = { kty: "oct", k: Buffer.alloc(32, 6).toString("base64url") };
    for (const [secret, wipe] of [
      [bytes, () => bytes.fill(0)],
      [jwk, () => Object.assign(jwk, { k: Buffer.alloc(32).toString("base64url") })],
    ] as const) {
      const auth = open([{ algorithm: "HS256", secret }]);
      wipe();
      await auth.ready();
      expect(await auth.verifyToken(await auth.authToken("ada"))).toBe(true);
    }
  });

  it("signs with the newly loaded private half when the public half is unchanged", async () => {
    const makePair = async (): Promise<{ privateKey: never; publicKey: never }> =>
      (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"])) as never;
    const [pair, other] = [await makePair(), await makePair()];
    const clock = createTestClock(NOW);
    let { privateKey } = other;
    const auth = open(async () => [{ kid: "a", algorithm: "ES256" as const, privateKey, publicKey: pair.publicKey }], {
      now: clock.now,
    });
    expect(await refusalOf(auth.ready())).toMatchObject({ configValue: "keys.0.publicKey" });
    privateKey = pair.privateKey;
    clock.advance(100);
    await auth.ready();
    expect(await auth.verifyToken(await auth.authToken("ada"))).toBe(true);
  });

  it("without a computable thumbprint throws an InvalidConfigError that names its place", async () => {
    const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });
    const keys: KeyConfig[] = [{ algorithm: "RS256", privateKey: { ...privateKey, e: "" } }];
    for (const use of [() => open(keys), () => open(async () => keys).ready()])
      expect(await refusalOf(use)).toMatchObject({ name: "InvalidConfigError", configValue: "keys.0.privateKey" });
  });
});

describe("a key loader", () => {
  it("keeps nothing of its earlier keys in memory", async () => {
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const pem = ec().export({ format: "pem", type: "pkcs8" });
    const clock = createTestClock(NOW);
    const given: WeakRef<KeyObject>[] = [];
    const load = async (): Promise<KeyConfig[]> => {
      const privateKey = createPrivateKey(pem);
      given.push(new WeakRef(privateKey));
      return [{ kid: "a", algorithm: "ES256", privateKey }];
    };
    const auth = open(load, { now: clock.now, cache: false });
    for (let round = 0; round < 20; round++) {
      await auth.authToken("ada");
      clock.advance(100);
    }
    await vi.waitFor(() => {
      collectGarbage();
      expect(given.filter((one) => one.deref()).length).toBeLessThan(5);
    });
  });
});

describe("an open request whose key was loaded again as a new object", () => {
  afterEach(() => vi.restoreAllMocks());

  it("checks its signature once more, and keeps its token", async () => {
    const clock = createTestClock(NOW);
    const secret = await hiddenSecret();
    const auth = open(async () => [{ kid: "a", algorithm: "HS256" as const, secret }], { now: clock.now });
    const request = auth.forRequest({ token: await auth.authToken("ada") });
    await request.require();
    clock.advance(100);
    const verify = watchVerifications();
    for (let use = 0; use < 5; use++) await request.require();
    expect(verify).toHaveBeenCalledTimes(1);
    expect(request.token?.sub).toBe("ada");
  });

  it("keeps the rights that authorize returned", async () => {
    const clock = createTestClock(NOW);
    const secret = await hiddenSecret();
    const auth = open(async () => [{ kid: "a", algorithm: "HS256" as const, secret }], {
      now: clock.now,
      authorize: () => ({ scope: "all" }),
      authorizeAt: "request",
    });
    const request = auth.forRequest({ token: await auth.authToken("ada") });
    await request.require();
    clock.advance(100);
    await request.require();
    expect(request.token?.scope).toBe("all");
  });

  it("is not verified repeatedly when one of two matching keys has retired", async () => {
    const clock = createTestClock(NOW);
    const privateKey = ec();
    const token = await new AuthManager({ issuer: ISSUER, algorithm: "ES256", privateKey, now: clock.now }).authToken(
      "ada",
    );
    const auth = open([key("a", { privateKey, retireAt: NOW + 10 }), key("b", { privateKey })], { now: clock.now });
    const request = auth.forRequest({ token });
    const seen = await request.require();
    expect(request["~gate"].tokens().expiresInMs([seen])).toBe(10_000);
    clock.advance(10);
    await request.require();
    expect(request["~gate"].tokens().expiresInMs([seen])).toBe((seen.exp - clock.now()) * 1000);
  });
});

describe("an option of a manager", () => {
  const trust = [
    { issuer: "https://a.example", jwksUri: "https://a.example/jwks", audience: null, algorithms: ["ES256" as const] },
  ];
  it.each([
    ["audience", "https://api.example"],
    ["authMaxAge", 60],
    ["refreshMaxAge", 60],
    ["maxTokenAge", 60],
    ["allowWeakSecret", true],
  ])("is rejected without own tokens: %s", (option, value) => {
    expect(() => new AuthManager({ trust, [option]: value })).toThrow(
      expect.objectContaining({ name: "InvalidConfigError", configValue: option }) as Error,
    );
    const own = { issuer: ISSUER, keys: [key("a")] };
    expect(() => new AuthManager({ ...own, [option]: value })).not.toThrow();
  });

  it.each(["signFrom", "retireAt"])("is rejected in milliseconds: %s", (time) => {
    expect(() => open([key("a", { [time]: NOW * 1000 })])).toThrow(
      expect.objectContaining({ configValue: `keys.0.${time}` }) as Error,
    );
  });
});

it("the example server does not start with unavailable keys", { timeout: 60_000 }, async () => {
  const keys = keysFromFile("no/such/keys.json");
  expect(await refusalOf(startServer({ port: 0, keys }))).toMatchObject({
    name: "InvalidConfigError",
    configValue: "keys",
  });
});
