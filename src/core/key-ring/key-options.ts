/** The options of a key of the ring, and of a loader. */
import * as z from "zod/mini";
import { InvalidConfigError } from "../errors.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { KeyInput } from "../jwt/keys/keys.ts";
import {
  algorithmSchema,
  dateSchema,
  parseOptions,
  rejectUndefined,
  secondsSchema,
  textSchema,
} from "../parse-options.ts";
import { lazy } from "../util/lazy.ts";
import type { MaybePromise } from "../util/promises/maybe-promise.ts";
import type { RefreshTimes } from "../util/promises/refreshing.ts";
import { MAX_SECONDS, MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";

/** A key of the ring. It has a `secret`, a `privateKey`, or, to verify only, a `publicKey`. */
export interface KeyConfig {
  /**
   * The `kid` header of the tokens that the key signs. Must be unique in the ring.
   * @default the RFC 7638 thumbprint
   * @see RFC 7515, section 4.1.4
   */
  readonly kid?: string;
  /**
   * The only algorithm that the key signs and verifies with.
   * @see RFC 7518, section 3.1
   */
  readonly algorithm: Algorithm;
  /**
   * The HMAC secret of HS*: bytes, an `oct` JWK, CryptoKey, KeyObject, or a string, whose UTF-8
   * bytes are the secret.
   * @default none
   */
  readonly secret?: KeyInput;
  /**
   * The private key of RS*, PS*, ES*, EdDSA or Ed25519: PEM, JWK, CryptoKey or KeyObject.
   * @default none
   */
  readonly privateKey?: KeyInput;
  /**
   * The public key, in the same forms. Without `privateKey` the key only verifies.
   * @default derived from `privateKey`
   */
  readonly publicKey?: KeyInput;
  /**
   * The time from which the key signs, in seconds since 1970. It verifies before that too.
   * @default from the start
   */
  readonly signFrom?: number;
  /**
   * The time from which the key neither signs nor verifies, in seconds since 1970. Must be later
   * than `signFrom`.
   * @default none
   */
  readonly retireAt?: number;
}

/** Loads the current keys of the ring. */
export type KeyLoader = () => MaybePromise<readonly KeyConfig[]>;

/** The times of a loader of keys, in seconds. Cannot be combined with a list of keys. */
export interface KeyRefreshConfig {
  /**
   * Seconds after which the loader is called again.
   * @default 60
   */
  readonly interval?: number;
  /**
   * Seconds, up to 2,000,000, in which the loader must answer.
   * @default 5
   */
  readonly timeout?: number;
  /**
   * The minimum of seconds between two loads that a failure or an unknown `kid` causes.
   * @default 5
   */
  readonly cooldown?: number;
  /**
   * Seconds beyond `interval` for which the last keys are used while the loader fails.
   * @default 3600
   */
  readonly staleIfError?: number;
}

/** @internal The schema of a key in any form. */
export const anyKey: z.ZodMiniType<KeyInput> = z.custom<KeyInput>(
  (value) => value !== null && ["string", "object"].includes(typeof value),
  "must be a key: a string, bytes, a JWK, a CryptoKey or a KeyObject",
);

const keyList = lazy(() =>
  z
    .array(
      z
        .strictObject({
          kid: z.optional(textSchema),
          algorithm: algorithmSchema,
          secret: z.optional(anyKey),
          privateKey: z.optional(anyKey),
          publicKey: z.optional(anyKey),
          signFrom: z.optional(dateSchema),
          retireAt: z.optional(dateSchema),
        })
        .check(
          z.refine(
            ({ signFrom, retireAt }) => signFrom === undefined || retireAt === undefined || signFrom < retireAt,
            {
              path: ["retireAt"],
              message: "must be later than signFrom",
            },
          ),
        ),
    )
    .check(z.minLength(1, "must contain a key")),
);

const refreshTimes = lazy(() =>
  z.strictObject({
    interval: z._default(secondsSchema({ max: MAX_SECONDS, isPositive: true }), 60),
    timeout: z._default(secondsSchema({ max: MAX_TIMEOUT_SECONDS, isPositive: true }), 5),
    cooldown: z._default(secondsSchema({ max: MAX_SECONDS }), 5),
    staleIfError: z._default(secondsSchema({ max: MAX_SECONDS }), 3600),
  }),
);

/** Reads a list of keys. Throws `InvalidConfigError` with the path, such as `keys.0.algorithm`. */
export function parseKeyList(keys: unknown): KeyConfig[] {
  if (Array.isArray(keys)) keys.forEach((key: unknown, index) => rejectUndefined(key, `keys.${index}`));
  // rejectUndefined has ruled out undefined values.
  const list = parseOptions(keyList(), keys, "keys") as KeyConfig[];
  const kids = list.map(({ kid }) => kid);
  const repeated = kids.findIndex((kid, index) => kid !== undefined && kids.indexOf(kid) < index);
  if (repeated >= 0)
    throw new InvalidConfigError(`keys.${repeated}.kid`, "must be unique, and an earlier key has the same kid");
  return list;
}

/** Reads `keyRefresh`. Throws `InvalidConfigError`. */
export function parseKeyRefresh(config: unknown): RefreshTimes {
  rejectUndefined(config, "keyRefresh");
  const { interval, ...times } = parseOptions(refreshTimes(), config ?? {}, "keyRefresh");
  return { lifespan: interval, ...times };
}
