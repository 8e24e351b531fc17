/** Reads the options of sessions. */
import * as z from "zod/mini";
import { MissingConfigError } from "../errors.ts";
import { maxAgeSchema, secondsSchema } from "../parse-options.ts";
import { isSessionStore, type SessionStore } from "../stores/session-store.ts";
import { lazy } from "../util/lazy.ts";
import { MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";

/** The options of sessions. All of them but `storeTimeout` need `sessions`. */
export interface SessionOptions {
  /**
   * Stores the sessions: `memorySessionStore()`, `redisSessionStore(client)`,
   * `postgresSessionStore(pool)` or another `SessionStore`. Without it `login`, `refresh`, `revoke`
   * and `sessions()` reject with `MissingConfigError`.
   * @default none
   */
  readonly sessions?: SessionStore;
  /**
   * The grace after a refresh, in seconds from 0 to 300. In the grace, a second call with the
   * previous refresh token gets the same next token. After that, a second call ends the session.
   * @default 10
   * @see RFC 9700, section 4.14
   */
  readonly refreshGrace?: number;
  /**
   * The most seconds that a session lasts, however often it is refreshed. A whole number from 1 to
   * 100,000,000,000.
   * @default none
   */
  readonly sessionMaxAge?: number;
  /**
   * Turns a valid refresh token without `sid`, such as one of Flask_PyJWT, into a session, once for
   * each `rid`.
   * @default false
   */
  readonly adoptRefresh?: boolean;
  /**
   * When the manager looks up the session of a token. `"refresh"`: only at a refresh. `"always"`:
   * at every verification too, so that a revocation applies at once.
   * @default "refresh"
   */
  readonly sessionCheck?: "refresh" | "always";
  /**
   * Seconds, from 0 to 3600, for which the manager remembers an answer of the store. Has no effect
   * unless `sessionCheck` is `"always"`.
   * @default 5
   */
  readonly sessionCheckTtl?: number;
  /**
   * Seconds, up to 2,000,000, in which the session store and `authorize` must answer. After that,
   * the caller gets `STORE_UNAVAILABLE`.
   * @default 2
   */
  readonly storeTimeout?: number;
}

/** @internal The schemas of the options. */
export const sessionFields: () => {
  readonly sessions: z.ZodMiniOptional<z.ZodMiniType<SessionStore>>;
  readonly refreshGrace: z.ZodMiniOptional<z.ZodMiniNumber>;
  readonly sessionMaxAge: z.ZodMiniOptional<z.ZodMiniNumber>;
  readonly adoptRefresh: z.ZodMiniOptional<z.ZodMiniBoolean>;
  readonly sessionCheck: z.ZodMiniOptional<z.ZodMiniType<"refresh" | "always">>;
  readonly sessionCheckTtl: z.ZodMiniOptional<z.ZodMiniNumber>;
  readonly storeTimeout: z.ZodMiniDefault<z.ZodMiniNumber>;
} = lazy(() => ({
  sessions: z.optional(z.custom<SessionStore>(isSessionStore, "must be a session store, such as memorySessionStore()")),
  refreshGrace: z.optional(secondsSchema({ max: 300 })),
  sessionMaxAge: z.optional(maxAgeSchema),
  adoptRefresh: z.optional(z.boolean()),
  sessionCheck: z.optional(z.enum(["refresh", "always"])),
  sessionCheckTtl: z.optional(secondsSchema({ max: 3600 })),
  storeTimeout: z._default(secondsSchema({ max: MAX_TIMEOUT_SECONDS, isPositive: true }), 2),
}));

/** The options of sessions, with their defaults. */
export interface SessionConfig {
  readonly store: SessionStore;
  readonly refreshGrace: number;
  readonly sessionMaxAge: number;
  readonly adoptRefresh: boolean;
  readonly sessionCheck: "refresh" | "always";
  readonly sessionCheckTtl: number;
}

/** The remedy for options that need `sessions`. */
export const STORE_REMEDY: string = "pass a store, such as memorySessionStore()";

const NEED_SESSIONS = ["refreshGrace", "sessionMaxAge", "adoptRefresh", "sessionCheck", "sessionCheckTtl"] as const;

/**
 * Adds the defaults to options that the schema has read; `undefined` without `sessions`. Throws
 * `MissingConfigError("sessions")` for an option that needs it.
 */
export function resolveSessions(
  options: { readonly [K in keyof SessionOptions]: SessionOptions[K] | undefined },
): SessionConfig | undefined {
  const { sessions: store } = options;
  if (!store) {
    const needing = NEED_SESSIONS.find((option) => options[option] !== undefined);
    if (needing !== undefined) throw new MissingConfigError("sessions", needing, STORE_REMEDY);
    return undefined;
  }
  return {
    store,
    refreshGrace: options.refreshGrace ?? 10,
    sessionMaxAge: options.sessionMaxAge ?? Number.POSITIVE_INFINITY,
    adoptRefresh: options.adoptRefresh ?? false,
    sessionCheck: options.sessionCheck ?? "refresh",
    sessionCheckTtl: options.sessionCheckTtl ?? 5,
  };
}
