/** The checks of a key against its algorithm and use, and their errors. */

import type { CryptoKey, JWK } from "jose";
import { bytesOfBase64url } from "../../util/base64url.ts";
import { ALGORITHMS, type Algorithm, canonicalAlgorithm, traitsOf } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import type { RsaSize } from "../signatures/node-signatures.ts";
import { findUnreadable } from "./members.ts";

/** The operation that a key is for. */
export type KeyUse = "sign" | "verify";

/** Options of `prepareKey`. */
export interface PrepareKeyOptions {
  /** Accept an HMAC secret shorter than the hash (RFC 7518, section 3.2). @default false */
  readonly allowWeakSecret?: boolean;
}

/**
 * Throws `InvalidKeyError` unless an asymmetric JWK fits `algorithm` and `use`.
 * @see RFC 7518, section 3
 */
export function checkJwk(jwk: JWK, algorithm: Algorithm, use: KeyUse): void {
  const traits = traitsOf(algorithm);
  const isOnCurve = !("curve" in traits) || jwk.crv === traits.curve;
  if (jwk.kty !== traits.family || !isOnCurve) throw wrongKind(jwk, algorithm);
  if (!REQUIRED_MEMBERS[traits.family].every((name) => typeof jwk[name] === "string")) throw unusableJwk(use);
  const unreadable = findUnreadable(jwk, use);
  if (unreadable !== undefined)
    throw new InvalidKeyError(`the JWK's "${unreadable}" must be base64url without padding`);
  if (traits.family === "RSA") checkRsa(bitLength(readMember(jwk, "n")), readMember(jwk, "e"), algorithm);
  checkJwkPurpose(jwk, algorithm, use);
  if ((use === "sign") !== (jwk.d !== undefined)) throw wrongHalf(use);
  if (use === "sign" && jwk.oth !== undefined)
    throw new InvalidKeyError('the RSA key has more than two primes ("oth"): make a key with two');
}

const REQUIRED_MEMBERS = { HMAC: ["k"], RSA: ["n", "e"], EC: ["x", "y"], OKP: ["x"] } as const;

/** The error for a JWK whose members do not make a key. */
export function unusableJwk(use: KeyUse, cause?: unknown): InvalidKeyError {
  const half = use === "sign" ? "private" : "public";
  return new InvalidKeyError(`the JWK does not hold a usable ${half} key: check its members`, { cause });
}

/** The error for a key of another algorithm. */
export function wrongKind(jwk: JWK, algorithm: Algorithm, cause?: unknown): InvalidKeyError {
  const others = ALGORITHMS.filter((other) => {
    const traits = traitsOf(other);
    return keyType(other) === jwk.kty && (!("curve" in traits) || traits.curve === jwk.crv);
  });
  const remedy = others.length > 0 ? `, or use this one with ${others.join(", ")}` : "";
  return new InvalidKeyError(
    `${algorithm} needs ${describeNeed(algorithm)}, and this is ${describeJwk(jwk)}: pass such a key${remedy}`,
    { cause },
  );
}

/** The error for a private key in place of a public key, or the reverse. */
export function wrongHalf(use: KeyUse, given: string = "key"): InvalidKeyError {
  const [needed, actual] = use === "sign" ? ["private", "public"] : ["public", "private"];
  return new InvalidKeyError(
    `a ${needed} key is needed to ${use}, and this ${given} is ${actual}: pass the ${needed} key`,
  );
}

/** The error for a secret that is shorter than the hash. */
export function weakSecret(actual: string, needed: string, algorithm: Algorithm): InvalidKeyError {
  return new InvalidKeyError(
    `the secret has ${actual}, and ${algorithm} needs at least ${needed} (RFC 7518, section 3.2). Make one with npx claimgate keys generate secret.txt --type secret, or set allowWeakSecret: true`,
  );
}

/** The kind of key that `algorithm` needs, for a message. */
export function describeNeed(algorithm: Algorithm): string {
  const traits = traitsOf(algorithm);
  switch (traits.family) {
    case "HMAC":
      return "a secret";
    case "RSA":
      return "an RSA key";
    default:
      return `an ${traits.family} key on the curve ${traits.curve}`;
  }
}

/** The `kty` of the keys that `algorithm` needs. */
export function keyType(algorithm: Algorithm): string {
  const { family } = traitsOf(algorithm);
  return family === "HMAC" ? "oct" : family;
}

function describeJwk({ kty, crv }: JWK): string {
  if (kty === "oct") return "a secret";
  return `a key of type ${String(kty)}${typeof crv === "string" ? ` on the curve ${crv}` : ""}`;
}

/**
 * Throws `InvalidKeyError` if the members `alg`, `use` or `key_ops` of a JWK forbid the use.
 * @see RFC 7517, sections 4.2 to 4.4
 */
