/** Reads every kind of key a user may hold, and refuses early the key that does not fit its algorithm. */

import type { CryptoKey, JWK, KeyObject } from "jose";
import { isNodeKey, loadNodeCrypto, type NodeKey } from "../../util/builtins.ts";
import { withErrorContext } from "../../util/error-context.ts";
import { type Algorithm, type AlgorithmTraits, traitsOf } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import { checkCryptoKey, checkJwk, checkJwkPurpose, type KeyUse, type PrepareKeyOptions } from "./key-checks.ts";
import { importOnce, type KeyMaterial, type PreparedKey, publicMembers } from "./prepared-key.ts";
import { describeKeyLikeText, readSecretBytes } from "./secrets.ts";

/**
 * A key as a user may give it: PEM text (or its bytes), a JWK, a WebCrypto `CryptoKey` or a Node
 * `KeyObject`; for HMAC also a string or bytes.
 */
export type KeyInput = string | Uint8Array | JWK | CryptoKey | KeyObject;

/**
 * Checks `input` against `algorithm` and `use`. A private key given for `verify` is refused: see
 * `derivePublicKey`. Throws `InvalidKeyError`.
 */
export function prepareKey(
  input: KeyInput,
  algorithm: Algorithm,
  use: KeyUse,
  options: PrepareKeyOptions = {},
): PreparedKey {
  const traits = traitsOf(algorithm);
  const source = traits.family === "HMAC" ? readSecret(input, algorithm, use, options) : readAsymmetric(input, use);
  if ("jwk" in source) checkJwk(source.jwk, algorithm, use);
  if ("cryptoKey" in source) checkCryptoKey(source.cryptoKey, algorithm, use, options);
  return importOnce(source, algorithm, use);
}

/**
 * The verifying half of a private key. Throws `InvalidKeyError` where the key does not show its
 * public half.
 */
export function derivePublicKey(input: KeyInput, algorithm: Algorithm): PreparedKey {
  const source = readAsymmetric(input, "sign");
  if ("jwk" in source) return prepareKey(publicMembers(source.jwk), algorithm, "verify");
  if ("cryptoKey" in source && !source.cryptoKey.extractable) {
    throw new InvalidKeyError("the private key is not extractable, so its public key must be given too");
  }
  return importOnce(source, algorithm, "verify");
}

/** Whether two public keys are one; `undefined` where that cannot be told at once. */
export function isSamePair(a: PreparedKey, b: PreparedKey): boolean | undefined {
  if (!a.publicJwk || !b.publicJwk) return undefined;
  const [one, other] = [a.publicJwk, b.publicJwk];
  return (["kty", "crv", "x", "y", "n", "e"] as const).every((member) => one[member] === other[member]);
}

function readSecret(input: KeyInput, algorithm: Algorithm, use: KeyUse, options: PrepareKeyOptions): KeyMaterial {
  if (isCryptoKey(input)) return { cryptoKey: input };
  const secret = readSecretBytes(input);
  if (isJwk(input)) checkJwkPurpose(input, algorithm, use);
  const keyLike = describeKeyLikeText(secret);
  if (keyLike) throw new InvalidKeyError(`an HMAC secret must not be ${keyLike}`);
  const { secretBytes } = traitsOf(algorithm) as AlgorithmTraits & { family: "HMAC" };
  if (secret.length === 0) throw new InvalidKeyError("the secret is empty");
  if (secret.length < secretBytes && !options.allowWeakSecret) {
    throw new InvalidKeyError(
      `the secret has ${secret.length} bytes, and ${algorithm} needs at least ${secretBytes} (RFC 7518, section 3.2)`,
    );
  }
  return { secret };
}

function readAsymmetric(input: KeyInput, use: KeyUse): KeyMaterial {
  if (isCryptoKey(input)) return { cryptoKey: input };
  if (typeof input === "string") return readPem(input, use);
  if (input instanceof Uint8Array) return readPem(new TextDecoder().decode(input), use);
  const node = loadNodeCrypto();
  if (isNodeKey(input)) {
    if (input.type !== (use === "sign" ? "private" : "public")) {
      throw new InvalidKeyError(
        `a ${use === "sign" ? "private" : "public"} key is needed, and this KeyObject is ${input.type}`,
      );
    }
    return { jwk: keyObjectToJwk(input) };
  }
  if (!isJwk(input) || input === null || typeof input.kty !== "string") {
    throw new InvalidKeyError("the key is neither PEM, JWK, CryptoKey nor KeyObject");
  }
  if (node && input.kty !== "oct") {
    try {
      if (use === "sign") node.createPrivateKey({ key: input, format: "jwk" });
      else node.createPublicKey({ key: input, format: "jwk" });
    } catch (cause) {
      throw new InvalidKeyError("the JWK does not hold a usable key", { cause });
    }
  }
  return { jwk: { ...input } };
}

function readPem(text: string, use: KeyUse): KeyMaterial {
  // `openssl ecparam -genkey` writes the curve's parameters before the key.
  const labels = Array.from(text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g), (match) => match[1] as string);
  const label = labels.find((name) => !name.endsWith(" PARAMETERS"));
  if (label === undefined) throw new InvalidKeyError("the key text is not PEM");
  const isPrivate = label.endsWith("PRIVATE KEY");
  if (isPrivate !== (use === "sign")) {
    throw new InvalidKeyError(
      isPrivate
        ? "a private key was given where a public one belongs"
        : "a public key was given where a private one belongs",
    );
  }
  const node = loadNodeCrypto();
  if (!node) return { pem: text };
  return withErrorContext(
    () => ({ jwk: keyObjectToJwk(isPrivate ? node.createPrivateKey(text) : node.createPublicKey(text)) }),
    (cause) =>
      cause instanceof InvalidKeyError
        ? cause
        : new InvalidKeyError(`the PEM block "${label}" does not hold a usable key`, { cause }),
  );
}

function keyObjectToJwk(key: NodeKey): JWK {
  return withErrorContext(
    () => key.export({ format: "jwk" }),
    (cause) => new InvalidKeyError("this kind of key has no JWK form, so no supported algorithm can use it", { cause }),
  );
}

function isJwk(input: KeyInput): input is JWK {
  return typeof input === "object" && !(input instanceof Uint8Array) && !isCryptoKey(input) && !isNodeKey(input);
}

function isCryptoKey(input: unknown): input is CryptoKey {
  return Object.prototype.toString.call(input) === "[object CryptoKey]";
}
