/** All checks of registered claims, in one place, with the time as an argument (RFC 7519, section 4.1). */
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

/** What is expected of a token's registered claims. */
export interface ClaimChecks {
  /** Claims that must be there; `null` counts as absent. */
  readonly require?: readonly string[];
  readonly issuer?: string | readonly string[];
  readonly audience?: string | readonly string[];
  readonly subject?: string;
  /** Seconds of tolerance for `exp`, `nbf` and `iat`. Default 0. */
  readonly leeway?: number;
  /** `aud` must be a single string, equal to the one expected. Default false. */
  readonly strictAud?: boolean;
  /** A safe integer is a subject too, as Flask_PyJWT writes it. Default false. */
  readonly integerSubject?: boolean;
  /** Seconds beyond `leeway` that `iat` may lie ahead. Default 0, as in PyJWT. */
  readonly issuedAhead?: number;
  readonly verifyExp?: boolean;
  readonly verifyNbf?: boolean;
  readonly verifyIat?: boolean;
  readonly verifyAud?: boolean;
  readonly verifyIss?: boolean;
  readonly verifySub?: boolean;
  readonly verifyJti?: boolean;
}

/**
 * Seconds that the `iat` of a manager's token may lie ahead of this server's clock, beyond
 * `leeway`: `iat` is no "not before" (RFC 7519, section 4.1.6), and another server's clock may be
 * ahead.
 */
export const MAX_ISSUED_AHEAD = 60;

// The last second a Date can hold. What lies beyond is no date, so no token can live "for ever" by
// it.
const MAX_NUMERIC_DATE = 8.64e12;

/** Throws the first error that `claims` give cause for, in PyJWT's order. `now` is in seconds. */
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
 * Throws `ExpiredSignatureError` once `exp` has come: `exp` equal to now has expired. `now` and
 * `leeway` are in seconds.
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
      "exp is in seconds, and this one is more than 100 years ahead; it looks like milliseconds: divide by 1000",
    );
}

/**
 * Throws `DecodeError` (`CLAIM_INVALID`) for an `exp` that no token of a manager has. `now` and
 * `tolerance` are in seconds.
 */
export function checkOwnExpiry(claims: JwtPayload, now: number, tolerance: number): void {
  const exp = valueOf(claims, "exp");
  if (typeof exp === "number" && exp > now + MAX_TOKEN_AGE_SECONDS + tolerance)
    throw invalidDate(
      'The token\'s "exp" is more than 100 years ahead: it must be in seconds, and looks like milliseconds',
    );
}

/**
 * Throws `InvalidTokenTypeError` for a token that is bound to a key of its sender by `cnf` (RFC
 * 7800; DPoP, RFC 9449, section 6; mutual TLS, RFC 8705, section 3): nothing here proves that the
 * caller holds that key, so it must not pass as a bearer token.
 */
export function checkConfirmation(claims: JwtPayload): void {
  if (Object.hasOwn(claims, "cnf"))
    throw new InvalidTokenTypeError('The token is bound to its sender ("cnf"), which cannot be checked here');
}

function checkIssuedAt(claims: JwtPayload, now: number, tolerance: number): void {
  const iat = valueOf(claims, "iat");
  if (iat === undefined) return;
  if (numericDate(iat, "iat", (message) => new InvalidIssuedAtError(message)) > now + tolerance) {
    throw new ImmatureSignatureError('The token\'s "iat" lies in the future');
  }
}

function checkNotBefore(claims: JwtPayload, now: number, leeway: number): void {
  const nbf = valueOf(claims, "nbf");
  if (nbf === undefined) return;
  if (numericDate(nbf, "nbf", invalidDate) > now + leeway)
    throw new ImmatureSignatureError("The token is not valid yet");
}

function checkIssuer(claims: JwtPayload, expected: string | readonly string[] | undefined): void {
  if (expected === undefined) return;
  const iss = valueOf(claims, "iss");
  if (iss === undefined) throw new MissingRequiredClaimError("iss");
  const issuers = typeof expected === "string" ? [expected] : expected;
  if (typeof iss !== "string" || !issuers.includes(iss)) throw new InvalidIssuerError("The token is of another issuer");
}

function checkAudience(claims: JwtPayload, expected: string | readonly string[] | undefined, strict: boolean): void {
  const aud = valueOf(claims, "aud");
  if (expected === undefined) {
    // An audience nobody expected means the token was made for somebody else.
    if (aud == null) return;
    throw new InvalidAudienceError("The token is for an audience that nobody expected");
  }
  if (aud == null || aud === "" || (Array.isArray(aud) && aud.length === 0)) throw new MissingRequiredClaimError("aud");
  const audiences = typeof expected === "string" ? [expected] : expected;
  if (strict) {
    if (typeof aud === "string" && typeof expected === "string" && aud === expected) return;
    throw new InvalidAudienceError("The token's audience is not the one expected");
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
  if (!isSubject) throw new InvalidSubjectError('The token\'s "sub" is of the wrong type');
  if (expected !== undefined && sub !== expected) throw new InvalidSubjectError("The token has another subject");
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