export function checkJwkPurpose(jwk: JWK, algorithm: Algorithm, use: KeyUse): void {
  const { alg } = jwk;
  if (alg !== undefined && canonicalAlgorithm(alg as Algorithm) !== canonicalAlgorithm(algorithm))
    throw new InvalidKeyError(`the JWK's "alg" is ${alg}, not ${algorithm}: use the key with ${alg}`);
  if (jwk.use !== undefined && jwk.use !== "sig")
    throw new InvalidKeyError(`the JWK's "use" is ${jwk.use}: pass a key whose "use" is sig`);
  if (jwk.key_ops !== undefined && !(Array.isArray(jwk.key_ops) && jwk.key_ops.includes(use)))
    throw new InvalidKeyError(`the JWK's "key_ops" do not include ${use}: pass a key that may ${use}`);
}

/** Throws `InvalidKeyError` unless a CryptoKey fits `algorithm` and `use`. */
export function checkCryptoKey(
  key: CryptoKey,
  algorithm: Algorithm,
  use: KeyUse,
  options: PrepareKeyOptions = {},
): void {
  const traits = traitsOf(algorithm);
  const actual = key.algorithm as {
    name: string;
    hash?: { name: string };
    namedCurve?: string;
    modulusLength?: number;
    publicExponent?: Uint8Array;
    length?: number;
  };
  const expected =
    traits.family === "RSA"
      ? traits.webCryptoName
      : { HMAC: "HMAC", EC: "ECDSA", OKP: traits.family === "OKP" ? traits.curve : "" }[traits.family];
  if (actual.name !== expected)
    throw new InvalidKeyError(
      `${algorithm} needs a CryptoKey for ${expected}, and this one is for ${actual.name}: pass one for ${expected}`,
    );
  if ((traits.family === "HMAC" || traits.family === "RSA") && actual.hash?.name !== traits.hash) {
    throw new InvalidKeyError(
      `${algorithm} needs a CryptoKey for ${traits.hash}, and this one is for ${String(actual.hash?.name)}: import it for ${traits.hash}`,
    );
  }
  if (traits.family === "EC" && actual.namedCurve !== traits.curve)
    throw wrongKind({ kty: "EC", crv: String(actual.namedCurve) }, algorithm);
  if (traits.family === "RSA")
    checkRsa(actual.modulusLength ?? 0, actual.publicExponent ?? new Uint8Array(), algorithm);
  if (traits.family !== "HMAC" && key.type !== (use === "sign" ? "private" : "public"))
    throw wrongHalf(use, "CryptoKey");
  if (!key.usages.includes(use))
    throw new InvalidKeyError(`the CryptoKey's usages do not include ${use}: import it with ["${use}"]`);
  if (traits.family === "HMAC" && !options.allowWeakSecret && (actual.length ?? 0) < traits.secretBytes * 8)
    throw weakSecret(`${actual.length ?? 0} bits`, `${traits.secretBytes * 8}`, algorithm);
}

// With the exponent 1, any caller can sign. Larger numbers only cost time. OpenSSL has the same
// upper limits, but limits the exponent only of large keys.
const MAX_RSA_BITS = 16_384;
const MAX_EXPONENT_BITS = 64;

function checkRsa(bits: number, exponent: Uint8Array, algorithm: Algorithm): void {
  if (bits < 2048)
    throw new InvalidKeyError(
      `the RSA key has ${bits} bits, and ${algorithm} needs at least 2048 (RFC 7518, sections 3.3 and 3.5): make a longer key`,
    );
  if (bits > MAX_RSA_BITS)
    throw new InvalidKeyError(
      `the RSA key has ${bits} bits, and must have at most ${MAX_RSA_BITS}: make a shorter key`,
    );
  const exponentBits = bitLength(exponent);
  const isOdd = ((exponent.at(-1) ?? 0) & 1) === 1;
  if (exponentBits < 2 || exponentBits > MAX_EXPONENT_BITS || !isOdd)
    throw new InvalidKeyError(
      `the RSA key's exponent must be odd, at least 3, and have at most ${MAX_EXPONENT_BITS} bits: make a key with the exponent 65537`,
    );
}

/** The size of an RSA key that has passed the checks. */
export function sizeOfRsa(jwk: JWK): RsaSize {
  return { bits: bitLength(readMember(jwk, "n")), exponentBits: bitLength(readMember(jwk, "e")) };
}

function bitLength(bytes: Uint8Array): number {
  // Leading zeros do not make a number larger.
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - (Math.clz32(bytes[first] as number) - 24);
}

function readMember(jwk: JWK, member: "n" | "e"): Uint8Array {
  return bytesOfBase64url(jwk[member] as string);
}
