/** The types of token, and their claims. */
import { InvalidTokenTypeError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";

/** The two types of token, with the names of Flask_PyJWT. */
export const TokenType: { readonly AUTH: "auth"; readonly REFRESH: "refresh" } = Object.freeze({
  AUTH: "auth",
  REFRESH: "refresh",
});

/** The value of the `type` claim: `"auth"` or `"refresh"`. */
export type TokenType = (typeof TokenType)[keyof typeof TokenType];

/** The default lifetime of an auth token, in seconds. */
export const DEFAULT_AUTH_MAX_AGE: number = 3600;
/** The default lifetime of a refresh token, in seconds. */
export const DEFAULT_REFRESH_MAX_AGE: number = 604_800;

/**
 * The claims that claimgate sets in its tokens, in addition to the user's claims.
 * @see RFC 7519, section 4.1
 */
export interface RegisteredClaims {
  /** The issuer. Only a token of a `trust` entry with `issuer: null` has none. */
  readonly iss?: string;
  /** The subject. Flask_PyJWT writes integers too. */
  readonly sub: string | number;
  /** The time of issue, in seconds since 1970. */
  readonly iat: number;
  /** The time of expiry, in seconds since 1970. */
  readonly exp: number;
  /** The type of the token. */
  readonly type: TokenType;
  /** The audience. */
  readonly aud?: string | readonly string[];
  /** The scope of an auth token. */
  readonly scope?: unknown;
  /** The id of a refresh token. */
  readonly rid?: string;
  /** The id of the session. */
  readonly sid?: string;
}

/** All claims of a token: those that claimgate sets, and the user's claims `C`. */
export type TokenClaims<C = Claims> = RegisteredClaims & Readonly<C>;

/** Options of a new token. Its type and subject are separate arguments. */
export interface JWTOptions<C = Claims> {
  /**
   * The `scope` claim of an auth token. Has no effect on a refresh token.
   * @default none
   */
  readonly scope?: unknown;
  /**
   * Further claims. The reserved claims are rejected: `iss`, `sub`, `aud`, `exp`, `iat`, `type`,
   * `scope`, `sid`, `rid` and `cnf`.
   * @default {}
   */
  readonly claims?: Readonly<C>;
  /**
   * Seconds until the token expires: a whole number, 1 or more, at most 100 years.
   * @default the lifetime of the type in `AuthData` or the manager
   */
  readonly maxAge?: number;
  /**
   * The `aud` claim. An empty string or list is rejected.
   * @default none
   * @see RFC 7519, section 4.1.3
   */
  readonly audience?: string | readonly string[];
}

/** Returns the `type` claim. Throws `InvalidTokenTypeError` unless it is `auth` or `refresh`. */
export function readTokenType(claims: Readonly<Record<string, unknown>>): TokenType {
  const type = Object.hasOwn(claims, "type") ? claims["type"] : undefined;
  if (type !== "auth" && type !== "refresh")
    throw new InvalidTokenTypeError('The token\'s "type" is neither auth nor refresh');
  return type;
}

/** Throws `InvalidTokenTypeError` unless the token has the type `expected`. */
export function checkTokenType(type: TokenType, expected: TokenType | "any"): void {
  if (expected !== "any" && type !== expected)
    throw new InvalidTokenTypeError(`The token has the type ${type}, not ${expected}`);
}
