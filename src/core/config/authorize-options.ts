/** The option `authorize`: rights kept in a database. */
import type { Claims } from "../rules/rule.ts";
import type { JWT } from "../tokens/token.ts";
import type { MaybePromise } from "../util/maybe-promise.ts";

/**
 * The present rights of a subject. An unknown or undefined key is an error: a misspelt right must
 * not leave the earlier rights in force.
 */
export interface Rights<C = Claims> {
  /** Replaces the token's scope, or the login's. Default: that one. */
  readonly scope?: unknown;
  /** Lie over the claims of the same name; they may not name a reserved one. */
  readonly claims?: Readonly<Partial<C>>;
  /**
   * Seconds, for an auth token that is issued. Without effect on a request. Default: `authMaxAge`.
   */
  readonly maxAge?: number;
}

/**
 * The rights held so far. With `authorizeAt: "issue"` they are the session's id and the grant of
 * its login; with `"request"` it is the verified `JWT` itself, and so all of a token is there.
 */
export interface HeldRights<C = Claims> extends Partial<Omit<JWT<C>, "sid" | "scope" | "claims">> {
  readonly sid: string | undefined;
  readonly scope: unknown;
  readonly claims: Readonly<Partial<C>>;
}

/**
 * Looks up the rights of a subject (as text): when `login` and `refresh` issue tokens, before
 * anything is written, or once per request. `null` refuses (`TOKEN_REVOKED`), and ends the session
 * that was to be refreshed. A throw, or no answer in time, is `STORE_UNAVAILABLE` and changes
 * nothing.
 */
// A method's type, so that `held` may be annotated as the JWT that it is per request.
export type Authorize<C = Claims> = {
  authorize(subject: string, held: HeldRights<C>): MaybePromise<Rights<C> | null>;
}["authorize"];
