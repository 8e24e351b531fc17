/** Custom texts for 401s (`responses`), named as the loaders of flask_jwt_simple. */

import { type AuthError, withWords } from "./errors.ts";
import type { Reason } from "./reasons.ts";

/** The custom texts of a refusal. Its code and its reason stay. */
export interface RefusalWords {
  /**
   * The message.
   * @default the message of the reason
   */
  readonly message?: string;
  /**
   * JSON beside `auth` in `error.data` of tRPC and in `extensions` of GraphQL. It replaces no
   * existing member.
   * @default none
   */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Returns the texts. Must be synchronous. If it throws, the default texts stay. */
export type RefusalLoader = (error: AuthError) => RefusalWords;

/** The loaders, by kind of refusal. All of them are 401s. */
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

/** Copies a refusal with the texts of its loader. Without a loader, returns it unchanged. */
export function wordRefusal(error: AuthError, loaders: ResponseLoaders): AuthError {
  const loader = error.status === 401 ? loaders[kindOf(error.reason)] : undefined;
  if (!loader) return error;
  try {
    return withWords(error, readWords(loader(error)));
  } catch {
    // A failed loader must not change the decision.
    return error;
  }
}

function kindOf(reason: Reason): keyof ResponseLoaders {
  if (reason === "TOKEN_EXPIRED") return "expired";
  return reason === "TOKEN_MISSING" ? "unauthorized" : "invalid";
}

// The transports write or read these members.
const TAKEN: readonly string[] = ["auth", "code", "http", "httpStatus", "path", "stack", "zodError"];

function readWords(words: unknown): RefusalWords {
  if (Object.prototype.toString.call(words) !== "[object Object]") {
    if (words instanceof Promise) words.catch(() => undefined);
    return {};
  }
  const { message, extensions } = words as RefusalWords;
  // A value that is not JSON must throw here. In the response it would cause a 500.
  const sent: unknown = extensions === undefined ? {} : JSON.parse(JSON.stringify(extensions));
  const given = Object.prototype.toString.call(sent) === "[object Object]" ? (sent as object) : {};
  const kept = Object.entries(given).filter(([key]) => !TAKEN.includes(key));
  return {
    ...(typeof message === "string" && message !== "" ? { message } : {}),
    ...(kept.length > 0 ? { extensions: Object.fromEntries(kept) } : {}),
  };
}
