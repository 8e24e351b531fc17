/** The options that sessions have, read. */
import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import type { SessionStore } from "../stores/session-store.ts";

/** The options of sessions, beside `sessions` itself. */
export interface SessionOptions {
  /** Where sessions are kept: `memorySessionStore()`, `redisSessionStore(client)`, `postgresSessionStore(pool)` or one of your own. Default: none. */
  readonly sessions?: SessionStore;
  /** Seconds in which others who present a refresh token that was just replaced get the same successor. Default 10; 0 for none. */
  readonly refreshGrace?: number;
  /** The most seconds a session lasts, however often it is refreshed. Default: no bound. */
  readonly sessionMaxAge?: number;
  /** Turns a valid refresh token without `sid`, such as Flask_PyJWT's, into a session, once. Default false. */
  readonly adoptRefresh?: boolean;
  /** When an auth token's session is looked up: never before it is refreshed, or at every verification. Default `"refresh"`. */
  readonly sessionCheck?: "refresh" | "always";
  /** With `"always"`: seconds for which an answer is remembered. Default 5; 0 asks each time. */
  readonly sessionCheckTtl?: number;
  /** Seconds that the session store, and `authorize`, may take to answer. Default 2. */
  readonly storeTimeout?: number;
}

/** The options, read; absent where the manager has no sessions. */
export interface SessionConfig {
  readonly store: SessionStore;
  readonly refreshGrace: number;
  readonly sessionMaxAge: number;
  readonly adoptRefresh: boolean;
  readonly sessionCheck: "refresh" | "always";
  readonly sessionCheckTtl: number;
}

const NEED_SESSIONS = ["refreshGrace", "sessionMaxAge", "adoptRefresh", "sessionCheck", "sessionCheckTtl"] as const;

/** Reads the options, whose types were checked already. Throws `MissingConfigError("sessions")` for one that nothing would read. */
export function resolveSessions(
  options: { readonly [K in keyof SessionOptions]: SessionOptions[K] | undefined },
): SessionConfig | undefined {
  const { sessions: store } = options;
  if (!store) {
    const needing = NEED_SESSIONS.find((option) => options[option] !== undefined);
    if (needing !== undefined) throw new MissingConfigError("sessions", needing);
    return undefined;
  }
  if (options.sessionCheckTtl !== undefined && options.sessionCheck !== "always")
    throw new InvalidConfigError("sessionCheckTtl", 'has an effect only with sessionCheck: "always"');
  return {
    store,
    refreshGrace: options.refreshGrace ?? 10,
    sessionMaxAge: options.sessionMaxAge ?? Number.POSITIVE_INFINITY,
    adoptRefresh: options.adoptRefresh ?? false,
    sessionCheck: options.sessionCheck ?? "refresh",
    sessionCheckTtl: options.sessionCheckTtl ?? 5,
  };
}
