/** `JWKSClient`: fetches the public keys of an issuer, as PyJWT's `PyJWKClient` does. */
import type { JSONWebKeySet } from "jose";
import { withErrorContext } from "../../util/error-context.ts";
import type { Refreshing } from "../../util/promises/refreshing.ts";
import { checkedClock, MAX_SECONDS, MAX_TIMEOUT_SECONDS, systemClock } from "../../util/seconds.ts";
import { type CanonicalAlgorithm, canonicalAlgorithm, isAlgorithm } from "../algorithms.ts";
import { checkFlag, readInput, readOptions } from "../caller-input.ts";
import { type CompactParts, readCompact } from "../compact.ts";
import { InvalidAlgorithmError, InvalidKeyError, JWKSClientError } from "../errors.ts";
import { SigningKey } from "../keys/signing-key.ts";
import { sharedQueue } from "../signatures/signature-queue.ts";
import { findSigner } from "../verify-signature.ts";
import { checkKeyUrl, type KeyFetch, readHeaders } from "./key-fetch.ts";
import type { JwksKeySet } from "./key-set.ts";
import { createRemoteKeys, REMOTE_KEYS_DEFAULTS, type RemoteKeysOptions } from "./remote-keys.ts";

/**
 * Options of `JWKSClient`. Times are in seconds. An unknown option, and one that is `undefined`, is
 * a `TypeError`.
 */
export interface JWKSClientOptions {
  /**
   * Seconds for which a key set is used, from the start of its request. For this time, a key that
   * the issuer has withdrawn may still be trusted. Must be positive, and at most 10^9.
   * @default 300
   */
  readonly lifespan?: number;
  /**
   * Seconds that a request may take, its redirects and its body included. Must be positive, and at
   * most 2,000,000.
   * @default 5
   */
  readonly timeout?: number;
  /**
   * The least number of seconds between two requests after a failure or an unknown `kid`. While
   * there is no usable set, the cooldown is at most 5 seconds. Must be from 0 to 10^9.
   * @default 30
   */
  readonly cooldown?: number;
  /**
   * Seconds after the end of `lifespan` for which the last set is still used while requests fail.
   * 0 switches this off. Must be from 0 to 10^9.
   * @default 3600
   */
  readonly staleIfError?: number;
  /**
   * Headers of every request, also after a redirect within the origin.
   * @default {}
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Keep an imported key for as long as the set lists it. With `false`, every method returns keys
   * that are imported anew.
   * @default true
   */
  readonly cacheKeys?: boolean;
  /**
   * The largest number of bytes that a response may have. Must be positive, and at most 10^9.
   * @default 1048576
   */
  readonly maxBytes?: number;
  /**
   * A `fetch` for a proxy, a custom agent or a test.
   * @default the `fetch` of the runtime
   */
  readonly fetch?: KeyFetch;
  /**
   * Returns the time, in seconds since 1970. If the result is not a finite number, every method
   * rejects with `TypeError`.
   * @default the time of the machine's clock
   */
  readonly now?: () => number;
}

/**
 * Fetches and caches the JSON Web Key Set at one URL. The first call makes the first request;
 * parallel calls share one, except on Cloudflare Workers. The client follows at most three
 * redirects, within the origin of the URL. The token headers `jku`, `x5u`, `x5c` and `jwk` have no
 * effect.
 * @see RFC 7517, section 5
 * @example
 * ```ts
 * import { decode, JWKSClient } from "claimgate/jwt";
 *
 * const client = new JWKSClient("https://issuer.example/.well-known/jwks.json");
 *
 * async function verify(token: string) {
 *   const key = await client.getSigningKeyFromJwt(token);
 *   return decode(token, key, { algorithms: ["RS256"], audience: "https://api.example" });
 * }
 * ```
 */
export class JWKSClient {
  readonly #keys: Refreshing<JwksKeySet>;
  readonly #cacheKeys: boolean;

  /**
   * Creates a client for the key set at `uri`: https, or http on a loopback address. Sends no
   * request.
   * @throws `TypeError` for another `uri`, a `uri` with a user name or password, or an invalid
   * option.
   */
  constructor(uri: string | URL, options: JWKSClientOptions = {}) {
    const { href } = naming("uri", () => checkKeyUrl(uri));
    const { cacheKeys, ...remote } = readInput("The options of JWKSClient", () => parseOptions(options));
    this.#cacheKeys = cacheKeys;
    this.#keys = createRemoteKeys(() => href, remote);
  }

  /**
   * Returns the key for `token` by its `kid` and `alg`. If several keys match, returns the one that
   * verifies the signature. If one key matches, the signature is NOT verified. Claims are never
   * checked: pass the key to `decode`.
   * @throws `InvalidTokenError` or a subclass for a token that is malformed or has an unknown
   * algorithm.
   * @throws `JWKSClientError`. `reason` is `SIGNATURE_INVALID` if the set has no such key. It is
   * `KEYS_UNAVAILABLE` if the set cannot be fetched, or the set or a matching key cannot be used.
   */
  async getSigningKeyFromJwt(token: string): Promise<SigningKey> {
    const parts = readCompact(token);
    const { header } = parts;
    const alg = header["alg"];
    if (!isAlgorithm(alg)) throw new InvalidAlgorithmError("The token's algorithm is unknown");
    const algorithm = canonicalAlgorithm(alg);
    const keys = await this.#search((set) => set.matching(header["kid"] as string | undefined, algorithm));
    const key = keys.length === 1 ? keys[0] : await signerOf(parts, algorithm, keys);
    if (!key) throw new JWKSClientError("The key set has no key for this token", { reason: "SIGNATURE_INVALID" });
    return this.#share(key);
  }

