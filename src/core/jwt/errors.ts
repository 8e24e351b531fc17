/** The token errors, named as PyJWT names them; each says with a `reason` what a caller may be told. */
import type { KeysReason, TokenReason } from "../reasons.ts";

/** Options of every token error. */
export interface TokenErrorOptions {
  /** Default: the class's own reason. */
  readonly reason?: TokenReason;
  readonly cause?: unknown;
}

// A registered symbol, so that the error of another copy of this package is recognised too.
const TOKEN_ERROR: unique symbol = Symbol.for("claimgate.TokenError") as never;

/**
 * The base of every error that says a token is not to be trusted. `reason` is `TOKEN_MALFORMED`
 * unless a subclass says otherwise.
 */
export class InvalidTokenError extends Error {
  override readonly name: string = "InvalidTokenError";
  /** What a caller may be told. */
  readonly reason: TokenReason;

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = options.reason ?? "TOKEN_MALFORMED";
    Object.defineProperty(this, TOKEN_ERROR, { value: true });
  }
}

/**
 * The token cannot be read: not three segments of base64url, not JSON, not an object, or a date
 * that is no number.
 */
export class DecodeError extends InvalidTokenError {
  override readonly name: string = "DecodeError";
}

/** The signature does not belong to this token and key. */
export class InvalidSignatureError extends DecodeError {
  override readonly name: string = "InvalidSignatureError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "SIGNATURE_INVALID", ...options });
  }
}

/** `exp` has come (RFC 7519, section 4.1.4). */
export class ExpiredSignatureError extends InvalidTokenError {
  override readonly name: string = "ExpiredSignatureError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_EXPIRED", ...options });
  }
}

/** `nbf` or `iat` lies in the future (RFC 7519, sections 4.1.5 and 4.1.6). */
export class ImmatureSignatureError extends InvalidTokenError {
  override readonly name: string = "ImmatureSignatureError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_NOT_YET_VALID", ...options });
  }
}

/** `aud` is not the expected one, or names one where none was expected. */
export class InvalidAudienceError extends InvalidTokenError {
  override readonly name: string = "InvalidAudienceError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "AUDIENCE_INVALID", ...options });
  }
}

/** `iss` is not the expected issuer. */
export class InvalidIssuerError extends InvalidTokenError {
  override readonly name: string = "InvalidIssuerError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "ISSUER_INVALID", ...options });
  }
}

/** `iat` is no number. */
export class InvalidIssuedAtError extends InvalidTokenError {
  override readonly name: string = "InvalidIssuedAtError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "CLAIM_INVALID", ...options });
  }
}

/** The header's `alg` is absent, unknown or not among the allowed ones (RFC 8725, section 3.1). */
export class InvalidAlgorithmError extends InvalidTokenError {
  override readonly name: string = "InvalidAlgorithmError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "ALGORITHM_INVALID", ...options });
  }
}

/** `sub` is of the wrong type or not the expected subject. */
export class InvalidSubjectError extends InvalidTokenError {
  override readonly name: string = "InvalidSubjectError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "CLAIM_INVALID", ...options });
  }
}

/** `jti` is no string. */
export class InvalidJTIError extends InvalidTokenError {
  override readonly name: string = "InvalidJTIError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "CLAIM_INVALID", ...options });
  }
}

/** A claim that must be there is not; `claim` names it. */
export class MissingRequiredClaimError extends InvalidTokenError {
  override readonly name: string = "MissingRequiredClaimError";
  readonly claim: string;

  constructor(claim: string, options: TokenErrorOptions = {}) {
    super(`The token has no "${claim}" claim`, { reason: "CLAIM_MISSING", ...options });
    this.claim = claim;
  }
}

/**
 * The `type` claim is not the one asked for: a refresh token used as an auth token, or the reverse.
 */
export class InvalidTokenTypeError extends InvalidTokenError {
  override readonly name: string = "InvalidTokenTypeError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_TYPE_INVALID", ...options });
  }
}

/** The token, its session or its subject's rights were withdrawn. */
export class RevokedTokenError extends InvalidTokenError {
  override readonly name: string = "RevokedTokenError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_REVOKED", ...options });
  }
}

/**
 * The key cannot serve the algorithm: wrong type, too short, unreadable. Says nothing about any
 * token.
 */
export class InvalidKeyError extends Error {
  override readonly name: string = "InvalidKeyError";
}

const KEYS_ERROR: unique symbol = Symbol.for("claimgate.KeysError") as never;

/**
 * Keys could not be had. `reason` is `KEYS_UNAVAILABLE` (503: nothing can be said of any token), or
 * `SIGNATURE_INVALID` (401) where the set was read and has no key for this token.
 */
export class JWKSClientError extends Error {
  override readonly name: string = "JWKSClientError";
  readonly reason: KeysReason;

  constructor(message: string, options: { readonly reason?: KeysReason; readonly cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = options.reason ?? "KEYS_UNAVAILABLE";
    Object.defineProperty(this, KEYS_ERROR, { value: true });
  }
}

/** A JSON Web Key Set could not be fetched. */
export class JWKSClientConnectionError extends JWKSClientError {
  override readonly name: string = "JWKSClientConnectionError";
}

/** Whether `error` is a token error, also of another copy of this package. */
export function isTokenError(error: unknown): error is InvalidTokenError {
  return error instanceof Error && (error as { [TOKEN_ERROR]?: unknown })[TOKEN_ERROR] === true;
}

/** Whether `error` is a `JWKSClientError`, also of another copy of this package. */
export function isKeysError(error: unknown): error is JWKSClientError {
  return error instanceof Error && (error as { [KEYS_ERROR]?: unknown })[KEYS_ERROR] === true;
}
