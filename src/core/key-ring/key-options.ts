/** What a key of the ring is, as options or a loader give it. */
import * as z from "zod";
import { InvalidConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { KeyInput } from "../jwt/keys/keys.ts";
import { algorithmSchema, dateSchema, parseOptions, refuseUndefined } from "../parse-options.ts";
import type { MaybePromise } from "../util/maybe-promise.ts";
import type { RefreshTimes } from "../util/refreshing.ts";
import { MAX_SECONDS, MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";

/** A key of the ring. It has a `secret`, or a `privateKey`, or, to verify only, a `publicKey`. */
export interface KeyConfig {
  /**
   * The `kid` header of the tokens that it signs.
   * @default the RFC 7638 thumbprint
   */
  readonly kid?: string;
  /** The only algorithm that it signs and verifies with. */
  readonly algorithm: Algorithm;
  /**
   * For HS*: bytes, an `oct` JWK, CryptoKey, KeyObject, or a string taken as literal UTF-8.
   * @default none
   */
  readonly secret?: KeyInput;
  /**
   * For the other algorithms: PEM, JWK, CryptoKey or KeyObject.
   * @default none
   */
  readonly privateKey?: KeyInput;
  /**
   * The public key. Without `privateKey` the key only verifies.
   * @default derived from `privateKey`
   */
  readonly publicKey?: KeyInput;
  /**
   * When it begins to sign, in seconds since 1970; it verifies before that too.
   * @default from the start
   */
  readonly signFrom?: number;
  /**
   * When it ends, in seconds since 1970: from then on it neither signs nor verifies. Must be later
   * than `signFrom`.
   * @default never
   */
  readonly retireAt?: number;
}

/** Gives the keys of the ring as they are now. */
export type KeyLoader = () => MaybePromise<readonly KeyConfig[]>;

/** How the keys of a loader are renewed, in seconds. Cannot be combined with a list of keys. */
export interface KeyRefreshConfig {
  /**
   * Seconds that loaded keys are used before the loader is called again.
   * @default 60
   */
  readonly interval?: number;
  /**
   * Seconds that the loader may take.
   * @default 5
   */
  readonly timeout?: number;
  /**
   * The fewest seconds between two loads that a failure or an unknown `kid` causes.
   * @default 5
   */
  readonly cooldown?: number;
  /**
   * Seconds beyond `interval` that the last keys serve while the loader fails.
   * @default 3600
   */
  readonly staleIfError?: number;
}

/** A key, in whichever form. */
export const anyKey: z.ZodType<KeyInput> = z.custom<KeyInput>(
  (value) => value !== null && ["string", "object"].includes(typeof value),
  "is not a key",
);

const keyList = z
  .array(
    z
      .strictObject({
        kid: z.string().min(1).optional(),
        algorithm: algorithmSchema,
        secret: anyKey.optional(),
        privateKey: anyKey.optional(),
        publicKey: anyKey.optional(),
        signFrom: dateSchema.optional(),
        retireAt: dateSchema.optional(),
      })
      .refine(({ signFrom, retireAt }) => signFrom === undefined || retireAt === undefined || signFrom < retireAt, {
        path: ["retireAt"],
        message: "does not come after signFrom",
      }),
  )
  .min(1, "holds no key");

const refreshTimes = z.strictObject({
  interval: z.number().positive().max(MAX_SECONDS).default(60),
  timeout: z.number().positive().max(MAX_TIMEOUT_SECONDS).default(5),
  cooldown: z.number().nonnegative().max(MAX_SECONDS).default(5),
  staleIfError: z.number().nonnegative().max(MAX_SECONDS).default(3600),
});

/**
 * Reads a list of keys. Throws `InvalidConfigError` that names the place, such as
 * `keys.0.algorithm`.
 */
export function parseKeyList(keys: unknown): KeyConfig[] {
  if (Array.isArray(keys)) keys.forEach((key: unknown, index) => refuseUndefined(key, `keys.${index}`));
  // Nothing is undefined by now, so what zod calls optional is just absent.
  const list = parseOptions(keyList, keys, "keys") as KeyConfig[];
  const kids = list.map(({ kid }) => kid);
  const repeated = kids.findIndex((kid, index) => kid !== undefined && kids.indexOf(kid) < index);
  if (repeated >= 0) throw new InvalidConfigError(`keys.${repeated}.kid`, "is the kid of an earlier key too");
  return list;
}

/** Reads `keyRefresh`. Throws `InvalidConfigError`. */
export function parseKeyRefresh(config: unknown): RefreshTimes {
  refuseUndefined(config, "keyRefresh");
  const { interval, ...times } = parseOptions(refreshTimes, config ?? {}, "keyRefresh");
  return { lifespan: interval, ...times };
}
