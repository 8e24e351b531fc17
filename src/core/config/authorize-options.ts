/** The types of the option `authorize`, which looks up rights in a database. */
import type { Claims } from "../rules/rule.ts";
import type { JWT } from "../tokens/token.ts";
import type { MaybePromise } from "../util/promises/maybe-promise.ts";

/**
 * The current rights of a subject. An unknown key and an undefined value are errors, because a
 * misspelt right must not leave the previous rights in force.
 */
export interface Rights<C = Claims> {
  /**
   * The scope, in place of that of the token or of the login.
   * @default the scope held so far
   */
  readonly scope?: unknown;
  /**
   * Claims, in place of those with the same names. Reserved claims are rejected.
   * @default none
   */
  readonly claims?: Readonly<Partial<C>>;
  /**
   * Seconds that an issued auth token lives. Has no effect with `authorizeAt: "request"`.
   * @default the manager's `authMaxAge`
   */
  readonly maxAge?: number;
}

/**
 * The rights held so far. With `authorizeAt: "issue"` they are the session's id and the grant of
 * its login. With `"request"` they are the verified `JWT`, with all members of a token.
 */
export interface HeldRights<C = Claims> extends Partial<Omit<JWT<C>, "sid" | "scope" | "claims">> {
  /** The id of the session. */
  readonly sid: string | undefined;
  /** The scope of the token or of the login. */
  readonly scope: unknown;
  /** The claims of the token or of the login. */
  readonly claims: Readonly<Partial<C>>;
}

/**
 * Looks up the rights of a subject (as text), in `login` and `refresh` or once per request.
 *
 * `null` rejects the caller (`TOKEN_REVOKED`), and ends the session in `refresh`. If it throws, or
 * does not answer in time, the caller gets `STORE_UNAVAILABLE` and the session stays unchanged. Any
 * other answer than rights or `null` is a mistake of the application: a `TypeError`, as from a
 * resolver.
 * @example
 * ```ts
 * import type { Authorize } from "claimgate";
 *
 * const scopes = new Map([["ann", { admin: true }]]);
 * const authorize: Authorize = async (subject) => {
 *   const scope = scopes.get(subject);
 *   return scope ? { scope } : null;
 * };
 * ```
 */
// The type of a method, so that users can annotate `held` as the JWT that it is per request.
export type Authorize<C = Claims> = {
  authorize(subject: string, held: HeldRights<C>): MaybePromise<Rights<C> | null>;
}["authorize"];
