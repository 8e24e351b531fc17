/** Keys that do not fit the algorithm: an `InvalidKeyError` without information about the token. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { type Algorithm, decode, encode, InvalidTokenError, type KeyInput } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { CERTIFICATE, makePair, toCryptoKey } from "./key-kinds.ts";

const rsa = makePair("RSA");
const shortRsa = makePair("RSA", 1024);
const p256 = makePair("P-256");
const p384 = makePair("P-384");
const ed25519 = makePair("Ed25519");
const x25519 = generateKeyPairSync("x25519");
const token = await encode({ sub: "ada" }, p256.privateKey, { algorithm: "ES256" });

const pem = (key: KeyObject): string =>
  key.export({ format: "pem", type: key.type === "private" ? "pkcs8" : "spki" } as never) as unknown as string;
const jwk = (key: KeyObject, over: object = {}): KeyInput => ({ ...key.export({ format: "jwk" }), ...over });
const encrypted = (type: "pkcs8" | "pkcs1"): string =>
  rsa.privateKey.export({ format: "pem", type, cipher: "aes-256-cbc", passphrase: "x" } as never) as unknown as string;

/** The key with zeros before its modulus, so that the text has the length of a valid modulus. */
const paddedModulus = (key: KeyObject): KeyInput => {
  const { n } = key.export({ format: "jwk" });
  return jwk(key, { n: Buffer.concat([Buffer.alloc(128), Buffer.from(n ?? "", "base64url")]).toString("base64url") });
};

const CANNOT_SIGN: ReadonlyArray<
  readonly [what: string, algorithm: Algorithm, key: () => KeyInput | Promise<KeyInput>]
> = [
  ["an RSA key of 1024 bits in PEM", "RS256", () => pem(shortRsa.privateKey)],
  ["an RSA key of 1024 bits in a JWK", "PS256", () => jwk(shortRsa.privateKey)],
  ["an RSA key of 1024 bits with leading zeros", "RS256", () => paddedModulus(shortRsa.privateKey)],
  ["an RSA key of 1024 bits in a CryptoKey", "RS256", () => toCryptoKey(shortRsa.privateKey, "RS256")],
  ["an RSA key of 1024 bits in a KeyObject", "RS256", () => shortRsa.privateKey],
  ["a key on another curve in PEM", "ES256", () => pem(p384.privateKey)],
  ["a key on another curve in a CryptoKey", "ES256", () => toCryptoKey(p384.privateKey, "ES384")],
  ["a key on another curve in a JWK", "ES384", () => jwk(p256.privateKey)],
  ["an EC key for an RSA algorithm", "RS256", () => p256.privateKey],
  ["an RSA key for an EC algorithm", "ES256", () => rsa.privateKey],
  ["an Ed25519 key for an EC algorithm", "ES256", () => ed25519.privateKey],
  ["an X25519 key for EdDSA", "EdDSA", () => x25519.privateKey],
  ["a CryptoKey for PKCS1 with a PSS algorithm", "PS256", () => toCryptoKey(rsa.privateKey, "RS256")],
  ["a CryptoKey for another hash", "RS256", () => toCryptoKey(rsa.privateKey, "RS512")],
  ["a public PEM", "ES256", () => pem(p256.publicKey)],
  ["a certificate", "ES256", () => CERTIFICATE],
  ["a public JWK", "ES256", () => jwk(p256.publicKey)],
  ["a public CryptoKey", "ES256", () => toCryptoKey(p256.publicKey, "ES256")],
  ["a public KeyObject", "ES256", () => p256.publicKey],
  ["an encrypted PKCS8 PEM", "RS256", () => encrypted("pkcs8")],
  ["an encrypted PKCS1 PEM", "RS256", () => encrypted("pkcs1")],
  ["a PEM without a key", "ES256", () => "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"],
  ["text that is not PEM", "ES256", () => "secret"],
  ["the JSON of a JWK", "ES256", () => JSON.stringify(jwk(p256.privateKey))],
  ["a JWK of another algorithm", "ES256", () => jwk(p256.privateKey, { alg: "ES384" })],
  ["a JWK for encryption", "ES256", () => jwk(p256.privateKey, { use: "enc" })],
  ["a JWK that may only verify", "ES256", () => jwk(p256.privateKey, { key_ops: ["verify"] })],
  ["a JWK with invalid members", "ES256", () => ({ kty: "EC", crv: "P-256", x: "AA", y: "AA", d: "AA" })],
  ["an oct JWK", "ES256", () => ({ kty: "oct", k: "a".repeat(43) })],
  ["null", "ES256", () => null as unknown as KeyInput],
  ["a number", "ES256", () => 5 as unknown as KeyInput],
];

