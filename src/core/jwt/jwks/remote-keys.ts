/** Fetches and renews a remote JSON Web Key Set. Keeps the last set while its endpoint fails. */
import type { JSONWebKeySet } from "jose";
import { createRefreshing, type Refreshing, type RefreshTimes } from "../../util/promises/refreshing.ts";
import { JWKSClientConnectionError, JWKSClientError } from "../errors.ts";
import { type KeyFetch, limitFetch } from "./key-fetch.ts";
import { type JwksKeySet, readKeySet } from "./key-set.ts";

/** Options of `createRemoteKeys`. Times are in seconds. */
export interface RemoteKeysOptions extends RefreshTimes {
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** The largest number of bytes that a response may have. */
  readonly maxBytes: number;
  readonly fetch: KeyFetch | undefined;
  /** Receives the error of each failed fetch. Must not throw. */
  readonly onFailure?: (error: Error) => void;
  readonly now: () => number;
}

/** The default options. Times are in seconds. */
export const REMOTE_KEYS_DEFAULTS = {
  lifespan: 300,
  timeout: 5,
  cooldown: 30,
  staleIfError: 3600,
  maxBytes: 1_048_576,
  headers: {},
} as const;

/**
 * The keys at the URL that `locate` returns. `locate` is called before each fetch; the first use
 * causes the first fetch.
 */
export function createRemoteKeys(
  locate: (signal: AbortSignal) => string | Promise<string>,
  options: RemoteKeysOptions,
): Refreshing<JwksKeySet> {
  let previous: JwksKeySet | undefined;
  return createRefreshing({
    ...options,
    async load(signal) {
      previous = readKeySet(await fetchKeySet(await locate(signal), signal, options), { previous, isFetched: true });
      return previous;
    },
    // A set without usable keys replaces the previous set: the issuer has withdrawn its keys.
    flawOf: ({ keys }) =>
      keys.length > 0 ? undefined : new JWKSClientError("The key set has no key that can verify signatures"),
    explain(cause) {
      if (cause instanceof JWKSClientError) return cause;
      const detail = cause instanceof Error ? `: ${cause.message}` : "";
      return new JWKSClientConnectionError(`The key set cannot be fetched${detail}`, { cause });
    },
  });
}

async function fetchKeySet(url: string, signal: AbortSignal, options: RemoteKeysOptions): Promise<JSONWebKeySet> {
  const { headers, maxBytes } = options;
  const { createRemoteJWKSet, customFetch, errors } = await import("../jose.ts");
  const limited = limitFetch(options.fetch, maxBytes);
  const remote = createRemoteJWKSet(new URL(url), {
    headers,
    // Our deadline replaces the one of jose, because it covers discovery too.
    [customFetch]: (at: string, init: Parameters<KeyFetch>[1]) => limited(at, { ...init, signal }),
  });
  try {
    await remote.reload();
  } catch (cause) {
    if (!(cause instanceof errors.JOSEError)) throw cause;
    throw new JWKSClientError("The response is not a JSON Web Key Set", { cause });
  }
  return remote.jwks() ?? { keys: [] };
}
