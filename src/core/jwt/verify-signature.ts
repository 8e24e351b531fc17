/** Checks the signature of a token with one key, or finds the key that signed it. */
import { bytesOfBase64url } from "../util/base64url.ts";
import { isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { type Algorithm, type CanonicalAlgorithm, canonicalAlgorithm } from "./algorithms.ts";
import type { CompactParts, JwtHeader } from "./compact.ts";
import { InvalidAlgorithmError, InvalidKeyError, InvalidSignatureError } from "./errors.ts";
import type { PreparedKey } from "./keys/prepared-key.ts";
import type { SignatureQueue } from "./signatures/signature-queue.ts";
import type { Signatures } from "./signatures/signatures.ts";

/** The algorithm of a token. Throws `InvalidAlgorithmError` unless it is one of `allowed`. */
export function allowedAlgorithm(header: JwtHeader, allowed: readonly CanonicalAlgorithm[]): CanonicalAlgorithm {
  const alg = Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  if (alg === undefined) throw new InvalidAlgorithmError('The token\'s header has no "alg"');
  const algorithm = canonicalAlgorithm(alg as Algorithm);
  if (!allowed.includes(algorithm)) throw new InvalidAlgorithmError("The token's algorithm is not allowed");
  return algorithm;
}

/**
 * Throws or rejects with `InvalidSignatureError` unless `key` signed the token, and with
 * `InvalidKeyError` for an unusable key.
 */
export function checkSignature(parts: CompactParts, key: PreparedKey, queue: SignatureQueue): MaybePromise<void> {
  const opened = key.open();
  return isPromise(opened) ? checkLater(opened, parts, queue) : checkWith(opened, parts, queue);
}

/** Whether `key` signed the token. Throws or rejects with `InvalidKeyError` for an unusable key. */
export function isSignedWith(parts: CompactParts, key: PreparedKey, queue: SignatureQueue): MaybePromise<boolean> {
  try {
    const checked = checkSignature(parts, key, queue);
    return isPromise(checked) ? checked.then(() => true, isValid) : true;
  } catch (error) {
    return isValid(error);
  }
}

/**
 * The first of `keys` that signed the token; `undefined` if none did. Throws or rejects with the
 * `InvalidKeyError` of an unusable key if no other key signed the token.
 */
export function findSigner(
  parts: CompactParts,
  keys: readonly PreparedKey[],
  queue: SignatureQueue,
  from: number = 0,
  failed?: InvalidKeyError,
): MaybePromise<PreparedKey | undefined> {
  let unusable = failed;
  for (let i = from; i < keys.length; i++) {
    const key = keys[i] as PreparedKey;
    const outcome = tryKey(parts, key, queue);
    if (isPromise(outcome)) {
      const before = unusable;
      return outcome.then((settled) =>
        settled === true ? key : findSigner(parts, keys, queue, i + 1, settled === false ? before : settled),
      );
    }
    if (outcome === true) return key;
    if (outcome !== false) unusable = outcome;
  }
  if (unusable) throw unusable;
  return undefined;
}

// A function of its own, because V8 allocates the context of a closure on entry to its function.
function checkLater(opened: Promise<Signatures>, parts: CompactParts, queue: SignatureQueue): Promise<void> {
  return opened.then((signatures) => checkWith(signatures, parts, queue));
}

function checkWith(
  signatures: Signatures,
  { signed, signature }: CompactParts,
  queue: SignatureQueue,
): MaybePromise<void> {
  const bytes = bytesOfBase64url(signature);
  // OpenSSL accepts a PSS signature without its leading zeros, so one token would have several
  // texts (RFC 8017, section 8.1.2).
  if (bytes.length !== signatures.length)
    throw new InvalidSignatureError("The signature does not have the length of its algorithm and key");
  const verified = signatures.verify(signed, bytes, queue);
  return isPromise(verified) ? verified.then(requireValid) : requireValid(verified);
}

function requireValid(isSigned: boolean): void {
  if (!isSigned) throw new InvalidSignatureError("The signature does not match the token and the key");
}

function isValid(error: unknown): false {
  if (error instanceof InvalidSignatureError) return false;
  throw error;
}

function tryKey(parts: CompactParts, key: PreparedKey, queue: SignatureQueue): MaybePromise<boolean | InvalidKeyError> {
  try {
    const signed = isSignedWith(parts, key, queue);
    return isPromise(signed) ? signed.catch(keyError) : signed;
  } catch (error) {
    return keyError(error);
  }
}

function keyError(error: unknown): InvalidKeyError {
  if (error instanceof InvalidKeyError) return error;
  throw error;
}
