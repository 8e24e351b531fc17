/** Regressions of JWKs as other tools write them: null members, numbers of another length. */
import { generateKeyPairSync, type KeyPairKeyObjectResult } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthManager, type AuthManagerConfig, type KeyConfig, keysFromFile } from "claimgate";
import { type Algorithm, decode, encode, type JWK, SigningKey } from "claimgate/jwt";
import { afterEach, describe, expect, it, vi } from "vitest";
import { serveJson } from "../core/issuers/support.ts";
import { ISSUER, NOW } from "../support/create-auth.ts";
import { serveBoth } from "../support/serve-both.ts";
import { verdictOf } from "../support/verdict-of.ts";
import { withoutBuiltins } from "../support/without-builtins.ts";

afterEach(() => vi.restoreAllMocks());

// .NET and Java write all members of their classes, also those that a key does not have.
const MEMBERS = "alg use key_ops crv d dp dq k oth p q qi x x5c x5t x5u y".split(" ");
const NULLS = Object.fromEntries(MEMBERS.map((name) => [name, null]));
const NOT_KEYS: readonly (readonly [string, object])[] = [
  ["an empty d", { d: "" }],
  ["empty key_ops", { key_ops: [] }],
  ["an empty use", { use: "" }],
  ["an alg that is a number", { alg: 5 }],
];

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const rsaJwk = rsa.publicKey.export({ format: "jwk" }) as JWK;
const withNulls: JWK = { ...NULLS, ...rsaJwk };

type Config = Partial<AuthManagerConfig>;
const manager = (config: Config): AuthManager =>
  new AuthManager({ issuer: ISSUER, now: () => NOW, ...config } as AuthManagerConfig);
const signer = (pair: KeyPairKeyObjectResult, algorithm: Algorithm): AuthManager =>
  manager({ algorithm, privateKey: pair.privateKey } as Config);

/** A manager that trusts `ISSUER`, with the keys at a URL or in the entry. */
function trusting(keys: { jwksUri: string } | { jwks: { keys: JWK[] } }, algorithm: Algorithm = "RS256"): AuthManager {
  const entry = { issuer: ISSUER, audience: null, algorithms: [algorithm], typ: "JWT", require: { type: "auth" } };
  return new AuthManager({ trust: [{ ...entry, ...keys }], now: () => NOW });
}

describe("a member of a JWK that is null counts as absent", () => {
  it("in a fetched set, on both transports", async () => {
    const { signed } = await signer(rsa, "RS256").authToken("ada");
    const server = await serveJson({ "/jwks": { keys: [{ ...withNulls, kid: null }] } });
    const both = await serveBoth(trusting({ jwksUri: `${server.url}/jwks` }));
    expect((await both.ask({ headers: { authorization: `Bearer ${signed}` } })).verdict).toBe("ada");
    expect(new SigningKey(withNulls).jwk).toEqual(rsaJwk);
  });

  it.each(NOT_KEYS)("and other values do not: a fetched set with %s has no key", async (_, members) => {
    const { signed } = await signer(rsa, "RS256").authToken("ada");
    const server = await serveJson({ "/jwks": { keys: [{ ...rsaJwk, ...members }] } });
    const both = await serveBoth(trusting({ jwksUri: `${server.url}/jwks` }));
    const answer = await both.ask({ headers: { authorization: `Bearer ${signed}` } });
    expect(answer).toMatchObject({ verdict: "KEYS_UNAVAILABLE", status: 503 });
  });

  it("in a set of the configuration, which rejects private members", async () => {
    const { signed } = await signer(rsa, "RS256").authToken("ada");
    expect(await verdictOf(trusting({ jwks: { keys: [withNulls] } }), signed)).toBe("allowed");
    const jwks = { keys: [rsa.privateKey.export({ format: "jwk" }) as JWK] };
    expect(() => trusting({ jwks })).toThrow(/trust\.0\.jwks\.keys\.0.*must be a public key/);
  });

  it("in publicKey, privateKey and secret, and in a ring", async () => {
    const privateJwk = { ...NULLS, ...rsa.privateKey.export({ format: "jwk" }) } as unknown as JWK;
    const secret = { ...NULLS, kty: "oct", k: "A".repeat(43) } as unknown as JWK;
    const { signed } = await manager({ algorithm: "RS256", privateKey: privateJwk }).authToken("ada");
    const verifier = manager({ algorithm: "RS256", publicKey: withNulls });
    expect(await verdictOf(verifier, signed)).toBe("allowed");
    const ring: KeyConfig[] = [{ algorithm: "RS256", publicKey: withNulls }];
    expect(await verdictOf(manager({ keys: ring }), signed)).toBe("allowed");
    const hmac = manager({ algorithm: "HS256", secret });
    expect(await verdictOf(hmac, (await hmac.authToken("ada")).signed)).toBe("allowed");
  });

  it("in decode, and in a file of keys, where a key with a null d only verifies", async () => {
    const { signed } = await signer(rsa, "RS256").authToken("ada");
    const token = await encode({ sub: "ada" }, rsa.privateKey, { algorithm: "RS256" });
    expect(await decode(token, withNulls, { algorithms: ["RS256"] })).toEqual({ sub: "ada" });
    const folder = mkdtempSync(join(tmpdir(), "claimgate-nulls-"));
    writeFileSync(join(folder, "keys.json"), JSON.stringify({ keys: [{ ...withNulls, alg: "RS256", kid: null }] }));
    const verifier = manager({ keys: keysFromFile(join(folder, "keys.json")) });
    expect(await verdictOf(verifier, signed)).toBe("allowed");
    await expect(verifier.authToken("ada")).rejects.toThrow(/no key that may sign/);
    rmSync(folder, { recursive: true });
  });
});

