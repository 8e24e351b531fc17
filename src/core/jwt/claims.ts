/** The checks of registered claims. The time is an argument. */
import { MAX_TOKEN_AGE_SECONDS } from "../util/seconds.ts";
import type { JwtPayload } from "./compact.ts";
import {
  DecodeError,
  ExpiredSignatureError,
  ImmatureSignatureError,
  InvalidAudienceError,
  InvalidIssuedAtError,
  InvalidIssuerError,
  InvalidJTIError,
  InvalidSubjectError,
  type InvalidTokenError,
  InvalidTokenTypeError,
  MissingRequiredClaimError,
} from "./errors.ts";

/**
 * The checks of a token's registered claims.
 * @see RFC 7519, section 4.1
 */
export interface ClaimChecks {
  /**
   * Names of claims that the token must have. A claim that is `null` counts as absent.
   * @default []
   */
  readonly require?: readonly string[];
  /**
   * The expected `iss`, or a list of accepted ones. Without this option, `iss` is not checked.
   * @default none
   * @see RFC 7519, section 4.1.1
   */
  readonly issuer?: string | readonly string[];
  /**
   * The expected `aud`, or a list: the token must name one of them. Without this option, a token
   * with `aud` is rejected.
   * @default none
   * @see RFC 7519, section 4.1.3
   */
  readonly audience?: string | readonly string[];
  /**
   * The expected `sub`. Without this option, any subject is accepted.
   * @default none
   * @see RFC 7519, section 4.1.2
   */
  readonly subject?: string;
  /**
   * Seconds of tolerance for `exp`, `nbf` and `iat`. A negative number is rejected.
   * @default 0
   */
  readonly leeway?: number;
  /**
   * Require `aud` to be a single string that equals `audience`. `audience` must then be a string: a
   * list rejects every token.
   * @default false
   */
  readonly strictAud?: boolean;
  /**
   * Accept a safe integer as `sub`, as Flask_PyJWT writes it.
   * @default false
   */
  readonly integerSubject?: boolean;
  /**
   * Seconds by which `iat` may be in the future, in addition to `leeway`.
   * @default 0
   */
  readonly issuedAhead?: number;
  /**
   * Reject a token whose `exp` is now or past. A token without `exp` is accepted, unless `require`
   * names it.
   * @default true, or false with `verifySignature: false`
   * @see RFC 7519, section 4.1.4
   */
  readonly verifyExp?: boolean;
  /**
   * Reject a token whose `nbf` is in the future.
   * @default true, or false with `verifySignature: false`
   * @see RFC 7519, section 4.1.5
   */
  readonly verifyNbf?: boolean;
  /**
   * Reject a token whose `iat` is in the future.
   * @default true, or false with `verifySignature: false`
   * @see RFC 7519, section 4.1.6
   */
  readonly verifyIat?: boolean;
  /**
   * Compare `aud` with `audience`.
   * @default true, or false with `verifySignature: false`
   */
  readonly verifyAud?: boolean;
  /**
   * Compare `iss` with `issuer`.
   * @default true, or false with `verifySignature: false`
   */
  readonly verifyIss?: boolean;
  /**
   * Check the type of `sub`, and compare it with `subject`.
   * @default true, or false with `verifySignature: false`
   */
  readonly verifySub?: boolean;
  /**
   * Require `jti` to be a string, if the token has one.
   * @default true, or false with `verifySignature: false`
   * @see RFC 7519, section 4.1.7
   */
  readonly verifyJti?: boolean;
}

/**
 * Seconds by which a manager accepts an `iat` in the future, in addition to `leeway`. The clock of
 * the server that issued the token may be ahead.
 * @see RFC 7519, section 4.1.6
 */
export const MAX_ISSUED_AHEAD = 60;

// The last second that a Date can hold. With a larger number, a token would never expire.
const MAX_NUMERIC_DATE = 8.64e12;

/** Throws a token error for the first failed check, in the order of PyJWT. `now` is in seconds. */
export function checkClaims(claims: JwtPayload, checks: ClaimChecks, now: number): void {
  const leeway = checks.leeway ?? 0;
  for (const claim of checks.require ?? []) {
    if (valueOf(claims, claim) == null) throw new MissingRequiredClaimError(claim);
  }
  if (checks.verifyIat ?? true) checkIssuedAt(claims, now, leeway + (checks.issuedAhead ?? 0));
  if (checks.verifyNbf ?? true) checkNotBefore(claims, now, leeway);
  if (checks.verifyExp ?? true) checkExpiry(claims, now, leeway);
  if (checks.verifyIss ?? true) checkIssuer(claims, checks.issuer);
  if (checks.verifyAud ?? true) checkAudience(claims, checks.audience, checks.strictAud ?? false);
  if (checks.verifySub ?? true) checkSubject(claims, checks.subject, checks.integerSubject ?? false);
  if (checks.verifyJti ?? true) checkJti(claims);
}

/**
 * Throws `ExpiredSignatureError` if `exp` is now or past. `now` and `leeway` are in seconds.
 */
export function checkExpiry(claims: JwtPayload, now: number, leeway: number): void {
  const exp = valueOf(claims, "exp");
  if (exp === undefined) return;
  if (numericDate(exp, "exp", invalidDate) <= now - leeway) throw new ExpiredSignatureError("The token has expired");
}

