/** Reads keys of every kind, and rejects a key that does not fit its algorithm. */

import type { CryptoKey, JWK, KeyObject } from "jose";
import { isNodeKey, loadNodeCrypto, loadSignatureCrypto, type NodeKey } from "../../util/builtins.ts";
import { withErrorContext } from "../../util/error-context.ts";
import { type Algorithm, type AlgorithmTraits, traitsOf } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { isDerKey } from "./der.ts";
import type { KeyMaterial } from "./import-web-key.ts";
import {
  checkCryptoKey,
  checkJwk,
  checkJwkPurpose,
  describeNeed,
  type KeyUse,
  type PrepareKeyOptions,
  weakSecret,
  wrongHalf,
  wrongKind,
} from "./key-checks.ts";
import { keyMembers, publicMembers, readMembers, withoutNulls } from "./members.ts";
import { checkWebPem, derOf, describeNotPem, findPemBlock, unreadablePem } from "./pem.ts";
import { importOnce, type PreparedKey } from "./prepared-key.ts";
import { readPssKey } from "./rsa-pss.ts";
import { describeKeyLikeText, readSecretBytes } from "./secrets.ts";

/**
 * A key as callers pass it. For HS*: text (read as UTF-8, never as base64), bytes, an `oct` JWK, a
 * CryptoKey or a KeyObject. For other algorithms: PEM text or its bytes, a JWK, a CryptoKey or a
 * KeyObject. A JWK is an object, not JSON text. An RSA-PSS key is for PS*, as its parameters allow.
 */
export type KeyInput = string | Uint8Array | JWK | CryptoKey | KeyObject;

/**
 * Reads `input` for `algorithm` and `use`. Throws `InvalidKeyError`, also for a private key that
 * should verify: `derivePublicKey` reads its public key.
 */
export function prepareKey(
  input: KeyInput,
  algorithm: Algorithm,
  use: KeyUse,
  options: PrepareKeyOptions = {},
): PreparedKey {
  checkGiven(input, algorithm, use);
  if (isCryptoKey(input)) checkCryptoKey(input, algorithm, use, options);
  const source =
    traitsOf(algorithm).family === "HMAC"
      ? readSecret(input, algorithm, use, options)
      : readAsymmetric(input, algorithm, use);
  if ("jwk" in source) checkJwk(source.jwk, algorithm, use);
  return importOnce(source, algorithm, use);
}

/** The public key of a private key. Throws `InvalidKeyError`, also if it is not extractable. */
export function derivePublicKey(input: KeyInput, algorithm: Algorithm): PreparedKey {
  const source = readAsymmetric(input, algorithm, "sign");
  if ("jwk" in source) return prepareKey(publicMembers(source.jwk), algorithm, "verify");
  if ("cryptoKey" in source && !source.cryptoKey.extractable) {
    throw new InvalidKeyError("the private key is not extractable: pass its public key too");
  }
  return importOnce(source, algorithm, "verify");
}

/** Whether two public keys are equal; `undefined` if only an asynchronous export could tell. */
export function isSamePair(a: PreparedKey, b: PreparedKey): boolean | undefined {
  if (!a.publicJwk || !b.publicJwk) return undefined;
  const [one, other] = [a.publicJwk, b.publicJwk];
  return (["kty", "crv", "x", "y", "n", "e"] as const).every((member) => one[member] === other[member]);
}

/** Whether `value` has the internal method of a `SigningKey`. */
export function hasPrepare(value: unknown): boolean {
  return typeof (value as { readonly "~prepare"?: unknown } | null | undefined)?.["~prepare"] === "function";
}

function checkGiven(input: unknown, algorithm: Algorithm, use: KeyUse): void {
  if (input === undefined)
    throw new InvalidKeyError(
      `${algorithm} needs ${describeNeed(algorithm)}, and the key is undefined: is its environment variable, such as JWT_SECRET, set?`,
    );
  if (hasPrepare(input))
    throw new InvalidKeyError(
      use === "sign"
        ? "a SigningKey only verifies: pass a private key"
        : "only decode takes a SigningKey: pass its jwk property here",
    );
}

function readSecret(input: KeyInput, algorithm: Algorithm, use: KeyUse, options: PrepareKeyOptions): KeyMaterial {
  if (isCryptoKey(input)) return exportCryptoKey(input, algorithm) ?? { cryptoKey: input };
  if (isJwk(input) && typeof input?.kty === "string" && input.kty !== "oct") throw wrongKind(input, algorithm);
  const secret = readSecretBytes(input);
  if (isJwk(input)) checkJwkPurpose(withoutNulls(input), algorithm, use);
  const keyLike = describeKeyLikeText(secret);
  if (keyLike)
    throw new InvalidKeyError(
      `an HMAC secret must not be ${keyLike}: pass a secret, or use the key with its own algorithm, such as RS256 or ES256`,
    );
  const { secretBytes } = traitsOf(algorithm) as AlgorithmTraits & { family: "HMAC" };
  if (secret.length === 0) throw new InvalidKeyError("the secret is empty: is JWT_SECRET set?");
  if (secret.length < secretBytes && !options.allowWeakSecret)
    throw weakSecret(`${secret.length} bytes`, `${secretBytes}`, algorithm);
  return { secret };
}

