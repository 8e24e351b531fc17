/** The manager's own keys: one key, a list or a loader. Retires and publishes keys. */
import type { JWK } from "jose";
import type { CanonicalAlgorithm } from "../jwt/algorithms.ts";
import { JWKSClientError } from "../jwt/errors.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import { type MaybePromise, promisesAreShared } from "../util/promises/maybe-promise.ts";
import { createRefreshing, type RefreshTimes } from "../util/promises/refreshing.ts";
import type { KeyLoader } from "./key-options.ts";
import { type KeyPairOptions, resolveKeyPair } from "./key-pair.ts";
import {
  type Life,
  makeSnapshot,
  nameKeys,
  type RingKey,
  type RingSnapshot,
  readList,
  type SnapshotOptions,
  thumbprintOf,
} from "./ring-snapshot.ts";

/** The keys of a manager. */
export interface KeyRing extends KeySource {
  current(): MaybePromise<RingSnapshot>;
  renewed(): MaybePromise<RingSnapshot>;
  /** The algorithms of the keys; `undefined` if a loader may bring others. */
  readonly algorithms: readonly CanonicalAlgorithm[] | undefined;
  /** The option that messages about an invalid key name by default. */
  readonly option: string;
  /**
   * Stops the key from signing and verifying in this process. Rejects with `TypeError` if no key
   * has this `kid` yet.
   */
  retire(kid: string): Promise<void>;
  /** The public halves of the keys. */
  publish(): Promise<PublishedKeys>;
}

/** The public keys that verify now or later. */
interface PublishedKeys {
  /** Only allowed members of JWKs (RFC 7517); never a secret. */
  readonly keys: JWK[];
  /** The time at which the first key retires, in seconds; `Infinity` if no key retires. */
  readonly until: number;
}

/**
 * Creates a ring of one key from `algorithm`, `secret`, `privateKey` and `publicKey`. Throws a
 * config error.
 */
export function createSingleKeyRing(options: KeyPairOptions): KeyRing {
  const { makeSigner, ...resolved } = resolveKeyPair(options);
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
  const traits = { algorithms: [key.verifyKey.algorithm], option: resolved.options.verify, now: options.now };
  return createRing(traits, (life) => {
    const ring = makeSnapshot([key], life);
    return { current: () => ring, renewed: () => ring };
  });
}

/**
 * Creates a ring of a list of keys. Throws `InvalidConfigError` with the path of the option. If two
 * keys have the same thumbprint, every use of the ring rejects.
 */
export function createListedRing(list: unknown, options: SnapshotOptions): KeyRing {
  const listed = readList(list, options);
  const algorithms = [...new Set(listed.map(({ verifyKey }) => verifyKey.algorithm))];
  return createRing({ algorithms, option: "keys", now: options.now }, (life) => {
    let ring: RingSnapshot | undefined;
    let building: Promise<RingSnapshot> | undefined;
    const build = async (): Promise<RingSnapshot> => (ring = makeSnapshot(await nameKeys(listed), life));
    const current = (): MaybePromise<RingSnapshot> => {
      if (ring) return ring;
      if (!building || !promisesAreShared()) building = build();
      return building;
    };
    return { current, renewed: current };
  });
}

/** Creates a ring that `load` fills and renews. The first use loads the keys. */
export function createLoadedRing(
  load: KeyLoader,
  times: RefreshTimes,
  options: SnapshotOptions,
  onFailure?: (error: Error) => void,
): KeyRing {
  return createRing({ algorithms: undefined, option: "keys", now: options.now }, (life) => {
    let previous: RingSnapshot | undefined;
    return createRefreshing({
      ...times,
      onFailure,
      now: options.now,
      async load() {
        previous = makeSnapshot(await nameKeys(readList(await load(), options), previous), life);
        return previous;
      },
      explain: (cause) => new JWKSClientError("The keys cannot be loaded", { cause }),
    });
  });
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
      // Remembered also for a `kid` that a loader brings later.
      retired.add(kid);
      if ((await has(await current(), kid)) || (await has(await renewed(), kid))) return;
      throw new TypeError(
        `No key has the kid "${kid}"; see jwks() for the current ones. A later key with it is retired`,
      );
    },
    async publish() {
      const ring = await current();
      await Promise.all(ring.keys.map((key) => key.identify()));
      const live = ring.keys.filter((key) => ring.holds(key.verifyKey));
      const jwks = await Promise.all(live.map(toPublished));
      const retirements = live.filter((_, index) => jwks[index]).map(({ retireAt }) => retireAt);
      return { keys: jwks.filter((jwk) => jwk !== undefined), until: Math.min(...retirements) };
    },
  };
}

async function has(ring: RingSnapshot, kid: string): Promise<boolean> {
  return (await Promise.all(ring.keys.map((key) => key.identify()))).includes(kid);
}

async function toPublished(key: RingKey): Promise<JWK | undefined> {
  const jwk = await key.verifyKey.toPublicJwk();
  const kid = await key.identify();
  return jwk && { ...jwk, ...(kid === undefined ? {} : { kid }), alg: key.algorithm, use: "sig" };
}