/** Throws `TypeError` for the `exp` of a new token that is in milliseconds. `now` is in seconds. */
export function checkNewExpiry(exp: unknown, now: number): void {
  if (typeof exp === "number" && exp > now + MAX_TOKEN_AGE_SECONDS)
    throw new TypeError(
      "exp must be in seconds: this exp is more than 100 years ahead and looks like milliseconds; divide it by 1000",
    );
}

/**
 * Throws `DecodeError` (`CLAIM_INVALID`) for an `exp` in milliseconds in a manager's own token.
 * `now` and `tolerance` are in seconds.
 */
export function checkOwnExpiry(claims: JwtPayload, now: number, tolerance: number): void {
  const exp = valueOf(claims, "exp");
  if (typeof exp === "number" && exp > now + MAX_TOKEN_AGE_SECONDS + tolerance)
    throw invalidDate(
      'The token\'s "exp" is more than 100 years ahead: it must be in seconds, and looks like milliseconds',
    );
}

/**
 * Throws `InvalidTokenTypeError` for a token that `cnf` binds to a key of its rightful sender.
 * claimgate cannot check that the caller has this key.
 * @see RFC 7800
 * @see RFC 9449, section 6 (DPoP)
 * @see RFC 8705, section 3 (mutual TLS)
 */
export function checkConfirmation(claims: JwtPayload): void {
  if (Object.hasOwn(claims, "cnf"))
    throw new InvalidTokenTypeError(
      'The token is bound to a key by "cnf", which claimgate cannot check: ask its issuer for a bearer token',
    );
}

function checkIssuedAt(claims: JwtPayload, now: number, tolerance: number): void {
  const iat = valueOf(claims, "iat");
  if (iat === undefined) return;
  if (numericDate(iat, "iat", (message) => new InvalidIssuedAtError(message)) > now + tolerance) {
    throw new ImmatureSignatureError('The token\'s "iat" is in the future');
  }
}

function checkNotBefore(claims: JwtPayload, now: number, leeway: number): void {
  const nbf = valueOf(claims, "nbf");
  if (nbf === undefined) return;
  if (numericDate(nbf, "nbf", invalidDate) > now + leeway)
    throw new ImmatureSignatureError('The token is not valid yet: its "nbf" is in the future');
}

function checkIssuer(claims: JwtPayload, expected: string | readonly string[] | undefined): void {
  if (expected === undefined) return;
  const iss = valueOf(claims, "iss");
  if (iss === undefined) throw new MissingRequiredClaimError("iss");
  const issuers = typeof expected === "string" ? [expected] : expected;
  if (typeof iss !== "string" || !issuers.includes(iss))
    throw new InvalidIssuerError('The token\'s "iss" is not an expected issuer');
}

function checkAudience(claims: JwtPayload, expected: string | readonly string[] | undefined, strict: boolean): void {
  const aud = valueOf(claims, "aud");
  if (expected === undefined) {
    // The token is for the services in its `aud`, and no option says that this service is one.
    if (aud == null) return;
    throw new InvalidAudienceError('The token has an "aud", but no audience is expected: set audience');
  }
  if (aud == null || aud === "" || (Array.isArray(aud) && aud.length === 0)) throw new MissingRequiredClaimError("aud");
  const audiences = typeof expected === "string" ? [expected] : expected;
  if (strict) {
    if (typeof aud === "string" && typeof expected === "string" && aud === expected) return;
    throw new InvalidAudienceError('The token\'s "aud" is not exactly the expected audience, a single string');
  }
  const held = typeof aud === "string" ? [aud] : aud;
  if (!Array.isArray(held) || !held.every((item) => typeof item === "string")) {
    throw new InvalidAudienceError('The token\'s "aud" is neither a string nor a list of strings');
  }
  if (!held.some((item) => audiences.includes(item)))
    throw new InvalidAudienceError("The token is for another audience");
}

function checkSubject(claims: JwtPayload, expected: string | undefined, integerSubject: boolean): void {
  const sub = valueOf(claims, "sub");
  if (sub === undefined) {
    if (expected !== undefined) throw new MissingRequiredClaimError("sub");
    return;
  }
  const isSubject = typeof sub === "string" || (integerSubject && Number.isSafeInteger(sub));
  if (!isSubject)
    throw new InvalidSubjectError(`The token's "sub" is not a string${integerSubject ? " or a safe integer" : ""}`);
  if (expected !== undefined && sub !== expected)
    throw new InvalidSubjectError('The token\'s "sub" is not the expected subject');
}

function checkJti(claims: JwtPayload): void {
  const jti = valueOf(claims, "jti");
  if (jti !== undefined && typeof jti !== "string") throw new InvalidJTIError('The token\'s "jti" is not a string');
}

function invalidDate(message: string): InvalidTokenError {
  return new DecodeError(message, { reason: "CLAIM_INVALID" });
}

function numericDate(value: unknown, claim: string, error: (message: string) => InvalidTokenError): number {
  if (typeof value !== "number" || !(Math.abs(value) <= MAX_NUMERIC_DATE)) {
    throw error(`The token's "${claim}" is not a date in seconds`);
  }
  return value;
}

function valueOf(claims: JwtPayload, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
