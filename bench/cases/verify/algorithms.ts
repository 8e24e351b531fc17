/** The algorithms of the benchmark by `node:crypto`: new keys, and signatures. */
import {
  constants,
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  type SignKeyObjectInput,
  sign,
} from "node:crypto";
import { promisify } from "node:util";

export type Algorithm = "HS256" | "RS256" | "PS512" | "ES256" | "ES384" | "EdDSA";

/** A new secret, or a new private key. */
export function createSignKey(algorithm: Algorithm): KeyObject {
  switch (algorithm) {
    case "HS256":
      return createSecretKey(randomBytes(32));
    case "RS256":
    case "PS512":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "ES384":
      return generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey;
    case "EdDSA":
      return generateKeyPairSync("ed25519").privateKey;
  }
}

/** The name of the hash for `node:crypto`. EdDSA names none. */
export function hashOf(algorithm: Algorithm): string | null {
  return algorithm === "EdDSA" ? null : `sha${algorithm.slice(-3)}`;
}

/** A key with the signature format of JWS. */
export function withFormat(algorithm: Algorithm, key: KeyObject): SignKeyObjectInput {
  if (algorithm.startsWith("ES")) return { key, dsaEncoding: "ieee-p1363" };
  if (!algorithm.startsWith("PS")) return { key };
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

const signAside = promisify(sign);

/** The signature of `input`. Public keys sign on libuv's threads. */
export async function signInput(algorithm: Algorithm, key: KeyObject, input: string): Promise<Buffer> {
  if (algorithm === "HS256") return createHmac("sha256", key).update(input).digest();
  return signAside(hashOf(algorithm), Buffer.from(input), withFormat(algorithm, key));
}
