/** The user's own words for refusals: the loaders of flask_jwt_simple, for both transports. */

import { type AuthError, withWords } from "./errors.ts";
import type { Reason } from "./reasons.ts";

/** What a caller sees of a refusal beside its code and reason, which stay as they are. */
export interface RefusalWords {
  /** In place of the message. */
  readonly message?: string;
  /**
   * Beside `auth` in tRPC's `error.data` and in GraphQL's `extensions`; what stands there already
   * stays. JSON only.
   */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/**
 * Gives the words; synchronous. What it throws, or what is none of them, leaves those that stand.
 */
export type RefusalLoader = (error: AuthError) => RefusalWords;

/** The loaders, by kind of refusal: all of them are 401. */
export interface ResponseLoaders {
  /**
   * For an expired token: `TOKEN_EXPIRED`.
   * @default none
   */
  readonly expired?: RefusalLoader;
  /**
   * For a token that is invalid in any other way.
   * @default none
   */
  readonly invalid?: RefusalLoader;
  /**
   * For a request without a token: `TOKEN_MISSING`.
   * @default none
   */
  readonly unauthorized?: RefusalLoader;
}

/** The refusal in the user's words, or itself where there are none for it. */
export function wordRefusal(error: AuthError, loaders: ResponseLoaders): AuthError {
  const loader = error.status === 401 ? loaders[kindOf(error.reason)] : undefined;
  if (!loader) return error;
  try {
    return withWords(error, readWords(loader(error)));
  } catch {
    // Words that cannot be had change no verdict.
    return error;
  }
}

function kindOf(reason: Reason): keyof ResponseLoaders {
  if (reason === "TOKEN_EXPIRED") return "expired";
  return reason === "TOKEN_MISSING" ? "unauthorized" : "invalid";
}

// What the transports say themselves, or read from there.
const TAKEN: readonly string[] = ["auth", "code", "http", "httpStatus", "path", "stack", "zodError"];

function readWords(words: unknown): RefusalWords {
  if (Object.prototype.toString.call(words) !== "[object Object]") {
    if (words instanceof Promise) words.catch(() => undefined);
    return {};
  }
  const { message, extensions } = words as RefusalWords;
  // What cannot be sent throws here, and not when the refusal is answered, which would make it a
  // 500.
  const sent: unknown = extensions === undefined ? {} : JSON.parse(JSON.stringify(extensions));
  const given = Object.prototype.toString.call(sent) === "[object Object]" ? (sent as object) : {};
  const kept = Object.entries(given).filter(([key]) => !TAKEN.includes(key));
  return {
    ...(typeof message === "string" && message !== "" ? { message } : {}),
    ...(kept.length > 0 ? { extensions: Object.fromEntries(kept) } : {}),
  };
}
