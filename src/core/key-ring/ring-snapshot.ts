/** The keys of a ring: what each is called, and which of them sign and verify at a moment. */

import { InvalidConfigError, MissingSignerError } from "../errors.ts";
import { InvalidKeyError } from "../jwt/errors.ts";
import type { KeySet } from "../jwt/keys/key-source.ts";
import type { AuthData } from "../tokens/auth-data.ts";
import { withErrorContext } from "../util/error-context.ts";
import { type KeyConfig, parseKeyList } from "./key-options.ts";
import { type KeyPair, type KeyPairOptions, resolveKeyPair, toConfigError } from "./key-pair.ts";

/** What all keys of a ring share. */
export type SnapshotOptions = Omit<KeyPairOptions, "algorithm" | "secret" | "privateKey" | "publicKey">;

/** A key of the ring. */
export interface RingKey extends Omit<KeyPair, "makeSigner"> {
  /**
   * The `kid` of its tokens; `undefined` for a manager's only key, whose tokens name none and may
   * name any.
   */
  readonly kid: string | undefined;
  /** Its `kid`, or the thumbprint once `identify` was asked for it. */
  id(): string | undefined;
  /** Its `kid`, or the thumbprint where it has one. */
  identify(): Promise<string | undefined>;
  readonly signer: AuthData | undefined;
  readonly signFrom: number;
  readonly retireAt: number;
}

/** A key of the ring that signs. */
interface SigningRingKey extends RingKey {
  readonly signer: AuthData;
}

/** The keys at one moment. */
export interface RingSnapshot extends KeySet {
  readonly keys: readonly RingKey[];
  /** The newest key that may sign now. Throws `MissingSignerError`. */
  newest(): SigningRingKey;
}

/** What ends a key: its time, and `retire`. */
export interface Life {
  readonly now: () => number;
  /** By `kid`, whether or not a key has it yet. */
  readonly retired: ReadonlySet<string>;
}

/** A key of a list, before it has its `kid`. */
export interface ListedKey extends KeyPair {
  readonly config: KeyConfig;
}

/**
 * The keys of a list, prepared. Throws `InvalidConfigError` or `MissingConfigError` that names the
 * place.
 */
export function readList(list: unknown, options: SnapshotOptions): ListedKey[] {
  return parseKeyList(list).map((config, index) => ({
    ...resolveKeyPair({ ...options, ...config }, `keys.${index}.`),
    config,
  }));
}

/**
 * The keys with their `kid`s. One that `previous` had too verifies as the same, so that what it
 * verified stands. Rejects with `InvalidConfigError` for a `kid` that two of them have, and for a
 * key without any.
 */
export async function nameKeys(listed: readonly ListedKey[], previous?: RingSnapshot): Promise<RingKey[]> {
  const thumbprints = await Promise.all(listed.map(thumbprintOf));
  const kids = listed.map(({ config }, index) => config.kid ?? thumbprints[index]);
  return Promise.all(
    listed.map(async (key, index) => {
      const kid = kids[index];
      if (kid === undefined)
        throw new InvalidConfigError(`keys.${index}.kid`, "must be given: the key cannot be exported for a thumbprint");
      if (kids.indexOf(kid) < index)
        throw new InvalidConfigError(`keys.${index}.kid`, "is the kid of an earlier key too");
      const before = previous?.keys.find((one) => one.kid === kid && one.algorithm === key.algorithm);
      const thumbprint = thumbprints[index];
      const isSame = thumbprint !== undefined && (await before?.verifyKey.thumbprint()) === thumbprint;
      return nameKey(before && isSame ? { ...key, verifyKey: before.verifyKey } : key, kid);
    }),
  );
}

/** RFC 7638; `undefined` for a key that cannot be exported. Rejects with `InvalidConfigError`. */
export async function thumbprintOf({
  verifyKey,
  options,
}: Pick<KeyPair, "verifyKey" | "options">): Promise<string | undefined> {
  return withErrorContext(
    () => verifyKey.thumbprint(),
    (cause) =>
      cause instanceof InvalidKeyError
        ? toConfigError(options.verify, cause)
        : new InvalidConfigError(options.verify, "is no key that a thumbprint can be made of", { cause }),
  );
}

/** The keys as they are at each moment that asks. */
export function makeSnapshot(keys: readonly RingKey[], { now, retired }: Life): RingSnapshot {
  const isRetired = (id: string | undefined): boolean => id !== undefined && retired.has(id);
  const isLive = (key: RingKey): boolean =>
    (key.retireAt === Number.POSITIVE_INFINITY || now() < key.retireAt) && !(retired.size > 0 && isRetired(key.id()));
  return {
    keys,
    find: (kid, algorithm) =>
      keys
        .filter((key) => key.algorithm === algorithm && isLive(key))
        .filter((key) => kid === undefined || key.kid === undefined || key.kid === kid)
        .map(({ verifyKey }) => verifyKey),
    holds(prepared) {
      // A loop: it is asked at every use of a token.
      for (const key of keys) if (key.verifyKey === prepared && isLive(key)) return true;
      return false;
    },
    retiresAt: (prepared) => keys.find(({ verifyKey }) => verifyKey === prepared)?.retireAt,
    newest() {
      const signing = keys.filter(
        (key): key is SigningRingKey => isLive(key) && key.signer !== undefined && key.signFrom <= now(),
      );
      const newest = newestOf(signing, ({ signFrom }) => signFrom);
      if (!newest) throw new MissingSignerError("The manager has no key that may sign now");
      return newest;
    },
  };
}

/**
 * Which key signs, of those that may: the newest, and of several that began together the one listed
 * last.
 */
export function newestOf<K>(keys: readonly K[], startOf: (key: K) => number): K | undefined {
  return keys.reduce<K | undefined>((best, key) => (best && startOf(best) > startOf(key) ? best : key), undefined);
}

// A function of its own: what it makes is kept, and must not keep the ring before with it, and so
// every earlier one.
function nameKey({ config, makeSigner, ...key }: ListedKey, kid: string): RingKey {
  const { signFrom = 0, retireAt = Number.POSITIVE_INFINITY } = config;
  const signer = makeSigner?.(kid);
  return { ...key, kid, id: () => kid, identify: async () => kid, signer, signFrom, retireAt };
}
