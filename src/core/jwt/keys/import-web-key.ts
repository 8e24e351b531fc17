/** Imports keys into WebCrypto: on runtimes without `node:crypto`. */
import type { CryptoKey, JWK } from "jose";
import { type AlgorithmTraits, type CanonicalAlgorithm, traitsOf } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { unusableKey } from "../signatures/signatures.ts";
import { checkCryptoKey, type KeyUse, unusableJwk } from "./key-checks.ts";
import { keyMembers } from "./members.ts";

/** A key after it is read, in one of four forms. */
export type KeyMaterial =
  | { readonly jwk: JWK }
  | { readonly cryptoKey: CryptoKey }
  | { readonly pem: string }
  | { readonly secret: Uint8Array };

/** The CryptoKey of `source`. Rejects with `InvalidKeyError`. */
export async function importWebKey(
  source: KeyMaterial,
  algorithm: CanonicalAlgorithm,
  use: KeyUse,
): Promise<CryptoKey> {
  try {
    return await importSource(source, algorithm, use);
  } catch (cause) {
    if (cause instanceof InvalidKeyError) throw cause;
    throw "jwk" in source ? unusableJwk(use, cause) : unusableKey(use, algorithm, cause);
  }
}

async function importSource(source: KeyMaterial, algorithm: CanonicalAlgorithm, use: KeyUse): Promise<CryptoKey> {
  if ("secret" in source) return importHmac(source.secret, algorithm);
  if ("jwk" in source) return importMembers(source.jwk, algorithm, use);
  if ("pem" in source) return importPem(source.pem, algorithm, use);
  return use === "verify" && source.cryptoKey.type === "private"
    ? importPublicHalf(source.cryptoKey, algorithm)
    : source.cryptoKey;
}

async function importPem(pem: string, algorithm: CanonicalAlgorithm, use: KeyUse): Promise<CryptoKey> {
  const { importPKCS8, importSPKI, importX509 } = await import("../jose.ts");
  const options = { extractable: true };
  const key = pem.includes("-----BEGIN CERTIFICATE-----")
    ? await importX509(pem, algorithm, options)
    : pem.includes("-----BEGIN PUBLIC KEY-----")
      ? await importSPKI(pem, algorithm, options)
      : await importPKCS8(pem, algorithm, options);
  const usable = use === "verify" && key.type === "private" ? await importPublicHalf(key, algorithm) : key;
  checkCryptoKey(usable, algorithm, use);
  return usable;
}

async function importPublicHalf(key: CryptoKey, algorithm: CanonicalAlgorithm): Promise<CryptoKey> {
  const { exportJWK } = await import("../jose.ts");
  return importMembers(await exportJWK(key), algorithm, "verify");
}

async function importMembers(jwk: JWK, algorithm: CanonicalAlgorithm, use: KeyUse): Promise<CryptoKey> {
  const { importJWK } = await import("../jose.ts");
  // A public key stays exportable, for its thumbprint.
  return (await importJWK(keyMembers(jwk, use), algorithm, { extractable: use === "verify" })) as CryptoKey;
}

function importHmac(secret: Uint8Array, algorithm: CanonicalAlgorithm): Promise<CryptoKey> {
  const { hash } = traitsOf(algorithm) as AlgorithmTraits & { family: "HMAC" };
  const parameters = { name: "HMAC", hash };
  return crypto.subtle.importKey("raw", secret as Uint8Array<ArrayBuffer>, parameters, false, ["sign", "verify"]);
}