const CANNOT_VERIFY: ReadonlyArray<readonly [what: string, key: () => KeyInput | Promise<KeyInput>]> = [
  ["a private PEM", () => pem(p256.privateKey)],
  ["a private JWK", () => jwk(p256.privateKey)],
  ["a private CryptoKey", () => toCryptoKey(p256.privateKey, "ES256")],
  ["a private KeyObject", () => p256.privateKey],
  ["a key on another curve", () => p384.publicKey],
  ["a key of another type", () => rsa.publicKey],
  ["a JWK of another algorithm", () => jwk(p256.publicKey, { alg: "ES384" })],
  ["a JWK for encryption", () => jwk(p256.publicKey, { use: "enc" })],
  ["a JWK that may only sign", () => jwk(p256.publicKey, { key_ops: ["sign"] })],
  ["text that is not PEM", () => "secret"],
];

describe("encode", () => {
  it.each(CANNOT_SIGN)("rejects %s (%s)", async (_, algorithm, key) => {
    await expectInvalidKey(encode({ sub: "ada" }, await key(), { algorithm }));
  });

  it("accepts the same keys when they fit the algorithm", async () => {
    for (const [algorithm, key] of [
      ["RS256", rsa.privateKey],
      ["RS512", await toCryptoKey(rsa.privateKey, "RS512")],
      ["ES256", jwk(p256.privateKey, { alg: "ES256", use: "sig", key_ops: ["sign"] })],
      ["ES384", p384.privateKey],
      ["EdDSA", ed25519.privateKey],
    ] as const) {
      expect(await encode({ sub: "ada" }, key, { algorithm })).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    }
  });
});

describe("decode", () => {
  it.each(CANNOT_VERIFY)("rejects %s", async (_, key) => {
    await expectInvalidKey(decode(token, await key(), { algorithms: ["ES256"] }));
  });

  it("rejects an RSA key of 1024 bits", async () => {
    const forRsa = await encode({ sub: "ada" }, rsa.privateKey, { algorithm: "RS256" });
    await expectInvalidKey(decode(forRsa, shortRsa.publicKey, { algorithms: ["RS256"] }));
    await expectInvalidKey(decode(forRsa, paddedModulus(shortRsa.publicKey), { algorithms: ["RS256"] }));
    expect(await decode(forRsa, rsa.publicKey, { algorithms: ["RS256"] })).toEqual({ sub: "ada" });
  });

  it("accepts the key that fits", async () => {
    const key = jwk(p256.publicKey, { alg: "ES256", use: "sig", key_ops: ["verify"] });
    expect(await decode(token, key, { algorithms: ["ES256"] })).toEqual({ sub: "ada" });
  });

  it("rejects a missing key with a TypeError", async () => {
    await expect(decode(token, undefined, { algorithms: ["ES256"] })).rejects.toBeInstanceOf(TypeError);
  });
});

async function expectInvalidKey(work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "InvalidKeyError" });
  expect(error).not.toBeInstanceOf(InvalidTokenError);
  expect(error).not.toHaveProperty("reason");
}
