/** Signatures by WebCrypto: for other runtimes, and for keys that cannot be exported. */
import type { CryptoKey } from "jose";
import { bytesOfLatin1 } from "../../util/base64url.ts";
import { type CanonicalAlgorithm, hashBytes, traitsOf } from "../algorithms.ts";
import { type Signatures, unusableKey } from "./signatures.ts";

/** The operations of a CryptoKey, which the key checks have accepted for `algorithm`. */
export function webSignatures(key: CryptoKey, algorithm: CanonicalAlgorithm): Signatures {
  const traits = traitsOf(algorithm);
  const parameters = parametersOf(algorithm);
  return {
    length: traits.family === "RSA" ? Math.ceil(modulusLength(key) / 8) : traits.signatureBytes,
    verify: (data, signature) =>
      crypto.subtle
        .verify(parameters, key, signature as Uint8Array<ArrayBuffer>, bytesOfLatin1(data))
        .catch((cause: unknown) => {
          throw unusableKey("verify", algorithm, cause);
        }),
    sign: (data) =>
      crypto.subtle.sign(parameters, key, bytesOfLatin1(data)).then(
        (signature) => new Uint8Array(signature),
        (cause: unknown) => {
          throw unusableKey("sign", algorithm, cause);
        },
      ),
  };
}

function modulusLength({ algorithm }: CryptoKey): number {
  return (algorithm as unknown as { readonly modulusLength: number }).modulusLength;
}

function parametersOf(algorithm: CanonicalAlgorithm): { readonly name: string; hash?: string; saltLength?: number } {
  const traits = traitsOf(algorithm);
  switch (traits.family) {
    case "HMAC":
      return { name: "HMAC" };
    case "EC":
      return { name: "ECDSA", hash: traits.hash };
    case "OKP":
      return { name: "Ed25519" };
    case "RSA":
      // RFC 7518, section 3.5: the salt is as long as the hash.
      return { name: traits.webCryptoName, saltLength: hashBytes(traits.hash) };
  }
}
