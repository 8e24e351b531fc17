/** `JWKSClient`: the public keys of an issuer, fetched from its JSON Web Key Set, as PyJWT's `PyJWKClient` does. */
import type { JSONWebKeySet } from "jose";
import { withErrorContext } from "../../util/error-context.ts";
import type { Refreshing } from "../../util/refreshing.ts";
import { checkedClock, MAX_SECONDS, MAX_TIMEOUT_SECONDS, systemClock } from "../../util/seconds.ts";
import { type Algorithm, isAlgorithm } from "../algorithms.ts";
import { checkFlag, readInput, readOptions } from "../caller-input.ts";
import { readCompact } from "../compact.ts";
import { findSigner } from "../decode.ts";
import { InvalidAlgorithmError, InvalidKeyError, JWKSClientError } from "../errors.ts";
import { SigningKey } from "../keys/signing-key.ts";
import { checkKeyUrl, type KeyFetch, readHeaders } from "./key-fetch.ts";
import type { JwksKeySet } from "./key-set.ts";
import { createRemoteKeys, REMOTE_KEYS_DEFAULTS, type RemoteKeysOptions } from "./remote-keys.ts";

/**
 * Options of `JWKSClient`. Times are in seconds. An unknown option, and one that is undefined, is a
 * `TypeError`.
 */
export interface JWKSClientOptions {
  /**
   * How long a set is trusted from when it was asked for; a withdrawn key is trusted no longer.
   * Default 300.
   */
  readonly lifespan?: number;
  /** How long a fetch may take. Default 5. */
  readonly timeout?: number;
  /**
   * The least time between two fetches that a failure or an unknown `kid` asks for. Default 30; 5
   * at most while no set can serve.
   */
  readonly cooldown?: number;
  /**
   * How long beyond its lifespan the last good set serves while the endpoint fails. Default 3600; 0
   * for not at all.
   */
  readonly staleIfError?: number;
  /**
   * Sent with every request, redirects within the origin included. Default: none but those of the
   * runtime.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Whether a key is imported once for as long as the set lists it. Default true; false imports it
   * at each use.
   */
  readonly cacheKeys?: boolean;
  /** Bytes an answer may have. Default 1,048,576. */
  readonly maxBytes?: number;
  /** Default: the runtime's `fetch`. */
  readonly fetch?: KeyFetch;
  /**
   * The time, in seconds. Default: the clock's. Where it gives no number, everything rejects with
   * `TypeError`.
   */
  readonly now?: () => number;
}

/**
 * The keys at one URL. Requests nothing before something asks, and makes one request however many
 * ask. `jku`, `x5u`, `x5c` and `jwk` headers of tokens are never looked at. Redirects are followed
 * within the URL's origin only, three at most.
 */
export class JWKSClient {
  readonly #keys: Refreshing<JwksKeySet>;
  readonly #cacheKeys: boolean;

  /**
   * `uri` is https, or http on a loopback address. Throws `TypeError` for a wrong one and for a
   * wrong option.
   */
  constructor(uri: string | URL, options: JWKSClientOptions = {}) {
    const { href } = naming("uri", () => checkKeyUrl(uri));
    const { cacheKeys, ...remote } = readInput("The options of JWKSClient", () => parseOptions(options));
    this.#cacheKeys = cacheKeys;
    this.#keys = createRemoteKeys(() => href, remote);
  }

  /**
   * The key that signed `token`, by its `kid` and `alg`; where several would do, the one that its
   * signature matches. Rejects with a token error where the token cannot be read, and with
   * `JWKSClientError`: `SIGNATURE_INVALID` where there is no such key, else `KEYS_UNAVAILABLE`. The
   * claims are NOT checked: give the key to `decode`.
   */
  async getSigningKeyFromJwt(token: string): Promise<SigningKey> {
    const { header } = readCompact(token);
    const algorithm = header["alg"];
    if (!isAlgorithm(algorithm)) throw new InvalidAlgorithmError("The token's algorithm is unknown");
    const keys = await this.#search((set) => set.matching(header["kid"] as string | undefined, algorithm));
    const key = keys.length === 1 ? keys[0] : await signerOf(token, algorithm, keys);
    if (!key) throw new JWKSClientError("The key set has no key for this token", { reason: "SIGNATURE_INVALID" });
    return this.#share(key);
  }

  /**
   * The key with this `kid`. Rejects with `JWKSClientError`: `SIGNATURE_INVALID` where there is
   * none, else `KEYS_UNAVAILABLE`.
   */
  async getSigningKey(kid: string): Promise<SigningKey> {
    if (typeof kid !== "string") throw new TypeError("kid must be a string");
    const [key, another] = await this.#search((set) => set.keys.filter((candidate) => candidate.kid === kid));
    if (!key) throw new JWKSClientError("The key set has no key with this kid", { reason: "SIGNATURE_INVALID" });
    if (another) throw new JWKSClientError("The key set has several keys with this kid: use getSigningKeyFromJwt");
    return this.#share(key);
  }

  /**
   * All keys that can verify signatures. `refresh` fetches them anew. Rejects with
   * `JWKSClientError`.
   */
  async getSigningKeys(refresh = false): Promise<SigningKey[]> {
    const { keys } = await this.#read(refresh);
    return keys.map((key) => this.#share(key));
  }

  /**
   * The set as it was published: a copy. `refresh` fetches it anew. Rejects with `JWKSClientError`.
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
  token: string,
  algorithm: Algorithm,
  keys: readonly SigningKey[],
): Promise<SigningKey | undefined> {
  const prepared = keys.map((key) => key["~prepare"](algorithm));
  const signer = await findSigner(token, prepared).catch((cause: unknown) => {
    if (!(cause instanceof InvalidKeyError)) throw cause;
    throw new JWKSClientError("The key set holds a key that cannot be used", { cause });
  });
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

// A wrong option must never come to mean "for ever" or "anything goes".
function readOption(name: string, value: unknown): unknown {
  if (value === undefined) throw new TypeError(`The option "${name}" is undefined; leave it out instead`);
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
        ? checkedClock(value as () => unknown, () => new TypeError("now gave no number of seconds"))
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
    throw new TypeError(`${name} must be a ${least === 0 ? "number, not negative" : "positive number"}`);
}

function naming<T>(name: string, read: () => T): T {
  return withErrorContext(
    read,
    (cause) => new TypeError(`${name} ${cause instanceof Error ? cause.message : "is invalid"}`, { cause }),
  );
}
