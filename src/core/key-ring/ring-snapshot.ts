/** The keys of a ring at one moment: their names, and which of them sign and verify. */

import { InvalidConfigError, MissingSignerError } from "../errors.ts";
import { InvalidKeyError } from "../jwt/errors.ts";
import type { KeySet } from "../jwt/keys/key-source.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import type { AuthData } from "../tokens/auth-data.ts";
import { withErrorContext } from "../util/error-context.ts";
import { type KeyConfig, parseKeyList } from "./key-options.ts";
import { type KeyPair, type KeyPairOptions, resolveKeyPair, toConfigError } from "./key-pair.ts";

/** The options that all keys of a ring share. */
export type SnapshotOptions = Omit<KeyPairOptions, "algorithm" | "secret" | "privateKey" | "publicKey">;

/** A key of the ring. */
export interface RingKey extends Omit<KeyPair, "makeSigner"> {
  /**
   * The `kid` of the key's tokens; `undefined` for a manager's single key. Its tokens have no
   * `kid`, and it verifies tokens with any.
   */
  readonly kid: string | undefined;
  /** The `kid`, or the thumbprint after a call of `identify`. */
  id(): string | undefined;
  /** The `kid`, or the thumbprint if the key has one. */
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

/** The causes that end a key: its time, and `retire`. */
export interface Life {
  readonly now: () => number;
  /** Each `kid`, also if no key has it yet. */
  readonly retired: ReadonlySet<string>;
}

/** A key of a list, before it has its `kid`. */
export interface ListedKey extends KeyPair {
  readonly config: KeyConfig;
}

/**
 * Prepares the keys of a list. Throws `InvalidConfigError` or `MissingConfigError` with the path of
 * the option.
 */
export function readList(list: unknown, options: SnapshotOptions): ListedKey[] {
  return parseKeyList(list).map((config, index) => ({
    ...resolveKeyPair({ ...options, ...config }, `keys.${index}.`),
    config,
  }));
}

/**
 * Gives the keys their `kid`. A key that `previous` has too keeps its prepared key, so that cached
 * tokens stay valid. Rejects with `InvalidConfigError` for a repeated or a missing `kid`.
 */
export async function nameKeys(listed: readonly ListedKey[], previous?: RingSnapshot): Promise<RingKey[]> {
  const thumbprints = await Promise.all(listed.map(thumbprintOf));
  const kids = listed.map(({ config }, index) => config.kid ?? thumbprints[index]);
  return Promise.all(
    listed.map(async (key, index) => {
      const kid = kids[index];
      if (kid === undefined)
        throw new InvalidConfigError(
          `keys.${index}.kid`,
          "must be set, because this key cannot be exported for a thumbprint",
        );
      if (kids.indexOf(kid) < index)
        throw new InvalidConfigError(`keys.${index}.kid`, "must be unique, and an earlier key has the same kid");
      const before = previous?.keys.find((one) => one.kid === kid && one.algorithm === key.algorithm);
      const thumbprint = thumbprints[index];
      const isSame = thumbprint !== undefined && (await before?.verifyKey.thumbprint()) === thumbprint;
      return nameKey(before && isSame ? { ...key, verifyKey: before.verifyKey } : key, kid);
    }),
  );
}

/**
 * The thumbprint of a key; `undefined` if it cannot be exported. Rejects with `InvalidConfigError`.
 * @see RFC 7638, section 3
 */
export async function thumbprintOf({
  verifyKey,
  options,
}: Pick<KeyPair, "verifyKey" | "options">): Promise<string | undefined> {
  return withErrorContext(
    () => verifyKey.thumbprint(),
    (cause) =>
      cause instanceof InvalidKeyError
        ? toConfigError(options.verify, cause)
        : new InvalidConfigError(options.verify, "must be a key with a thumbprint; set its kid instead", { cause }),
  );
}

/** Creates the view of the keys, which decides by the time of each call. */
export function makeSnapshot(keys: readonly RingKey[], { now, retired }: Life): RingSnapshot {
  const isRetired = (id: string | undefined): boolean => id !== undefined && retired.has(id);
  const isLive = (key: RingKey): boolean =>
    (key.retireAt === Number.POSITIVE_INFINITY || now() < key.retireAt) && !(retired.size > 0 && isRetired(key.id()));
  return {
    keys,
    // Loops without closures: every use of a token calls them.
    find(kid, algorithm) {
      const found: PreparedKey[] = [];
      for (const key of keys) {
        const isNamed = kid === undefined || key.kid === undefined || key.kid === kid;
        if (isNamed && key.verifyKey.algorithm === algorithm && isLive(key)) found.push(key.verifyKey);
      }
      return found;
    },
    holds(prepared) {
      for (const key of keys) if (key.verifyKey === prepared && isLive(key)) return true;
      return false;
    },
    retiresAt: (prepared) => keys.find(({ verifyKey }) => verifyKey === prepared)?.retireAt,
    newest() {
      const signing = keys.filter(
        (key): key is SigningRingKey => isLive(key) && key.signer !== undefined && key.signFrom <= now(),
      );
      const newest = newestOf(signing, ({ signFrom }) => signFrom);
      if (!newest)
        throw new MissingSignerError(
          "The manager has no key that may sign now: add a private key or a secret whose signFrom has come",
        );
      return newest;
    },
  };
}

/** The newest of the keys that may sign; of several with the same start, the last in the list. */
export function newestOf<K>(keys: readonly K[], startOf: (key: K) => number): K | undefined {
  return keys.reduce<K | undefined>((best, key) => (best && startOf(best) > startOf(key) ? best : key), undefined);
}

// Apart from nameKeys, because closures there would keep every previous ring in memory.
function nameKey({ config, makeSigner, ...key }: ListedKey, kid: string): RingKey {
  const { signFrom = 0, retireAt = Number.POSITIVE_INFINITY } = config;
  const signer = makeSigner?.(kid);
  return { ...key, kid, id: () => kid, identify: async () => kid, signer, signFrom, retireAt };
}
