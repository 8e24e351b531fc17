/** A JSON Web Key Set that is fetched, and renewed, on demand: jose's remote set, within limits and outliving a failing endpoint. */
import { createRemoteJWKSet, customFetch, errors, type JSONWebKeySet } from "jose";
import { createRefreshing, type Refreshing, type RefreshTimes } from "../../util/refreshing.ts";
import { JWKSClientConnectionError, JWKSClientError } from "../errors.ts";
import { type KeyFetch, limitFetch } from "./key-fetch.ts";
import { type JwksKeySet, readKeySet } from "./key-set.ts";

/** How a key set is fetched. Times are in seconds. */
export interface RemoteKeysOptions extends RefreshTimes {
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes an answer may have. */
  readonly maxBytes: number;
  readonly fetch: KeyFetch | undefined;
  /** Told of every fetch that failed. It may not throw. */
  readonly onFailure?: (error: Error) => void;
  readonly now: () => number;
}

/** The defaults: times in seconds. */
export const REMOTE_KEYS_DEFAULTS = {
  lifespan: 300,
  timeout: 5,
  cooldown: 30,
  staleIfError: 3600,
  maxBytes: 1_048_576,
  headers: {},
} as const;

/**
 * The keys at the URL that `locate` gives, asked for it before each fetch. Fetches nothing before
 * something asks.
 */
export function createRemoteKeys(
  locate: (signal: AbortSignal) => string | Promise<string>,
  options: RemoteKeysOptions,
): Refreshing<JwksKeySet> {
  let previous: JwksKeySet | undefined;
  return createRefreshing({
    ...options,
    async load(signal) {
      previous = readKeySet(await fetchKeySet(await locate(signal), signal, options), { previous });
      return previous;
    },
    // The issuer says that it has no keys: those of before are withdrawn, and nothing can be
    // verified.
    flawOf: ({ keys }) =>
      keys.length > 0 ? undefined : new JWKSClientError("The key set holds no key to verify signatures with"),
    explain(cause) {
      if (cause instanceof JWKSClientError) return cause;
      const detail = cause instanceof Error ? `: ${cause.message}` : "";
      return new JWKSClientConnectionError(`The key set cannot be fetched${detail}`, { cause });
    },
  });
}

async function fetchKeySet(url: string, signal: AbortSignal, options: RemoteKeysOptions): Promise<JSONWebKeySet> {
  const { headers, maxBytes } = options;
  const limited = limitFetch(options.fetch, maxBytes);
  const remote = createRemoteJWKSet(new URL(url), {
    headers,
    // With the signal of the deadline that is kept here, which discovery counts towards, in place
    // of jose's own.
    [customFetch]: (at: string, init: Parameters<KeyFetch>[1]) => limited(at, { ...init, signal }),
  });
  try {
    await remote.reload();
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    throw new JWKSClientError("What was fetched is no JSON Web Key Set", { cause });
  }
  return remote.jwks() ?? { keys: [] };
}
