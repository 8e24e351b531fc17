/** Round trips of tokens: every algorithm with every kind of key that signs and verifies. */
import { createPrivateKey } from "node:crypto";
import { ALGORITHMS, type Algorithm, decode, decodeComplete, encode, getUnverifiedHeader } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { base64url } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import {
  CERTIFICATE,
  CERTIFIED_PRIVATE_KEY,
  CURVES,
  EDWARDS_ALGORITHMS,
  HMAC_ALGORITHMS,
  importHmac,
  isEdwards,
  type KeyPair,
  makePair,
  olderKinds,
  pairKinds,
  RSA_ALGORITHMS,
  secretKinds,
} from "./keys/key-kinds.ts";

const CLAIMS = { sub: "ada", text: "grüße ✓", nested: { list: [1, null, true, { a: 1.5 }] } };
const rsa = makePair("RSA");

const PAIRS: ReadonlyArray<readonly [Algorithm, KeyPair]> = [
  ...RSA_ALGORITHMS.map((algorithm) => [algorithm, rsa] as const),
  ...(Object.entries(CURVES) as [keyof typeof CURVES, "P-256" | "P-384" | "P-521"][]).map(
    ([algorithm, curve]) => [algorithm, makePair(curve)] as const,
  ),
  ...EDWARDS_ALGORITHMS.map((algorithm) => [algorithm, makePair("Ed25519")] as const),
];

describe("a round trip of every algorithm", () => {
  it("is part of this suite", () => {
    expect(new Set([...HMAC_ALGORITHMS, ...PAIRS.map(([algorithm]) => algorithm)])).toEqual(new Set(ALGORITHMS));
  });

  it.each(
    HMAC_ALGORITHMS,
  )("%s verifies with every kind of secret a token signed with any other kind", async (algorithm) => {
    const kinds = await secretKinds(algorithm);
    for (const [, signing] of kinds) {
      const token = await encode(CLAIMS, signing, { algorithm });
      expect(getUnverifiedHeader(token)).toEqual({ alg: algorithm, typ: "JWT" });
      for (const [kind, verifying] of kinds) {
        expect([kind, await decode(token, verifying, { algorithms: [algorithm] })]).toEqual([kind, CLAIMS]);
      }
    }
  });

  it.each(
    PAIRS,
  )("%s signs with every kind of private key, and verifies with every kind of public key", async (algorithm, pair) => {
    const kinds = await pairKinds(pair, algorithm);
    const tokens = await Promise.all(kinds.sign.map(([, key]) => encode(CLAIMS, key, { algorithm })));
    for (const token of tokens) {
      expect(getUnverifiedHeader(token)).toEqual({ alg: algorithm, typ: "JWT" });
      for (const [kind, key] of kinds.verify) {
        expect([kind, await decode(token, key, { algorithms: [algorithm] })]).toEqual([kind, CLAIMS]);
      }
    }
  });

  it.each(
    PAIRS.filter(([algorithm]) => !isEdwards(algorithm)),
  )("%s signs and verifies with the older forms of PEM, with node:crypto", async (algorithm, pair) => {
    const kinds = olderKinds(pair);
    for (const [kind, signing] of kinds.sign) {
      const token = await encode(CLAIMS, signing, { algorithm });
      for (const [, verifying] of [...kinds.verify, ["KeyObject", pair.publicKey] as const])
        expect([kind, await decode(token, verifying, { algorithms: [algorithm] })]).toEqual([kind, CLAIMS]);
    }
  });

  it.each(PAIRS)("%s rejects the signature of another key and a changed payload", async (algorithm, pair) => {
    const other = makePairLike(algorithm);
    const token = await encode(CLAIMS, pair.privateKey, { algorithm });
    const [header, , signature] = token.split(".");
    const changed = `${header}.${base64url(JSON.stringify({ ...CLAIMS, sub: "eve" }))}.${signature}`;
    for (const [text, key] of [
      [token, other.publicKey],
      [changed, pair.publicKey],
    ] as const) {
      expect(await refusalOf(decode(text, key, { algorithms: [algorithm] }))).toMatchObject({
        name: "InvalidSignatureError",
        reason: "SIGNATURE_INVALID",
      });
    }
    expect(await decode(token, pair.publicKey, { algorithms: [algorithm] })).toEqual(CLAIMS);
  });
});

