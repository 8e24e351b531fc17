/** Keys from a loader: reloads, outages, invalid results and the option `keyRefresh`. */
import { generateKeyPairSync } from "node:crypto";
import { AuthManager, type KeyConfig, type KeyRefreshConfig } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { describe, expect, it, vi } from "vitest";
import { ISSUER, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";

watchRejections();

const key = (kid: string, over: Partial<KeyConfig> = {}): KeyConfig => ({
  kid,
  algorithm: "ES256",
  privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  ...over,
});

/** A manager with a counting loader that returns `source.keys`, or fails with `source.error`. */
function setUp(keys: unknown, keyRefresh?: KeyRefreshConfig, cache: false | { max: number } = { max: 100 }) {
  const clock = createTestClock(NOW);
  const source = { keys, error: undefined as Error | undefined, loads: 0 };
  const load = async (): Promise<readonly KeyConfig[]> => {
    source.loads++;
    if (source.error) throw source.error;
    return source.keys as KeyConfig[];
  };
  const open = (): AuthManager =>
    new AuthManager({
      issuer: ISSUER,
      keys: load,
      ...(keyRefresh ? { keyRefresh } : {}),
      cache,
      now: clock.now,
    });
  return { clock, source, open, auth: open() };
}

describe("a loader of keys", () => {
  it("is first called when a key is needed, and once for concurrent uses", async () => {
    const { source, auth } = setUp([key("a")]);
    expect(source.loads).toBe(0);
    await Promise.all(Array.from({ length: 50 }, () => auth.authToken("ada")));
    expect(source.loads).toBe(1);
  });

  it("is called again after the interval, and tokens of a removed key are rejected, cached or in an open request", async () => {
    for (const cache of [false, { max: 10 }] as const) {
      const { clock, source, auth } = setUp([key("a")], undefined, cache);
      const token = await auth.authToken("ada");
      const request = auth.forRequest({ token });
      await request.require();
      source.keys = [key("b")];
      clock.advance(40);
      expect(await verdictOf(auth, token.signed)).toBe("allowed");
      clock.advance(20);
      expect(await verdictOf(auth, token.signed)).toBe("SIGNATURE_INVALID");
      expect(await refusalOf(request.require())).toMatchObject({ reason: "SIGNATURE_INVALID" });
      expect((await auth.authToken("ada")).header["kid"]).toBe("b");
    }
  });

  it("keeps tokens of an unchanged key valid, even if the key is a new object", async () => {
    const privateKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    const pem = () => [{ algorithm: "ES256", privateKey: privateKey.export({ format: "pem", type: "pkcs8" }) }];
    const { clock, source, auth } = setUp(pem());
    const request = auth.forRequest({ token: await auth.authToken("ada") });
    await request.require();
    for (let round = 0; round < 3; round++) {
      source.keys = pem();
      clock.advance(61);
      expect((await request.require()).sub).toBe("ada");
    }
    expect(source.loads).toBe(4);
  });

  it("is called once per cooldown for an unknown kid, so that a token of a newer key is accepted", async () => {
    const [a, b] = [key("a"), key("b")];
    const { clock, source, auth, open } = setUp([a]);
    await auth.ready();
    source.keys = [a, b];
    const token = (await open().authToken("ada")).signed;
    clock.advance(6);
    expect(await verdictOf(auth, token)).toBe("allowed");
    const { loads } = source;
    const strangers = setUp([key("x"), key("y")]).auth;
    for (let n = 0; n < 20; n++)
      expect(await verdictOf(auth, (await strangers.authToken(`ada${n}`)).signed)).toBe("SIGNATURE_INVALID");
    expect(source.loads).toBe(loads);
    clock.advance(6);
    await verdictOf(auth, (await strangers.authToken("ada")).signed);
    expect(source.loads).toBe(loads + 1);
  });

  it("that fails keeps the last keys for staleIfError, and then every use rejects with 503, never with 401", async () => {
    const { clock, source, auth } = setUp([key("a")], { staleIfError: 100 });
    const token = (await auth.authToken("ada", { maxAge: 10_000 })).signed;
    source.error = new Error("the database is down");
    clock.set(NOW + 159);
    expect(await verdictOf(auth, token)).toBe("allowed");
    expect((await auth.authToken("ada")).header["kid"]).toBe("a");
    clock.set(NOW + 160);
    expect(await verdictOf(auth, token)).toBe("KEYS_UNAVAILABLE");
    expect(await refusalOf(auth.forRequest({ token }).require())).toMatchObject({ name: "AuthError", status: 503 });
    expect(await refusalOf(auth.authToken("ada"))).toMatchObject({
      name: "JWKSClientError",
      reason: "KEYS_UNAVAILABLE",
    });
    expect(await refusalOf(auth.verifyToken(token))).toMatchObject({ name: "JWKSClientError", cause: source.error });
    source.error = undefined;
    clock.advance(5);
    expect(await verdictOf(auth, token)).toBe("allowed");
  });

  it("that fails from the start is called once per cooldown, and recovers without a restart", async () => {
    const { clock, source, auth, open } = setUp([key("a")]);
    const token = (await open().authToken("ada")).signed;
    source.error = new Error("down");
    source.loads = 0;
    for (let n = 0; n < 20; n++) expect(await verdictOf(auth, token)).toBe("KEYS_UNAVAILABLE");
    expect(source.loads).toBe(1);
    source.error = undefined;
    clock.advance(5);
    expect(await verdictOf(auth, token)).toBe("allowed");
  });

  it("that hangs is abandoned after the timeout", async () => {
    const auth = new AuthManager({ issuer: ISSUER, keys: () => new Promise(() => {}), keyRefresh: { timeout: 0.02 } });
    expect(await refusalOf(auth.authToken("ada"))).toMatchObject({ name: "JWKSClientError" });
  });

  it.each<[string, unknown, object]>([
    ["an object instead of a list", { keys: [] }, { name: "InvalidConfigError", configValue: "keys" }],
    ["an empty list", [], { name: "InvalidConfigError", configValue: "keys" }],
    [
      "a key without material",
      [key("a"), { algorithm: "ES256" }],
      { name: "MissingConfigError", configValue: "keys.1.privateKey" },
    ],
    ["the same kid twice", [key("a"), key("a")], { name: "InvalidConfigError", configValue: "keys.1.kid" }],
  ])("that returns %s fails at ready and at every use, and the previous keys stay valid", async (_, keys, error) => {
    const { clock, source, auth, open } = setUp(keys);
    expect(await refusalOf(auth.ready())).toMatchObject(error);
    expect(await refusalOf(auth.authToken("ada"))).toMatchObject({ name: "JWKSClientError" });

    source.keys = [key("good")];
    const other = open();
    const token = (await other.authToken("ada")).signed;
    source.keys = keys;
    clock.advance(61);
    expect(await verdictOf(other, token)).toBe("allowed");
  });

  it("is called before the interval ends, so that callers never wait under steady traffic", async () => {
    const { clock, source, auth } = setUp([key("a")]);
    await auth.ready();
    clock.advance(50);
    await auth.authToken("ada");
    await vi.waitFor(() => expect(source.loads).toBe(2));
    // Until the end of the load, which computes thumbprints on other threads.
    await new Promise((resolve) => setTimeout(resolve, 200));
    clock.advance(50);
    await auth.authToken("ada");
    await vi.waitFor(() => expect(source.loads).toBe(3));
  });

  it("cannot bring back a retired key", async () => {
    const { clock, auth } = setUp([key("a"), key("b")]);
    const token = (await auth.authToken("ada")).signed;
    await auth.retire("b");
    clock.advance(100);
    expect(await verdictOf(auth, token)).toBe("SIGNATURE_INVALID");
    expect((await auth.authToken("ada")).header["kid"]).toBe("a");
  });
});

describe("keyRefresh", () => {
  const keys = async (): Promise<KeyConfig[]> => [key("a")];
  it.each([
    ["keyRefresh.interval", { interval: 0 }],
    ["keyRefresh.timeout", { timeout: -1 }],
    ["keyRefresh.cooldown", { cooldown: "5" }],
    ["keyRefresh.staleIfError", { staleIfError: Number.POSITIVE_INFINITY }],
    ["keyRefresh.interval", { interval: undefined }],
    ["keyRefresh.lifespan", { lifespan: 5 }],
    ["keyRefresh", 5],
  ])("is rejected for an invalid %s", (configValue, keyRefresh) => {
    expect(() => new AuthManager({ issuer: ISSUER, keys, keyRefresh: keyRefresh as never })).toThrow(
      expect.objectContaining({ name: "InvalidConfigError", configValue }) as Error,
    );
  });

  it("is rejected without a key loader", () => {
    expect(() => new AuthManager({ issuer: ISSUER, keys: [key("a")], keyRefresh: {} })).toThrow(
      expect.objectContaining({ configValue: "keyRefresh" }) as Error,
    );
    expect(
      () => new AuthManager({ issuer: ISSUER, algorithm: "HS256", secret: "s".repeat(32), keyRefresh: {} as never }),
    ).toThrow(expect.objectContaining({ name: "MissingConfigError", configValue: "keys" }) as Error);
  });
});
