/** A signature is valid only at the length of its algorithm and key (RFC 8017, section 8.1.2). */
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { AuthManager, type AuthManagerConfig } from "claimgate";
import { type Algorithm, decode, encode, JWKSClient } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { ISSUER, NOW } from "../support/create-auth.ts";
import { base64url, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";

const secret = Buffer.alloc(64, "s");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
// 2,056 bits are 257 bytes, which is not a power of two.
const oddRsa = generateKeyPairSync("rsa", { modulusLength: 2056 });
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve });
const ed = generateKeyPairSync("ed25519");
type Pair = { readonly privateKey: KeyObject; readonly publicKey: KeyObject };

const KEYS: readonly (readonly [algorithm: Algorithm, bytes: number, key: Pair | Buffer])[] = [
  ["HS256", 32, secret],
  ["HS384", 48, secret],
  ["HS512", 64, secret],
  ...(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const).flatMap(
    (algorithm) =>
      [
        [algorithm, 256, rsa],
        [algorithm, 257, oddRsa],
      ] as const,
  ),
  ["ES256", 64, ec("P-256")],
  ["ES384", 96, ec("P-384")],
  ["ES512", 132, ec("P-521")],
  ["EdDSA", 64, ed],
  ["Ed25519", 64, ed],
];

const halves = (key: Pair | Buffer) =>
  Buffer.isBuffer(key) ? { signing: key, verifying: key } : { signing: key.privateKey, verifying: key.publicKey };

/** The token with changed signature bytes. */
function withSignature(token: string, change: (signature: Buffer) => Buffer): string {
  const at = token.lastIndexOf(".") + 1;
  return `${token.slice(0, at)}${change(Buffer.from(token.slice(at), "base64url")).toString("base64url")}`;
}

const CHANGES: readonly (readonly [change: string, of: (signature: Buffer) => Buffer])[] = [
  ["without its first byte", (signature) => signature.subarray(1)],
  ["without its last byte", (signature) => signature.subarray(0, -1)],
  ["with a zero byte in front", (signature) => Buffer.concat([Buffer.alloc(1), signature])],
  ["with a zero byte at the end", (signature) => Buffer.concat([signature, Buffer.alloc(1)])],
  ["twice", (signature) => Buffer.concat([signature, signature])],
  ["without any byte", () => Buffer.alloc(0)],
];

describe.each(KEYS)("a signature of %s, %i bytes", (algorithm, bytes, key) => {
  const { signing, verifying } = halves(key);

  it("is accepted at its exact length only", async () => {
    const token = await encode(goodClaims(), signing, { algorithm });
    const options = { algorithms: [algorithm], now: NOW };
    expect(Buffer.from(token.split(".")[2] ?? "", "base64url")).toHaveLength(bytes);
    expect((await decode(token, verifying, options))["sub"]).toBe("ada");
    const keys = Buffer.isBuffer(key) ? { secret: key } : { publicKey: key.publicKey };
    const auth = new AuthManager({ issuer: ISSUER, algorithm, ...keys, now: () => NOW } as AuthManagerConfig);
    expect((await auth.verify(token)).sub).toBe("ada");
    for (const [change, of] of CHANGES) {
      const changed = withSignature(token, of);
      for (const verified of [decode(changed, verifying, options), auth.verify(changed)])
        expect([change, await refusalOf(verified)]).toMatchObject([change, { reason: "SIGNATURE_INVALID" }]);
    }
  });
});

describe.each(["PS256", "PS384", "PS512"] as const)("a %s signature whose first byte is zero", (algorithm) => {
  const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const hash = algorithm.replace("PS", "sha");

  /** A token whose signature OpenSSL accepts without the leading zero byte. */
  function tokenWithZero(): string {
    for (let n = 0; ; n++) {
      const payload = base64url(JSON.stringify(goodClaims({ n })));
      const input = `${base64url(JSON.stringify({ alg: algorithm, kid: "k1" }))}.${payload}`;
      const signature = sign(hash, Buffer.from(input), { key: rsa.privateKey, ...padding });
      if (signature[0] !== 0) continue;
      expect(verify(hash, Buffer.from(input), { key: rsa.publicKey, ...padding }, signature.subarray(1))).toBe(true);
      return `${input}.${signature.toString("base64url")}`;
    }
  }

  it("is accepted complete and rejected without that byte, by decode, a manager, a ring and a fetched set", async () => {
    const token = tokenWithZero();
    const short = withSignature(token, (signature) => signature.subarray(1));
    const { publicKey } = rsa;
    const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", alg: algorithm, use: "sig" };
    const other = { ...oddRsa.publicKey.export({ format: "jwk" }), kid: "k1", alg: algorithm, use: "sig" };
    const fetchKeys = async () => new Response(JSON.stringify({ keys: [other, jwk] }));
    const client = new JWKSClient("https://issuer.example/jwks", { fetch: fetchKeys });
    const single = new AuthManager({ issuer: ISSUER, algorithm, publicKey, now: () => NOW });
    const keys = [{ algorithm, publicKey, kid: "k1" } as const];
    const ring = new AuthManager({ issuer: ISSUER, keys, now: () => NOW });
    const trust = new AuthManager({
      trust: [
        {
          issuer: ISSUER,
          jwksUri: "https://issuer.example/jwks",
          fetch: fetchKeys,
          audience: null,
          require: { type: "auth" },
          typ: null,
          algorithms: [algorithm],
        },
      ],
      now: () => NOW,
    });
    const verifiers: ((text: string) => Promise<unknown>)[] = [
      (text) => decode(text, publicKey, { algorithms: [algorithm], now: NOW }),
      (text) => single.verify(text),
      (text) => ring.verify(text),
      (text) => trust.verify(text),
      (text) => client.getSigningKeyFromJwt(text),
    ];
    for (const verifies of verifiers) {
      await expect(verifies(token)).resolves.toBeDefined();
      await expect(verifies(short)).rejects.toMatchObject({ reason: "SIGNATURE_INVALID" });
    }
  });
});

it("an HMAC is compared at its full length", async () => {
  const input = `${base64url('{"alg":"HS256"}')}.${base64url(JSON.stringify(goodClaims()))}`;
  const full = createHmac("sha256", secret).update(input).digest();
  for (const length of [0, 1, 16, 31])
    await expect(
      decode(`${input}.${full.subarray(0, length).toString("base64url")}`, secret, { algorithms: ["HS256"], now: NOW }),
    ).rejects.toMatchObject({ reason: "SIGNATURE_INVALID" });
});
