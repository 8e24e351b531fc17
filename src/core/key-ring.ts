/** The manager's own keys: which of them signs now, which verify, and which are published. */
import type { JWK } from "jose";
import type { AuthData } from "./auth-data.ts";
import { type KeyOptions, type ResolvedKey, resolveKey, toConfigError } from "./config-keys.ts";
import { InvalidConfigError, MissingSignerError } from "./errors.ts";
import type { Algorithm } from "./jwt/algorithms.ts";
import { JWKSClientError } from "./jwt/errors.ts";
import type { KeySet, KeySource } from "./jwt/key-set.ts";
import type { MaybePromise } from "./jwt/maybe-promise.ts";
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
  /** From now on the key neither signs nor verifies, in this process. Rejects with `TypeError` where no key has this `kid`. */
  retire(kid: string): Promise<void>;
  /** The public keys that verify now or will (RFC 7517): by an allow-list of members, and never a secret. */
  publicKeys(): Promise<JWK[]>;
  /** When the first of its keys retires, in seconds. */
  nextRetirement(): Promise<number | undefined>;
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
  const resolved = resolveKey(options);
  let thumbprint: string | undefined;
  const key: RingKey = {
    ...resolved,
    kid: undefined,
    id: () => thumbprint,
    identify: async () => (thumbprint ??= await resolved.verifyKey.thumbprint()),
    signer: resolved.makeSigner?.(undefined),
    signFrom: 0,
    retireAt: Number.POSITIVE_INFINITY,
  };
  return createRing([key.algorithm], resolved.options.verify, options.now, (retired) => {
    const ring = makeRing([key], retired, options.now);
    return { current: () => ring, renewed: () => ring };
  });
}

/** A ring of the option `keys`. Throws `InvalidConfigError` that names the key's option; a thumbprint that two keys share rejects at every use. */
export function createListedRing(list: unknown, options: RingOptions): KeyRing {
  const configs = parseKeyList(list);
  const resolved = configs.map((config, index) => resolveKey({ ...options, ...config }, `keys.${index}.`));
  const algorithms = [...new Set(configs.map(({ algorithm }) => algorithm))];
  return createRing(algorithms, "keys", options.now, (retired) => {
    let ring: Ring | undefined;
    const build = once(async () => {
      ring = makeRing(await nameKeys(configs, resolved), retired, options.now);
      return ring;
    });
    const current = (): MaybePromise<Ring> => ring ?? build();
    return { current, renewed: current };
  });
}

/** A ring that `load` fills, asked again in time. Loads nothing before something asks. */
export function createLoadedRing(load: KeyLoader, times: RefreshTimes, options: RingOptions): KeyRing {
  return createRing(undefined, "keys", options.now, (retired) => {
    let previous: Ring | undefined;
    return createRefreshing({
      ...times,
      now: options.now,
      async load() {
        const configs = parseKeyList(await load());
        const resolved = configs.map((config, index) => resolveKey({ ...options, ...config }, `keys.${index}.`));
        previous = makeRing(await nameKeys(configs, resolved, previous), retired, options.now);
        return previous;
      },
      explain: (cause) => new JWKSClientError("The keys cannot be loaded", { cause }),
    });
  });
}

type RingSource = Pick<KeyRing, "current" | "renewed">;

function createRing(
  algorithms: readonly Algorithm[] | undefined,
  option: string,
  now: () => number,
  open: (retired: Set<string>) => RingSource,
): KeyRing {
  const retired = new Set<string>();
  const { current, renewed } = open(retired);
  const live = async (): Promise<readonly RingKey[]> => {
    const ring = await current();
    await Promise.all(ring.keys.map((key) => key.identify()));
    return ring.keys.filter((key) => ring.holds(key.verifyKey));
  };
  return {
    current,
    renewed,
    algorithms,
    option,
    async retire(kid) {
      if (typeof kid !== "string") throw new TypeError("kid must be a string");
      retired.add(kid);
      if ((await has(await current(), kid)) || (await has(await renewed(), kid))) return;
      retired.delete(kid);
      throw new TypeError(`No key has the kid "${kid}"`);
    },
    async publicKeys() {
      const jwks = await Promise.all((await live()).map(toPublished));
      return jwks.filter((jwk) => jwk !== undefined);
    },
    async nextRetirement() {
      const next = Math.min(...(await live()).map(({ retireAt }) => retireAt));
      return next === Number.POSITIVE_INFINITY || next <= now() ? undefined : next;
    },
  };
}

async function has(ring: Ring, kid: string): Promise<boolean> {
  return (await Promise.all(ring.keys.map((key) => key.identify()))).includes(kid);
}

function makeRing(keys: readonly RingKey[], retired: ReadonlySet<string>, now: () => number): Ring {
  const liveKeys = (): RingKey[] => keys.filter((key) => now() < key.retireAt && !retired.has(key.id() ?? ""));
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

/** The keys with their `kid`s. One that `previous` had too is the same, with all that was imported. */
async function nameKeys(
  configs: readonly KeyConfig[],
  resolved: readonly ResolvedKey[],
  previous?: Ring,
): Promise<RingKey[]> {
  const thumbprints = await Promise.all(resolved.map((key) => thumbprintOf(key)));
  const kids = configs.map((config, index) => config.kid ?? thumbprints[index]);
  return Promise.all(
    resolved.map(async ({ makeSigner, ...key }, index) => {
      const kid = kids[index];
      if (kid === undefined)
        throw new InvalidConfigError(`keys.${index}.kid`, "must be given: the key cannot be exported for a thumbprint");
      if (kids.indexOf(kid) < index)
        throw new InvalidConfigError(`keys.${index}.kid`, "is the kid of an earlier key too");
      const { signFrom = 0, retireAt = Number.POSITIVE_INFINITY } = configs[index] as KeyConfig;
      const thumbprint = thumbprints[index];
      const before = previous?.keys.find(
        (one) => one.kid === kid && one.algorithm === key.algorithm && (one.signer === undefined) === !makeSigner,
      );
      const isSame = thumbprint !== undefined && before && (await before.verifyKey.thumbprint()) === thumbprint;
      const kept = isSame ? before : { ...key, signer: makeSigner?.(kid) };
      return { ...kept, kid, id: () => kid, identify: async () => kid, signFrom, retireAt, options: key.options };
    }),
  );
}

async function thumbprintOf({ verifyKey, options }: ResolvedKey): Promise<string | undefined> {
  try {
    return await verifyKey.thumbprint();
  } catch (error) {
    throw toConfigError(options.verify, error);
  }
}

async function toPublished(key: RingKey): Promise<JWK | undefined> {
  const jwk = await key.verifyKey.toPublicJwk();
  const kid = await key.identify();
  return jwk && { ...jwk, ...(kid === undefined ? {} : { kid }), alg: key.algorithm, use: "sig" };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
