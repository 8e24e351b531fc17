/** The sources of verification keys: own ring, loader, remote set and local set are all a `KeySource`. */
import type { MaybePromise } from "../../util/maybe-promise.ts";
import type { Algorithm } from "../algorithms.ts";
import type { PreparedKey } from "./prepared-key.ts";

/** Keys to verify with, found by what a token's header says. */
export interface KeySet {
  /**
   * The keys that may have signed a token: those of its `kid`, or all where it names none, as far
   * as they serve the algorithm.
   */
  find(kid: string | undefined, algorithm: Algorithm): readonly PreparedKey[];
  /** Whether a key that was found before is trusted still. */
  holds(key: PreparedKey): boolean;
  /** When `key` is to be trusted no longer, in seconds, where that is known. */
  retiresAt(key: PreparedKey): number | undefined;
}

/** The source of a set. */
export interface KeySource {
  /**
   * The set that is trusted now, at once where it is there. Throws or rejects with
   * `JWKSClientError`.
   */
  current(): MaybePromise<KeySet>;
  /**
   * For who misses a key: the set asked for anew, or the same where it may not be asked for yet.
   * Throws or rejects as `current` does.
   */
  renewed(): MaybePromise<KeySet>;
}