  /**
   * Returns the key with this `kid`.
   * @throws `JWKSClientError`. `reason` is `SIGNATURE_INVALID` if the set has no such key, and
   * `KEYS_UNAVAILABLE` if the set has several such keys, or cannot be fetched or used.
   * @throws `TypeError` for a `kid` that is not a string.
   */
  async getSigningKey(kid: string): Promise<SigningKey> {
    if (typeof kid !== "string") throw new TypeError("kid must be a string");
    const [key, another] = await this.#search((set) => set.keys.filter((candidate) => candidate.kid === kid));
    if (!key) throw new JWKSClientError("The key set has no key with this kid", { reason: "SIGNATURE_INVALID" });
    if (another) throw new JWKSClientError("The key set has several keys with this kid: call getSigningKeyFromJwt");
    return this.#share(key);
  }

  /**
   * Returns all keys of the set that can verify signatures. With `refresh`, fetches the set again.
   * @throws `JWKSClientError` with `KEYS_UNAVAILABLE` if the set cannot be fetched or used.
   */
  async getSigningKeys(refresh = false): Promise<SigningKey[]> {
    const { keys } = await this.#read(refresh);
    return keys.map((key) => this.#share(key));
  }

  /**
   * Returns a copy of the set as the issuer published it. With `refresh`, fetches the set again.
   * @throws `JWKSClientError` with `KEYS_UNAVAILABLE` if the set cannot be fetched or used.
   */
  async getJwkSet(refresh = false): Promise<JSONWebKeySet> {
    return structuredClone((await this.#read(refresh)).jwks);
  }

  async #read(refresh: boolean): Promise<JwksKeySet> {
    return refresh ? this.#keys.reload() : this.#keys.current();
  }

  async #search(find: (set: JwksKeySet) => readonly SigningKey[]): Promise<readonly SigningKey[]> {
    const found = find(await this.#keys.current());
    return found.length > 0 ? found : find(await this.#keys.renewed());
  }

  #share(key: SigningKey): SigningKey {
    return this.#cacheKeys ? key : new SigningKey(key.jwk);
  }
}

async function signerOf(
  parts: CompactParts,
  algorithm: CanonicalAlgorithm,
  keys: readonly SigningKey[],
): Promise<SigningKey | undefined> {
  const prepared = keys.map((key) => key["~prepare"](algorithm));
  const signer = await withErrorContext(
    () => findSigner(parts, prepared, sharedQueue),
    (cause) =>
      cause instanceof InvalidKeyError
        ? new JWKSClientError("The key set has a key for this token that cannot be used", { cause })
        : cause,
  );
  return signer && keys[prepared.indexOf(signer)];
}

const NUMBERS = ["lifespan", "timeout", "cooldown", "staleIfError", "maxBytes"] as const;
const OPTIONS = [...NUMBERS, "headers", "cacheKeys", "fetch", "now"] as const;

interface ClientOptions extends RemoteKeysOptions {
  readonly cacheKeys: boolean;
}

function parseOptions(options: unknown): ClientOptions {
  const given = Object.entries(readOptions("JWKSClient", options, OPTIONS));
  const defaults: ClientOptions = {
    ...REMOTE_KEYS_DEFAULTS,
    cacheKeys: true,
    fetch: undefined,
    now: systemClock,
  };
  return { ...defaults, ...Object.fromEntries(given.map(([name, value]) => [name, readOption(name, value)])) };
}

// A wrong option must not keep a key set for ever or switch a check off.
function readOption(name: string, value: unknown): unknown {
  if (value === undefined) throw new TypeError(`${name} is undefined: leave the option out`);
  switch (name) {
    case "headers":
      return naming(name, () => readHeaders(value));
    case "cacheKeys":
      checkFlag(name, value);
      return value;
    case "fetch":
    case "now":
      if (typeof value !== "function") throw new TypeError(`${name} must be a function`);
      return name === "now"
        ? checkedClock(
            value as () => unknown,
            () => new TypeError("now must return a number of seconds since 1970; divide milliseconds by 1000"),
          )
        : value;
    default:
      checkNumber(name, value);
      return value;
  }
}

function checkNumber(name: string, value: unknown): void {
  const max = name === "timeout" ? MAX_TIMEOUT_SECONDS : MAX_SECONDS;
  const least = name === "cooldown" || name === "staleIfError" ? 0 : Number.MIN_VALUE;
  if (typeof value !== "number" || !(value >= least && value <= max))
    throw new TypeError(
      `${name} must be a ${least === 0 ? "number, 0 or more" : "positive number"}, and at most ${max}`,
    );
}

function naming<T>(name: string, read: () => T): T {
  return withErrorContext(
    read,
    (cause) => new TypeError(`${name} ${cause instanceof Error ? cause.message : "is invalid"}`, { cause }),
  );
}
