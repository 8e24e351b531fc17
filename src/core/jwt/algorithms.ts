/** The signature algorithms of claimgate, and the key that each needs. */
import type { CryptoKey } from "jose";

/** The kind of key that an algorithm needs. */
export type AlgorithmTraits =
  | { readonly family: "HMAC"; readonly hash: "SHA-256" | "SHA-384" | "SHA-512"; readonly secretBytes: number }
  | { readonly family: "RSA"; readonly webCryptoName: "RSASSA-PKCS1-v1_5" | "RSA-PSS"; readonly hash: string }
  | { readonly family: "EC"; readonly curve: "P-256" | "P-384" | "P-521" }
  | { readonly family: "OKP"; readonly curve: "Ed25519" };

/**
 * The name of a signature algorithm: a value of a token's `alg` header.
 * @see RFC 7518, section 3.1
 * @see RFC 8037, section 3.1 (`EdDSA`, with Ed25519 keys)
 */
export type Algorithm =
  | "HS256"
  | "HS384"
  | "HS512"
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA";

const pkcs1 = (hash: string): AlgorithmTraits => ({ family: "RSA", webCryptoName: "RSASSA-PKCS1-v1_5", hash });
const pss = (hash: string): AlgorithmTraits => ({ family: "RSA", webCryptoName: "RSA-PSS", hash });

const TRAITS: Readonly<Record<Algorithm, AlgorithmTraits>> = {
  HS256: { family: "HMAC", hash: "SHA-256", secretBytes: 32 },
  HS384: { family: "HMAC", hash: "SHA-384", secretBytes: 48 },
  HS512: { family: "HMAC", hash: "SHA-512", secretBytes: 64 },
  RS256: pkcs1("SHA-256"),
  RS384: pkcs1("SHA-384"),
  RS512: pkcs1("SHA-512"),
  PS256: pss("SHA-256"),
  PS384: pss("SHA-384"),
  PS512: pss("SHA-512"),
  ES256: { family: "EC", curve: "P-256" },
  ES384: { family: "EC", curve: "P-384" },
  ES512: { family: "EC", curve: "P-521" },
  EdDSA: { family: "OKP", curve: "Ed25519" },
};

/** All supported algorithms. `none` is not supported. */
export const ALGORITHMS: readonly Algorithm[] = Object.freeze(Object.keys(TRAITS)) as readonly Algorithm[];

/** Whether `alg` is a supported algorithm. The case of letters counts. */
export function isAlgorithm(alg: unknown): alg is Algorithm {
  return typeof alg === "string" && Object.hasOwn(TRAITS, alg);
}

/** The kind of key that `algorithm` needs. */
export function traitsOf(algorithm: Algorithm): AlgorithmTraits {
  return TRAITS[algorithm];
}

const HASH_BYTES = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 } as const;
// R and S of the signature, each as long as a coordinate of the curve (RFC 7518, section 3.4).
const EC_BYTES = { "P-256": 64, "P-384": 96, "P-521": 132 } as const;
const ED25519_BYTES = 64;

/**
 * The only valid length of a signature by `key`, in bytes.
 * @see RFC 8017, sections 8.1.2 and 8.2.2
 * @see RFC 7518, sections 3.2 and 3.4
 * @see RFC 8032, section 5.1.6
 */
export function signatureLength(algorithm: Algorithm, key: CryptoKey): number {
  const traits = TRAITS[algorithm];
  switch (traits.family) {
    case "HMAC":
      return HASH_BYTES[traits.hash];
    case "EC":
      return EC_BYTES[traits.curve];
    case "OKP":
      return ED25519_BYTES;
    case "RSA":
      return Math.ceil((key.algorithm as unknown as { readonly modulusLength: number }).modulusLength / 8);
  }
}
