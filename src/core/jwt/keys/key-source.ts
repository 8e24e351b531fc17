/** `KeySource`: the interface of every source of verification keys. */
import type { MaybePromise } from "../../util/promises/maybe-promise.ts";
import type { CanonicalAlgorithm } from "../algorithms.ts";
import type { PreparedKey } from "./prepared-key.ts";

/** Verification keys, found by the `kid` and `alg` of a token. */
export interface KeySet {
  /** The keys for `algorithm` with this `kid`, or with any `kid` if it is `undefined`. */
  find(kid: string | undefined, algorithm: CanonicalAlgorithm): readonly PreparedKey[];
  /** Whether a key that `find` returned is still trusted. */
  holds(key: PreparedKey): boolean;
  /** The time from which `key` is no longer trusted, in seconds; `undefined` if unknown. */
  retiresAt(key: PreparedKey): number | undefined;
}

/** A source of a key set: a ring, a loader, a remote set or a local set. */
export interface KeySource {
  /** The current set, synchronously if it is loaded. Throws or rejects with `JWKSClientError`. */
  current(): MaybePromise<KeySet>;
  /**
   * The set for a token whose key is not in the current set: loaded again, or the current set
   * during the cooldown. Throws or rejects as `current` does.
   */
  renewed(): MaybePromise<KeySet>;
}
