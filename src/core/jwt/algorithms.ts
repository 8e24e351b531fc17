/** The signature algorithms of claimgate, and the key that each needs. */

/** A hash, by its name in WebCrypto. */
export type Hash = "SHA-256" | "SHA-384" | "SHA-512";

/** The kind of key that an algorithm needs. `signatureBytes` is the length of each signature. */
export type AlgorithmTraits =
  | { readonly family: "HMAC"; readonly hash: Hash; readonly secretBytes: number; readonly signatureBytes: number }
  | { readonly family: "RSA"; readonly webCryptoName: "RSASSA-PKCS1-v1_5" | "RSA-PSS"; readonly hash: Hash }
  | {
      readonly family: "EC";
      readonly curve: "P-256" | "P-384" | "P-521";
      readonly hash: Hash;
      readonly signatureBytes: number;
    }
  | { readonly family: "OKP"; readonly curve: "Ed25519"; readonly signatureBytes: number };

/**
 * The name of a signature algorithm: a value of a token's `alg` header.
 * @see RFC 7518, section 3.1
 * @see RFC 8037, section 3.1 (`EdDSA`, with Ed25519 keys)
 * @see RFC 9864, section 2.2 (`Ed25519`, the newer name of the same algorithm)
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
  | "EdDSA"
  | "Ed25519";

/** An algorithm under the one name by which keys and tokens are compared. */
export type CanonicalAlgorithm = Exclude<Algorithm, "Ed25519">;

const HASH_BYTES: Readonly<Record<Hash, number>> = { "SHA-256": 32, "SHA-384": 48, "SHA-512": 64 };

const hmac = (hash: Hash): AlgorithmTraits => {
  const bytes = HASH_BYTES[hash];
  return { family: "HMAC", hash, secretBytes: bytes, signatureBytes: bytes };
};
const pkcs1 = (hash: Hash): AlgorithmTraits => ({ family: "RSA", webCryptoName: "RSASSA-PKCS1-v1_5", hash });
const pss = (hash: Hash): AlgorithmTraits => ({ family: "RSA", webCryptoName: "RSA-PSS", hash });

// An ECDSA signature is R and S, each as long as a coordinate of the curve (RFC 7518, section 3.4).
const TRAITS: Readonly<Record<Algorithm, AlgorithmTraits>> = {
  HS256: hmac("SHA-256"),
  HS384: hmac("SHA-384"),
  HS512: hmac("SHA-512"),
  RS256: pkcs1("SHA-256"),
  RS384: pkcs1("SHA-384"),
  RS512: pkcs1("SHA-512"),
  PS256: pss("SHA-256"),
  PS384: pss("SHA-384"),
  PS512: pss("SHA-512"),
  ES256: { family: "EC", curve: "P-256", hash: "SHA-256", signatureBytes: 64 },
  ES384: { family: "EC", curve: "P-384", hash: "SHA-384", signatureBytes: 96 },
  ES512: { family: "EC", curve: "P-521", hash: "SHA-512", signatureBytes: 132 },
  EdDSA: { family: "OKP", curve: "Ed25519", signatureBytes: 64 },
  Ed25519: { family: "OKP", curve: "Ed25519", signatureBytes: 64 },
};

/** All supported algorithms. `none` is not supported. */
export const ALGORITHMS: readonly Algorithm[] = Object.freeze(Object.keys(TRAITS)) as readonly Algorithm[];

/** Whether `alg` is a supported algorithm. The case of letters counts. */
export function isAlgorithm(alg: unknown): alg is Algorithm {
  return typeof alg === "string" && Object.hasOwn(TRAITS, alg);
}

/**
 * The name by which `algorithm` is compared. `EdDSA` and `Ed25519` are one algorithm, because
 * claimgate accepts no other curve for `EdDSA`. Any other text is returned unchanged.
 */
export function canonicalAlgorithm(algorithm: Algorithm): CanonicalAlgorithm {
  return algorithm === "Ed25519" ? "EdDSA" : algorithm;
}

/** The kind of key that `algorithm` needs. */
export function traitsOf(algorithm: Algorithm): AlgorithmTraits {
  return TRAITS[algorithm];
}

/** The number of bytes that `hash` makes. */
export function hashBytes(hash: Hash): number {
  return HASH_BYTES[hash];
}
