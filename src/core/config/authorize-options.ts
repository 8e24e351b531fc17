/** The option `authorize`: rights kept in a database. */
import type { Claims } from "../rules/rule.ts";
import type { JWT } from "../tokens/token.ts";
import type { MaybePromise } from "../util/maybe-promise.ts";

/** What a subject may do now. An unknown key, or one that is undefined, is an error: it must not leave the rights that were held in force. */
export interface Rights<C = Claims> {
  /** Replaces the token's scope, or the login's. Default: that one. */
  readonly scope?: unknown;
  /** Lie over the claims of the same name; they may not name a reserved one. */
  readonly claims?: Readonly<Partial<C>>;
  /** Seconds, for an auth token that is issued. Without effect on a request. Default: `authMaxAge`. */
  readonly maxAge?: number;
}

/**
 * What is held so far. With `authorizeAt: "issue"` it is the session's id and what its login granted; with `"request"` it is the verified `JWT`
 * itself, and so all of a token is there.
 */
export interface HeldRights<C = Claims> extends Partial<Omit<JWT<C>, "sid" | "scope" | "claims">> {
  readonly sid: string | undefined;
  readonly scope: unknown;
  readonly claims: Readonly<Partial<C>>;
}

/**
 * Looks up the rights of a subject (as text): when `login` and `refresh` issue tokens, before anything is written, or once per request.
 * `null` refuses (`TOKEN_REVOKED`), and ends the session that was to be refreshed. A throw, or no answer in time, is `STORE_UNAVAILABLE`
 * and changes nothing.
 */
// A method's type, so that `held` may be annotated as the JWT that it is per request.
export type Authorize<C = Claims> = {
  authorize(subject: string, held: HeldRights<C>): MaybePromise<Rights<C> | null>;
}["authorize"];
