/** The types of token, and the claims that tokens of each have. */
import { InvalidTokenTypeError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";

/** The two types of token, as Flask_PyJWT names them. */
export const TokenType: { readonly AUTH: "auth"; readonly REFRESH: "refresh" } = Object.freeze({
  AUTH: "auth",
  REFRESH: "refresh",
});

/** `"auth"` or `"refresh"`: the value of the `type` claim. */
export type TokenType = (typeof TokenType)[keyof typeof TokenType];

/** Seconds that a token of each type lives, unless an option says otherwise. */
export const DEFAULT_MAX_AGE: Readonly<Record<TokenType, number>> = { auth: 3600, refresh: 604_800 };

/** Claims that every signed token of ours has, or may have, beside the user's own. */
export interface RegisteredClaims {
  readonly iss: string;
  readonly sub: string | number;
  readonly iat: number;
  readonly exp: number;
  readonly type: TokenType;
  readonly aud?: string | readonly string[];
  readonly scope?: unknown;
  readonly rid?: string;
  readonly sid?: string;
}

/** All claims of a token whose own claims are `C`. */
export type TokenClaims<C = Claims> = RegisteredClaims & Readonly<C>;

/** The members of a new, unsigned token besides its type and subject. */
export interface JWTOptions<C = Claims> {
  /** The `scope` claim of an auth token. Left out where it is undefined, as Flask_PyJWT does. */
  readonly scope?: unknown;
  /** Further claims; they may not name `iss sub aud exp iat type scope sid rid cnf`. */
  readonly claims?: Readonly<C>;
  /** Seconds until it expires. Default: the signer's, by type. */
  readonly maxAge?: number;
  /** The `aud` claim. */
  readonly audience?: string | readonly string[];
}

/** The `type` claim. Throws `InvalidTokenTypeError` where it is neither auth nor refresh. */
export function readTokenType(claims: Readonly<Record<string, unknown>>): TokenType {
  const type = Object.hasOwn(claims, "type") ? claims["type"] : undefined;
  if (type !== "auth" && type !== "refresh")
    throw new InvalidTokenTypeError('The token\'s "type" is neither auth nor refresh');
  return type;
}

/** Throws `InvalidTokenTypeError` for a token that is not of the type `expected`. */
export function checkTokenType(type: TokenType, expected: TokenType | "any"): void {
  if (expected !== "any" && type !== expected)
    throw new InvalidTokenTypeError(`The token is of type ${type}, not ${expected}`);
}
