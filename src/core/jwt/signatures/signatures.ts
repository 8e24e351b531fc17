/** `Signatures`: the operations of one key, by `node:crypto` or by WebCrypto. */
import type { MaybePromise } from "../../util/promises/maybe-promise.ts";
import type { CanonicalAlgorithm } from "../algorithms.ts";
import { InvalidKeyError } from "../errors.ts";
import type { SignatureQueue } from "./signature-queue.ts";

/**
 * Signs and verifies with one key and its one algorithm. `data` has one character for each byte.
 * Both operations throw or reject with `InvalidKeyError` if the key is unusable.
 */
export interface Signatures {
  /**
   * The only valid length of a signature, in bytes.
   * @see RFC 8017, sections 8.1.2 and 8.2.2
   * @see RFC 7518, sections 3.2 and 3.4
   * @see RFC 8032, section 5.1.6
   */
  readonly length: number;
  /** Whether `signature`, which has the valid length, is a signature of `data`. */
  verify(data: string, signature: Uint8Array, queue: SignatureQueue): MaybePromise<boolean>;
  /** The signature of `data`. */
  sign(data: string, queue: SignatureQueue): MaybePromise<Uint8Array>;
}

/** The error of a key that cannot be used with its algorithm. */
export function unusableKey(use: "sign" | "verify", algorithm: CanonicalAlgorithm, cause: unknown): InvalidKeyError {
  return new InvalidKeyError(`the key cannot ${use} with ${algorithm}: pass a key that was made for it`, { cause });
}
