/** Verifies a token with the keys that its header names. */
import { andThen, isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import type { CanonicalAlgorithm } from "./algorithms.ts";
import {
  type CompactParts,
  type JwtHeader,
  type JwtPayload,
  payloadOf,
  type ReadHeader,
  readCompact,
} from "./compact.ts";
import { InvalidKeyError, InvalidSignatureError } from "./errors.ts";
import type { KeySet, KeySource } from "./keys/key-source.ts";
import type { PreparedKey } from "./keys/prepared-key.ts";
import type { SignatureQueue } from "./signatures/signature-queue.ts";
import { allowedAlgorithm, checkSignature, findSigner } from "./verify-signature.ts";

/** Options of `verifyWithKeys`. */
export interface VerifyOptions<T> {
  /** The algorithms that a token may have. */
  readonly algorithms: readonly CanonicalAlgorithm[];
  readonly readHeader: ReadHeader;
  /** The queue of the manager. */
  readonly queue: SignatureQueue;
  /** Checks the claims and makes the result. The signature is valid for `key`. */
  readonly accept: (header: JwtHeader, payload: JwtPayload, key: PreparedKey) => T;
  /** Makes the error for an unusable key. */
  readonly explain: (error: InvalidKeyError) => unknown;
}

/**
 * Verifies a token with keys of `source`. The result is synchronous if the keys are loaded and the
 * signature is computed synchronously. Throws or rejects with a token error, the result of
 * `explain` for an unusable key, or an error of `source` or `accept`.
 */
export function verifyWithKeys<T>(token: string, source: KeySource, options: VerifyOptions<T>): MaybePromise<T> {
  const parts = readCompact(token, options.readHeader);
  const keys = findKeys(source, parts.header, allowedAlgorithm(parts.header, options.algorithms));
  return isPromise(keys) ? verifyLater(parts, keys, options) : verifyNow(parts, keys, options);
}

// The waiting paths are functions of their own, because V8 allocates the context of a closure on
// entry to the function around it.
function verifyLater<T>(
  parts: CompactParts,
  keys: Promise<readonly PreparedKey[]>,
  options: VerifyOptions<T>,
): Promise<T> {
  return keys.then((found) => verifyNow(parts, found, options));
}

function verifyNow<T>(parts: CompactParts, keys: readonly PreparedKey[], options: VerifyOptions<T>): MaybePromise<T> {
  try {
    const signer = signerOf(parts, keys, options.queue);
    return isPromise(signer) ? acceptLater(parts, signer, options) : accept(parts, signer, options);
  } catch (error) {
    throw explained(error, options);
  }
}

async function acceptLater<T>(
  parts: CompactParts,
  signer: Promise<PreparedKey | undefined>,
  options: VerifyOptions<T>,
): Promise<T> {
  try {
    return accept(parts, await signer, options);
  } catch (error) {
    throw explained(error, options);
  }
}

function accept<T>(parts: CompactParts, signer: PreparedKey | undefined, options: VerifyOptions<T>): T {
  if (!signer) throw new InvalidSignatureError("The signature matches no trusted key");
  return options.accept(parts.header, payloadOf(parts), signer);
}

function explained<T>(error: unknown, { explain }: VerifyOptions<T>): unknown {
  return error instanceof InvalidKeyError ? explain(error) : error;
}

function signerOf(
  parts: CompactParts,
  keys: readonly PreparedKey[],
  queue: SignatureQueue,
): MaybePromise<PreparedKey | undefined> {
  // The usual case: one key.
  const only = keys.length === 1 ? keys[0] : undefined;
  if (!only) return findSigner(parts, keys, queue);
  const checked = checkSignature(parts, only, queue);
  return isPromise(checked) ? checked.then(() => only) : only;
}

function findKeys(
  source: KeySource,
  header: JwtHeader,
  algorithm: CanonicalAlgorithm,
): MaybePromise<readonly PreparedKey[]> {
  // readCompact rejects a kid that is not a string.
  const kid = Object.hasOwn(header, "kid") ? (header["kid"] as string) : undefined;
  const set = source.current();
  return isPromise(set) ? findLater(source, set, kid, algorithm) : findIn(source, set, kid, algorithm);
}

function findLater(
  source: KeySource,
  set: Promise<KeySet>,
  kid: string | undefined,
  algorithm: CanonicalAlgorithm,
): Promise<readonly PreparedKey[]> {
  return set.then((found) => findIn(source, found, kid, algorithm));
}

function findIn(
  source: KeySource,
  set: KeySet,
  kid: string | undefined,
  algorithm: CanonicalAlgorithm,
): MaybePromise<readonly PreparedKey[]> {
  const keys = set.find(kid, algorithm);
  return keys.length > 0 ? keys : findRenewed(source, kid, algorithm);
}

function findRenewed(
  source: KeySource,
  kid: string | undefined,
  algorithm: CanonicalAlgorithm,
): MaybePromise<readonly PreparedKey[]> {
  return andThen(source.renewed(), (renewed) => renewed.find(kid, algorithm));
}