const zeros = (text: string): string =>
  Buffer.concat([Buffer.of(0), Buffer.from(text, "base64url")]).toString("base64url");
const stripped = (text: string): string => {
  const bytes = Buffer.from(text, "base64url");
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0)).toString("base64url");
};
const mapped = (jwk: JWK, names: readonly (keyof JWK)[], write: (text: string) => string): JWK => ({
  ...jwk,
  ...Object.fromEntries(
    names.filter((name) => jwk[name] !== undefined).map((name) => [name, write(jwk[name] as string)]),
  ),
});

/** A pair whose public point begins with a zero byte. */
function pairWithZero(namedCurve: string): KeyPairKeyObjectResult {
  for (;;) {
    const pair = generateKeyPairSync("ec", { namedCurve });
    const { x, y } = pair.publicKey.export({ format: "jwk" }) as { x: string; y: string };
    if (stripped(x) !== x || stripped(y) !== y) return pair;
  }
}

const SPELLINGS: readonly (readonly [string, Algorithm, KeyPairKeyObjectResult, (jwk: JWK) => JWK])[] = [
  ["P-256 without leading zeros", "ES256", pairWithZero("P-256"), (jwk) => mapped(jwk, ["x", "y", "d"], stripped)],
  ["P-521 without leading zeros", "ES512", pairWithZero("P-521"), (jwk) => mapped(jwk, ["x", "y", "d"], stripped)],
  ["P-384 with a zero too many", "ES384", pairWithZero("P-384"), (jwk) => mapped(jwk, ["x", "y", "d"], zeros)],
  ["RSA with a leading zero", "RS256", rsa, (jwk) => mapped(jwk, ["n", "e", "d", "p", "q", "dp", "dq", "qi"], zeros)],
];

describe.each(SPELLINGS)("a JWK of %s", (_, algorithm, pair, spell) => {
  const publicJwk = pair.publicKey.export({ format: "jwk" }) as JWK;
  const privateJwk = pair.privateKey.export({ format: "jwk" }) as JWK;
  const spelled = spell(publicJwk);

  it("is the same key: same pair, same kid, same published members", async () => {
    expect(spelled).not.toEqual(publicJwk);
    const signing = manager({ keys: [{ algorithm, privateKey: pair.privateKey }] });
    const { signed } = await signing.authToken("ada");
    const verifying = manager({ keys: [{ algorithm, publicKey: spelled }] });
    expect(await verdictOf(verifying, signed)).toBe("allowed");
    expect(await verifying.jwks()).toEqual(await signing.jwks());
    await manager({ algorithm, privateKey: pair.privateKey, publicKey: spelled } as Config).ready();
    const own = manager({ algorithm, privateKey: spell(privateJwk) } as Config);
    expect(await verdictOf(verifying, (await own.authToken("ada")).signed)).toBe("allowed");
  });

  it("reaches WebCrypto as browsers accept it", async () => {
    const imports = vi.spyOn(crypto.subtle, "importKey");
    const { signed } = await signer(pair, algorithm).authToken("ada");
    const auth = withoutBuiltins(() => trusting({ jwks: { keys: [spelled] } }, algorithm));
    expect(await withoutBuiltins(() => verdictOf(auth, signed))).toBe("allowed");
    const { x, y, n, e } = publicJwk;
    const members = [{ x, y, n, e }].map((key) => JSON.parse(JSON.stringify(key)) as object);
    expect(imports.mock.calls.map(([, key]) => key)).toEqual(members.map((key) => expect.objectContaining(key)));
  });
});

it("a JWK with a coordinate that is too long for its curve is rejected", () => {
  const { x, ...rest } = pairWithZero("P-256").publicKey.export({ format: "jwk" }) as JWK;
  const long = {
    ...rest,
    x: Buffer.concat([Buffer.of(1), Buffer.from(x as string, "base64url")]).toString("base64url"),
  };
  expect(() => manager({ algorithm: "ES256", publicKey: long })).toThrow(/publicKey.*not hold a usable/);
});
