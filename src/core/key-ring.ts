/** The manager's own keys: which of them signs now, which verify, and which are published. */
import type { JWK } from "jose";
import type { AuthData } from "./auth-data.ts";
import { type KeyOptions, type ResolvedKey, resolveKey, toConfigError } from "./config-keys.ts";
import { InvalidConfigError, MissingSignerError } from "./errors.ts";
import type { Algorithm } from "./jwt/algorithms.ts";
import { InvalidKeyError, JWKSClientError } from "./jwt/errors.ts";
import type { KeySet, KeySource } from "./jwt/key-set.ts";
import { type MaybePromise, promisesAreShared } from "./jwt/maybe-promise.ts";
import { createRefreshing, type RefreshTimes } from "./jwt/refreshing.ts";
import { type KeyConfig, type KeyLoader, parseKeyList } from "./key-config.ts";

/** What all keys of a ring share. */
export type RingOptions = Omit<KeyOptions, "algorithm" | "secret" | "privateKey" | "publicKey">;

/** The keys at one moment. */
export interface Ring extends KeySet {
  readonly keys: readonly RingKey[];
  /** The newest key that may sign now. Throws `MissingSignerError`. */
  signer(): AuthData;
}

/** The keys, for as long as the manager lives. */
export interface KeyRing extends KeySource {
  current(): MaybePromise<Ring>;
  renewed(): MaybePromise<Ring>;
  /** The algorithms that its keys have, or `undefined` where a loader may bring others. */
  readonly algorithms: readonly Algorithm[] | undefined;
  /** The option that an invalid key is named by where nothing more is known. */
  readonly option: string;
  /** From now on the key neither signs nor verifies, in this process. Rejects with `TypeError` where no key has this `kid` yet. */
  retire(kid: string): Promise<void>;
  /** What others may know of the keys. */
  publish(): Promise<PublishedKeys>;
}

/** The keys that verify now or will, as others see them. */
export interface PublishedKeys {
  /** By an allow-list of members (RFC 7517), and never a secret. */
  readonly keys: JWK[];
  /** When the first of them retires, in seconds; `Infinity` where none does. */
  readonly until: number;
}

/** A key of the ring. */
export interface RingKey extends Omit<ResolvedKey, "makeSigner"> {
  /** The `kid` of its tokens; `undefined` for a manager's only key, whose tokens name none and may name any. */
  readonly kid: string | undefined;
  /** Its `kid`, or the thumbprint once `identify` was asked for it. */
  id(): string | undefined;
  /** Its `kid`, or the thumbprint where it has one. */
  identify(): Promise<string | undefined>;
  readonly signer: AuthData | undefined;
  readonly signFrom: number;
  readonly retireAt: number;
}

/** A ring of one key, as the options `algorithm`, `secret`, `privateKey` and `publicKey` give it. Throws a config error. */
export function createSingleKeyRing(options: KeyOptions): KeyRing {
  const { makeSigner, ...resolved } = resolveKey(options);
  let thumbprint: string | undefined;
  const key: RingKey = {
    ...resolved,
    kid: undefined,
    id: () => thumbprint,
    identify: async () => (thumbprint ??= await thumbprintOf(resolved)),
    signer: makeSigner?.(undefined),
    signFrom: 0,
    retireAt: Number.POSITIVE_INFINITY,
  };
  const traits = { algorithms: [key.algorithm], option: resolved.options.verify, now: options.now };
  return createRing(traits, (life) => {
    const ring = makeRing([key], life);
    return { current: () => ring, renewed: () => ring };
  });
}

/** A ring of the option `keys`. Throws `InvalidConfigError` that names the key's option; a thumbprint that two keys share rejects at every use. */
export function createListedRing(list: unknown, options: RingOptions): KeyRing {
  const listed = readList(list, options);
  const algorithms = [...new Set(listed.map(({ algorithm }) => algorithm))];
  return createRing({ algorithms, option: "keys", now: options.now }, (life) => {
    let ring: Ring | undefined;
    let building: Promise<Ring> | undefined;
    const build = async (): Promise<Ring> => (ring = makeRing(await nameKeys(listed), life));
    const current = (): MaybePromise<Ring> => {
      if (ring) return ring;
      if (!building || !promisesAreShared()) building = build();
      return building;
    };
    return { current, renewed: current };
  });
}

/** A ring that `load` fills, asked again in time. Loads nothing before something asks. */
export function createLoadedRing(load: KeyLoader, times: RefreshTimes, options: RingOptions): KeyRing {
  return createRing({ algorithms: undefined, option: "keys", now: options.now }, (life) => {
    let previous: Ring | undefined;
    return createRefreshing({
      ...times,
      now: options.now,
      async load() {
        previous = makeRing(await nameKeys(readList(await load(), options), previous), life);
        return previous;
      },
      explain: (cause) => new JWKSClientError("The keys cannot be loaded", { cause }),
    });
  });
}

/** What ends a key: its time, and `retire`. */
interface Life {
  readonly now: () => number;
  /** By `kid`, whether or not a key has it yet. */
  readonly retired: ReadonlySet<string>;
}

