/** The class of each key and operation: synchronous, by callback or by WebCrypto. */
import nodeCrypto, { createSecretKey } from "node:crypto";
import { ALGORITHMS, type Algorithm, decode, type KeyInput } from "claimgate/jwt";
import type { JWK } from "jose";
import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from "vitest";
import { prepareKey } from "../../../../src/core/jwt/keys/keys.ts";
import { SECRET } from "../../../support/create-auth.ts";
import { base64url, forge } from "../../../support/forge.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { importHmac, RSA_ALGORITHMS, toCryptoKey } from "../keys/key-kinds.ts";
import { bytesOf, pairOf, signerOf } from "./signers.ts";
import { largeRsaKey, newQueue, nextTurn, openNow } from "./support.ts";

const DATA = "eyJhbGciOiJIUzI1NiJ9.e30";
const exponent = (bits: number): string =>
  bytesOf((1n << BigInt(bits)) - 1n, Math.ceil(bits / 8)).toString("base64url");

// A turn begins with its whole budget.
beforeEach(nextTurn);
afterEach(() => void vi.restoreAllMocks());

/** How a key computes: at once, on libuv's threads, or by WebCrypto. */
type Way = "synchronous" | "callback" | "WebCrypto";

async function wayOf(key: KeyInput, algorithm: Algorithm, use: "sign" | "verify"): Promise<Way> {
  const signatures = await prepareKey(key, algorithm, use).open();
  const signature = new Uint8Array(signatures.length);
  const bySubtle = vi.spyOn(crypto.subtle, use);
  const byNode: readonly Mock<(...args: never) => unknown>[] = [
    vi.spyOn(nodeCrypto, use),
    vi.spyOn(nodeCrypto, "createHmac"),
  ];
  await nextTurn();
  const result = use === "sign" ? signatures.sign(DATA, newQueue()) : signatures.verify(DATA, signature, newQueue());
  await result;
  const ofSubtle = bySubtle.mock.calls.length;
  const ofNode = byNode.flatMap(({ mock }) => mock.calls as unknown[][]);
  vi.restoreAllMocks();
  expect(ofNode.length + ofSubtle).toBe(1);
  if (ofSubtle === 1) return "WebCrypto";
  const hasCallback = typeof ofNode[0]?.at(-1) === "function";
  expect(result instanceof Promise).toBe(hasCallback);
  return hasCallback ? "callback" : "synchronous";
}

const OWN: ReadonlyArray<readonly [Algorithm, sign: Way, verify: Way]> = [
  ["HS256", "synchronous", "synchronous"],
  ["HS384", "synchronous", "synchronous"],
  ["HS512", "synchronous", "synchronous"],
  ["ES256", "synchronous", "synchronous"],
  ["EdDSA", "synchronous", "synchronous"],
  ["Ed25519", "synchronous", "synchronous"],
  ["ES384", "callback", "callback"],
  ["ES512", "callback", "callback"],
  ...RSA_ALGORITHMS.map((algorithm) => [algorithm, "callback", "synchronous"] as const),
];

describe("a key of each algorithm", () => {
  it("is part of this suite", () => {
    expect(OWN.map(([algorithm]) => algorithm).toSorted()).toEqual(ALGORITHMS.toSorted());
  });

  it.each(OWN)("%s signs by the way %s, and verifies by the way %s", async (algorithm, sign, verify) => {
    const { signKey, verifyKey } = signerOf(algorithm);
    expect(await wayOf(signKey, algorithm, "sign")).toBe(sign);
    expect(await wayOf(verifyKey, algorithm, "verify")).toBe(verify);
  });
});

describe("the verification of an RSA key", () => {
  const sizes: ReadonlyArray<readonly [string, JWK, Way]> = [
    ["2,048 bits", largeRsaKey(2048), "synchronous"],
    ["4,096 bits", largeRsaKey(4096), "synchronous"],
    ["4,096 bits and an exponent of 32 bits", largeRsaKey(4096, exponent(32)), "synchronous"],
    ["4,096 bits after leading zeros", padded(largeRsaKey(4096)), "synchronous"],
    ["4,104 bits", largeRsaKey(4104), "callback"],
    ["16,384 bits", largeRsaKey(16_384), "callback"],
    ["2,048 bits and an exponent of 33 bits", largeRsaKey(2048, exponent(33)), "callback"],
    ["2,048 bits and an exponent of 64 bits", largeRsaKey(2048, exponent(64)), "callback"],
  ];

  it.each(sizes)("of %s takes the way of its size", async (_, jwk, way) => {
    for (const algorithm of ["RS256", "PS512"] as const) {
      expect(await wayOf(jwk, algorithm, "verify")).toBe(way);
    }
  });
});