describe("keys from other tools", () => {
  it("verify as an X.509 certificate, in PEM and in bytes", async () => {
    const token = await encode(CLAIMS, createPrivateKey(CERTIFIED_PRIVATE_KEY), { algorithm: "ES256" });
    for (const certificate of [CERTIFICATE, new TextEncoder().encode(CERTIFICATE)]) {
      expect(await decode(token, certificate, { algorithms: ["ES256"] })).toEqual(CLAIMS);
    }
  });

  it("sign as a SEC1 key after its parameters, the output of openssl ecparam, with node:crypto", async () => {
    const key = CERTIFIED_PRIVATE_KEY.slice(CERTIFIED_PRIVATE_KEY.indexOf("-----BEGIN EC PRIVATE KEY"));
    for (const text of [CERTIFIED_PRIVATE_KEY, key]) {
      const token = await encode(CLAIMS, text, { algorithm: "ES256" });
      expect(await decode(token, CERTIFICATE, { algorithms: ["ES256"] })).toEqual(CLAIMS);
    }
  });

  it("sign and verify as a JWK that names its algorithm, use and operation", async () => {
    const pair = makePair("Ed25519");
    const own = { kid: "k1", use: "sig" };
    for (const alg of ["EdDSA", "Ed25519"]) {
      const signing = { ...pair.privateKey.export({ format: "jwk" }), ...own, alg, key_ops: ["sign"] };
      const verifying = { ...pair.publicKey.export({ format: "jwk" }), ...own, alg, key_ops: ["verify"] };
      const token = await encode(CLAIMS, signing, { algorithm: "EdDSA" });
      expect(await decode(token, verifying as never, { algorithms: ["EdDSA"] })).toEqual(CLAIMS);
    }
  });

  it("sign and verify as HMAC CryptoKeys with a single usage", async () => {
    const bytes = new Uint8Array(32).fill(7);
    const token = await encode(CLAIMS, await importHmac(bytes, "HS256", ["sign"]));
    expect(await decode(token, await importHmac(bytes, "HS256", ["verify"]), { algorithms: ["HS256"] })).toEqual(
      CLAIMS,
    );
  });
});

it("decodeComplete returns header, payload and signature bytes", async () => {
  const key = "k".repeat(32);
  const token = await encode(CLAIMS, key, { headers: { kid: "k1" } });
  const complete = await decodeComplete(token, key, { algorithms: ["HS256"] });
  expect(complete).toEqual({
    header: { alg: "HS256", typ: "JWT", kid: "k1" },
    payload: CLAIMS,
    signature: new Uint8Array(Buffer.from(token.split(".")[2] ?? "", "base64url")),
  });
});

function makePairLike(algorithm: Algorithm): KeyPair {
  if (isEdwards(algorithm)) return makePair("Ed25519");
  return algorithm in CURVES ? makePair(CURVES[algorithm as keyof typeof CURVES]) : otherRsa();
}

let another: KeyPair | undefined;
function otherRsa(): KeyPair {
  another ??= makePair("RSA");
  return another;
}

it("accepts a private JWK whose key_ops name both operations, as some tools write it", async () => {
  const pair = makePair("P-256");
  const jwk = { ...pair.privateKey.export({ format: "jwk" }), key_ops: ["sign", "verify"], ext: "yes", use: "sig" };
  const token = await encode(CLAIMS, jwk as never, { algorithm: "ES256" });
  expect(await decode(token, pair.publicKey, { algorithms: ["ES256"] })).toEqual(CLAIMS);
  const verifyOnly = { ...jwk, key_ops: ["verify"] };
  expect(await refusalOf(encode(CLAIMS, verifyOnly as never, { algorithm: "ES256" }))).toMatchObject({
    name: "InvalidKeyError",
  });
});