type Traits = Pick<KeyRing, "algorithms" | "option"> & Pick<Life, "now">;

function createRing(traits: Traits, open: (life: Life) => Pick<KeyRing, "current" | "renewed">): KeyRing {
  const { now, ...rest } = traits;
  const retired = new Set<string>();
  const { current, renewed } = open({ now, retired });
  return {
    ...rest,
    current,
    renewed,
    async retire(kid) {
      if (typeof kid !== "string") throw new TypeError("kid must be a string");
      // At once, and for good: what no key has yet, a loader may still bring.
      retired.add(kid);
      if ((await has(await current(), kid)) || (await has(await renewed(), kid))) return;
      throw new TypeError(`No key has the kid "${kid}"`);
    },
    async publish() {
      const ring = await current();
      await Promise.all(ring.keys.map((key) => key.identify()));
      const live = ring.keys.filter((key) => ring.holds(key.verifyKey));
      const published = await Promise.all(live.map(async (key) => ({ jwk: await toPublished(key), key })));
      const open = published.filter(({ jwk }) => jwk !== undefined);
      return {
        keys: open.map(({ jwk }) => jwk as JWK),
        until: Math.min(...open.map(({ key }) => key.retireAt)),
      };
    },
  };
}

async function has(ring: Ring, kid: string): Promise<boolean> {
  return (await Promise.all(ring.keys.map((key) => key.identify()))).includes(kid);
}

function makeRing(keys: readonly RingKey[], { now, retired }: Life): Ring {
  const isRetired = (id: string | undefined): boolean => id !== undefined && retired.has(id);
  const liveKeys = (): RingKey[] => keys.filter((key) => now() < key.retireAt && !isRetired(key.id()));
  return {
    keys,
    find: (kid, algorithm) =>
      liveKeys()
        .filter((key) => key.algorithm === algorithm)
        .filter((key) => kid === undefined || key.kid === undefined || key.kid === kid)
        .map(({ verifyKey }) => verifyKey),
    holds: (prepared) => liveKeys().some(({ verifyKey }) => verifyKey === prepared),
    retiresAt: (prepared) => keys.find(({ verifyKey }) => verifyKey === prepared)?.retireAt,
    signer() {
      const signing = liveKeys().filter((key) => key.signer && key.signFrom <= now());
      // Of keys that began together the one listed last.
      const newest = signing.reduce<RingKey | undefined>(
        (best, key) => (best && best.signFrom > key.signFrom ? best : key),
        undefined,
      );
      if (!newest?.signer) throw new MissingSignerError("The manager has no key that may sign now");
      return newest.signer;
    },
  };
}

interface ListedKey extends ResolvedKey {
  readonly config: KeyConfig;
}

function readList(list: unknown, options: RingOptions): ListedKey[] {
  return parseKeyList(list).map((config, index) => ({
    ...resolveKey({ ...options, ...config }, `keys.${index}.`),
    config,
  }));
}

/** The keys with their `kid`s. One that `previous` had too verifies as the same, so that what it verified stands. */
async function nameKeys(listed: readonly ListedKey[], previous?: Ring): Promise<RingKey[]> {
  const thumbprints = await Promise.all(listed.map(thumbprintOf));
  const kids = listed.map(({ config }, index) => config.kid ?? thumbprints[index]);
  return Promise.all(
    listed.map(async ({ config, makeSigner, ...key }, index) => {
      const kid = kids[index];
      if (kid === undefined)
        throw new InvalidConfigError(`keys.${index}.kid`, "must be given: the key cannot be exported for a thumbprint");
      if (kids.indexOf(kid) < index)
        throw new InvalidConfigError(`keys.${index}.kid`, "is the kid of an earlier key too");
      const { signFrom = 0, retireAt = Number.POSITIVE_INFINITY } = config;
      const before = previous?.keys.find((one) => one.kid === kid && one.algorithm === key.algorithm);
      const thumbprint = thumbprints[index];
      const isSame = thumbprint !== undefined && (await before?.verifyKey.thumbprint()) === thumbprint;
      return {
        ...key,
        ...(before && isSame ? { verifyKey: before.verifyKey } : {}),
        kid,
        id: () => kid,
        identify: async () => kid,
        signer: makeSigner?.(kid),
        signFrom,
        retireAt,
      };
    }),
  );
}

async function thumbprintOf({
  verifyKey,
  options,
}: Pick<ResolvedKey, "verifyKey" | "options">): Promise<string | undefined> {
  try {
    return await verifyKey.thumbprint();
  } catch (cause) {
    if (cause instanceof InvalidKeyError) throw toConfigError(options.verify, cause);
    throw new InvalidConfigError(options.verify, "is no key that a thumbprint can be made of", { cause });
  }
}

async function toPublished(key: RingKey): Promise<JWK | undefined> {
  const jwk = await key.verifyKey.toPublicJwk();
  const kid = await key.identify();
  return jwk && { ...jwk, ...(kid === undefined ? {} : { kid }), alg: key.algorithm, use: "sig" };
}