function readAsymmetric(input: KeyInput, algorithm: Algorithm, use: KeyUse): KeyMaterial {
  if (isCryptoKey(input)) return exportCryptoKey(input, algorithm) ?? { cryptoKey: input };
  if (typeof input === "string") return readPem(input, algorithm, use);
  if (input instanceof Uint8Array) return readPem(textOf(input), algorithm, use);
  if (isNodeKey(input)) {
    if (input.type === "secret") throw wrongKind({ kty: "oct" }, algorithm);
    if (input.type !== (use === "sign" ? "private" : "public")) throw wrongHalf(use, "KeyObject");
    return { jwk: keyObjectToJwk(input, algorithm) };
  }
  if (Array.isArray((input as { readonly keys?: unknown } | null)?.keys))
    throw new InvalidKeyError(
      `${algorithm} needs ${describeNeed(algorithm)}, and this is a JWK set: pass one of its keys`,
    );
  if (!isJwk(input) || input === null || typeof input.kty !== "string")
    throw new InvalidKeyError(
      `the key must be PEM text, a JWK object, a CryptoKey or a KeyObject: ${algorithm} needs ${describeNeed(algorithm)}`,
    );
  return { jwk: readMembers(input) };
}

/** An extractable CryptoKey for `node:crypto`; `undefined` if WebCrypto has to use it. */
function exportCryptoKey(key: CryptoKey, algorithm: Algorithm): KeyMaterial | undefined {
  const node = key.extractable ? loadSignatureCrypto() : undefined;
  let exported: NodeKey | undefined;
  try {
    exported = node?.KeyObject.from(key);
  } catch {
    // The key belongs to another implementation of WebCrypto, which must use it.
  }
  if (exported?.type !== "secret") return exported && { jwk: keyMembers(keyObjectToJwk(exported, algorithm), "sign") };
  const { length } = key.algorithm as unknown as { readonly length: number };
  return length % 8 === 0 ? { secret: Uint8Array.from(exported.export()) } : undefined;
}

function readPem(text: string, algorithm: Algorithm, use: KeyUse): KeyMaterial {
  const block = findPemBlock(text, use);
  if (!block)
    throw new InvalidKeyError(
      `${algorithm} needs ${describeNeed(algorithm)}, and this text ${describeNotPem(text, use)}`,
    );
  const form = block.label === "CERTIFICATE" ? "certificate" : "key";
  const pss = readPssKey(derOf(block), form, algorithm);
  if (pss) return { jwk: pss };
  const node = loadNodeCrypto();
  if (!node) {
    checkWebPem(block);
    return { pem: block.text };
  }
  const read = () => (use === "sign" ? node.createPrivateKey(block.text) : node.createPublicKey(block.text));
  const key = withErrorContext(read, (cause) => unreadablePem(block, cause));
  return { jwk: keyObjectToJwk(key, algorithm) };
}

function keyObjectToJwk(key: NodeKey, algorithm: Algorithm): JWK {
  const { asymmetricKeyType = "unknown", asymmetricKeyDetails: { namedCurve: crv } = {} } = key;
  if (asymmetricKeyType === "rsa-pss") {
    const der = key.export({ format: "der", type: key.type === "private" ? "pkcs8" : "spki" });
    const jwk = readPssKey(der, "key", algorithm);
    if (jwk) return jwk;
  }
  return withErrorContext(
    () => key.export({ format: "jwk" }),
    (cause) => wrongKind({ kty: asymmetricKeyType, ...(crv === undefined ? {} : { crv }) }, algorithm, cause),
  );
}

function textOf(bytes: Uint8Array): string {
  if (isDerKey(bytes))
    throw new InvalidKeyError(
      "the key is DER: convert it to PEM with openssl pkey -inform DER -in key.der -out key.pem, and with -pubin for a public key",
    );
  return new TextDecoder().decode(bytes);
}

function isJwk(input: KeyInput): input is JWK {
  return typeof input === "object" && !(input instanceof Uint8Array) && !isCryptoKey(input) && !isNodeKey(input);
}

function isCryptoKey(input: unknown): input is CryptoKey {
  return Object.prototype.toString.call(input) === "[object CryptoKey]";
}
