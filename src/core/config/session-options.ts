/** The options that sessions have, read. */
import * as z from "zod";
import { InvalidConfigError, MissingConfigError } from "../errors.ts";
import { maxAgeSchema } from "../parse-options.ts";
import { isSessionStore, type SessionStore } from "../stores/session-store.ts";
import { MAX_TIMEOUT_SECONDS } from "../util/seconds.ts";

/** The options of sessions, beside `sessions` itself. */
export interface SessionOptions {
  /**
   * Keeps the sessions: `memorySessionStore()`, `redisSessionStore(client)`,
   * `postgresSessionStore(pool)` or a store of your own. Without it `login`, `refresh`, `revoke`
   * and `sessions()` reject with `MissingConfigError`.
   * @default none
   */
  readonly sessions?: SessionStore;
  /**
   * Seconds in which others who present a refresh token that was just replaced get the same
   * successor. 0 for none, 300 at most.
   * @default 10
   * @see RFC 9700, section 4.14
   */
  readonly refreshGrace?: number;
  /**
   * The most seconds that a session lasts, however often it is refreshed.
   * @default none
   */
  readonly sessionMaxAge?: number;
  /**
   * Turns a valid refresh token without `sid`, such as Flask_PyJWT's, into a session, once per
   * `rid`.
   * @default false
   */
  readonly adoptRefresh?: boolean;
  /**
   * When an auth token's session is looked up. `"refresh"`: only when it is refreshed. `"always"`:
   * at every verification.
   * @default "refresh"
   */
  readonly sessionCheck?: "refresh" | "always";
  /**
   * Seconds for which an answer of the store is remembered. 0 asks each time, 3600 at most. Only
   * with `sessionCheck: "always"`.
   * @default 5
   */
  readonly sessionCheckTtl?: number;
  /**
   * Seconds that the session store, and `authorize`, may take to answer. Then the caller gets
   * `STORE_UNAVAILABLE`.
   * @default 2
   */
  readonly storeTimeout?: number;
}

/** The schemas of the options. */
export const sessionFields: {
  readonly sessions: z.ZodOptional<z.ZodType<SessionStore>>;
  readonly refreshGrace: z.ZodOptional<z.ZodNumber>;
  readonly sessionMaxAge: z.ZodOptional<z.ZodType<number>>;
  readonly adoptRefresh: z.ZodOptional<z.ZodBoolean>;
  readonly sessionCheck: z.ZodOptional<z.ZodType<"refresh" | "always">>;
  readonly sessionCheckTtl: z.ZodOptional<z.ZodNumber>;
  readonly storeTimeout: z.ZodDefault<z.ZodNumber>;
} = {
  sessions: z.custom<SessionStore>(isSessionStore, "is not a session store, such as memorySessionStore()").optional(),
  refreshGrace: z.number().nonnegative().max(300).optional(),
  sessionMaxAge: maxAgeSchema.optional(),
  adoptRefresh: z.boolean().optional(),
  sessionCheck: z.enum(["refresh", "always"]).optional(),
  sessionCheckTtl: z.number().nonnegative().max(3600).optional(),
  storeTimeout: z.number().positive().max(MAX_TIMEOUT_SECONDS).default(2),
};

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

/**
 * Reads the options, whose types were checked already. Throws `MissingConfigError("sessions")` for
 * one that nothing would read.
 */
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