describe("a CryptoKey", () => {
  it.each([
    "ES256",
    "EdDSA",
    "RS256",
  ] as const)("of %s that is extractable is computed by node:crypto, and any other by WebCrypto", async (algorithm) => {
    const { publicKey } = pairOf(algorithm);
    expect(await wayOf(await toCryptoKey(publicKey, algorithm, true), algorithm, "verify")).toBe("synchronous");
    expect(await wayOf(await toCryptoKey(publicKey, algorithm, false), algorithm, "verify")).toBe("WebCrypto");
  });

  it("of HS256 that is not extractable is computed by WebCrypto", async () => {
    const hidden = await importHmac(Buffer.from(SECRET), "HS256", ["sign", "verify"]);
    expect(await wayOf(hidden, "HS256", "verify")).toBe("WebCrypto");
    expect(await wayOf(createSecretKey(Buffer.from(SECRET)), "HS256", "verify")).toBe("synchronous");
  });
});

describe("a key object", () => {
  it("is made only from the members of its kind and use", async () => {
    const made = [vi.spyOn(nodeCrypto, "createPublicKey"), vi.spyOn(nodeCrypto, "createPrivateKey")] as const;
    const foreign = { ext: true, k: "AAAA", x5c: ["AAAA"], x5u: "https://evil.example", use: "sig", kid: "k1" };
    const members = {
      ES256: ["crv", "kty", "x", "y"],
      EdDSA: ["crv", "kty", "x"],
      RS256: ["e", "kty", "n"],
    };
    for (const [algorithm, expected] of Object.entries(members) as [keyof typeof members, string[]][]) {
      const { publicKey, privateKey } = pairOf(algorithm);
      const others = algorithm === "RS256" ? { x: "AAAA", y: "AAAA" } : { n: "AAAA", e: "AQAB", p: "AAAA" };
      prepareKey({ ...publicKey.export({ format: "jwk" }), ...foreign, ...others }, algorithm, "verify");
      expect(membersOf(made[0].mock.lastCall)).toEqual(expected);
      prepareKey({ ...privateKey.export({ format: "jwk" }), ...foreign, ...others }, algorithm, "sign");
      const ofPrivate = algorithm === "RS256" ? ["d", "dp", "dq", "p", "q", "qi"] : ["d"];
      expect(membersOf(made[1].mock.lastCall)).toEqual([...expected, ...ofPrivate].toSorted());
    }
  });
});

describe("an HMAC", () => {
  it("is compared by timingSafeEqual, after its length", async () => {
    const compared = vi.spyOn(nodeCrypto, "timingSafeEqual");
    const { length, sign, verify } = openNow(SECRET, "HS256", "verify");
    const good = await sign(DATA, newQueue());
    expect(await verify(DATA, good, newQueue())).toBe(true);
    expect(await verify(DATA, new Uint8Array(length), newQueue())).toBe(false);
    expect(compared).toHaveBeenCalledTimes(2);
    expect(await verify(DATA, good.subarray(1), newQueue())).toBe(false);
    expect(await verify(DATA, new Uint8Array(), newQueue())).toBe(false);
    expect(compared).toHaveBeenCalledTimes(2);
  });

  it("of a wrong length is not computed for a token", async () => {
    const [token, short] = [forge(), forge({ signature: base64url(new Uint8Array(31)) })];
    const computed = vi.spyOn(nodeCrypto, "createHmac");
    const options = { algorithms: ["HS256"], verifyExp: false, verifyIat: false } as const;
    expect(await refusalOf(decode(short, SECRET, options))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    expect(computed).not.toHaveBeenCalled();
    expect(await decode(token, SECRET, options)).toMatchObject({ sub: "ada" });
    expect(computed).toHaveBeenCalledTimes(1);
  });
});

function membersOf(call: readonly unknown[] | undefined): readonly string[] {
  const [input] = call ?? [];
  return Object.keys((input as { readonly key: JWK }).key).toSorted();
}

function padded(jwk: JWK): JWK {
  const n = Buffer.concat([new Uint8Array(64), Buffer.from(jwk.n as string, "base64url")]);
  return { ...jwk, n: n.toString("base64url") };
}
