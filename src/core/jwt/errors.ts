/** The errors of tokens and keys, with the names of PyJWT. */
import type { KeysReason, TokenReason } from "../reasons.ts";

/** Options of every token error. */
export interface TokenErrorOptions {
  /**
   * The reason that a guard reports to callers.
   * @default the reason of the class
   */
  readonly reason?: TokenReason;
  /**
   * The error that caused this one.
   * @default none
   */
  readonly cause?: unknown;
}

// A registered symbol: the error of another copy of this package has it too.
const TOKEN_ERROR: unique symbol = Symbol.for("claimgate.TokenError") as never;

/**
 * The base class of the errors of invalid tokens. Its default `reason` is `TOKEN_MALFORMED`. Most
 * subclasses have another default.
 */
export class InvalidTokenError extends Error {
  override readonly name: string = "InvalidTokenError";
  /** The reason that a guard reports to callers. */
  readonly reason: TokenReason;

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = options.reason ?? "TOKEN_MALFORMED";
    Object.defineProperty(this, TOKEN_ERROR, { value: true });
  }
}

/**
 * The token is not three segments of base64url, or its header or payload is not a JSON object
 * (`TOKEN_MALFORMED`). Or `exp` or `nbf` is not a date in seconds (`CLAIM_INVALID`).
 * @see RFC 7515, section 7.1
 */
export class DecodeError extends InvalidTokenError {
  override readonly name: string = "DecodeError";
}

/**
 * The signature does not match the token and the key (`SIGNATURE_INVALID`).
 * @see RFC 7515, section 5.2
 */
export class InvalidSignatureError extends DecodeError {
  override readonly name: string = "InvalidSignatureError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "SIGNATURE_INVALID", ...options });
  }
}

/**
 * `exp` is now or past (`TOKEN_EXPIRED`).
 * @see RFC 7519, section 4.1.4
 */
export class ExpiredSignatureError extends InvalidTokenError {
  override readonly name: string = "ExpiredSignatureError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_EXPIRED", ...options });
  }
}

/**
 * `nbf` or `iat` is in the future (`TOKEN_NOT_YET_VALID`).
 * @see RFC 7519, sections 4.1.5 and 4.1.6
 */
export class ImmatureSignatureError extends InvalidTokenError {
  override readonly name: string = "ImmatureSignatureError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_NOT_YET_VALID", ...options });
  }
}

/**
 * `aud` is not the expected audience, or the token has an `aud` although no audience is expected
 * (`AUDIENCE_INVALID`).
 * @see RFC 7519, section 4.1.3
 */
export class InvalidAudienceError extends InvalidTokenError {
  override readonly name: string = "InvalidAudienceError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "AUDIENCE_INVALID", ...options });
  }
}

/**
 * `iss` is not the expected issuer (`ISSUER_INVALID`).
 * @see RFC 7519, section 4.1.1
 */
export class InvalidIssuerError extends InvalidTokenError {
  override readonly name: string = "InvalidIssuerError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "ISSUER_INVALID", ...options });
  }
}

/**
 * `iat` is not a date in seconds (`CLAIM_INVALID`).
 * @see RFC 7519, section 4.1.6
 */
export class InvalidIssuedAtError extends InvalidTokenError {
  override readonly name: string = "InvalidIssuedAtError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "CLAIM_INVALID", ...options });
  }
}

/**
 * The header has no `alg`, or one that is unknown or not allowed (`ALGORITHM_INVALID`).
 * @see RFC 8725, section 3.1
 */
export class InvalidAlgorithmError extends InvalidTokenError {
  override readonly name: string = "InvalidAlgorithmError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "ALGORITHM_INVALID", ...options });
  }
}

/**
 * `sub` has the wrong type, or is not the expected subject (`CLAIM_INVALID`).
 * @see RFC 7519, section 4.1.2
 */
export class InvalidSubjectError extends InvalidTokenError {
  override readonly name: string = "InvalidSubjectError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "CLAIM_INVALID", ...options });
  }
}

/**
 * `jti` is not a string (`CLAIM_INVALID`).
 * @see RFC 7519, section 4.1.7
 */
export class InvalidJTIError extends InvalidTokenError {
  override readonly name: string = "InvalidJTIError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "CLAIM_INVALID", ...options });
  }
}

/** A required claim is absent or `null`, or a required `aud` is empty (`CLAIM_MISSING`). */
export class MissingRequiredClaimError extends InvalidTokenError {
  override readonly name: string = "MissingRequiredClaimError";
  /** The name of the claim. */
  readonly claim: string;

  constructor(claim: string, options: TokenErrorOptions = {}) {
    super(`The token has no "${claim}" claim`, { reason: "CLAIM_MISSING", ...options });
    this.claim = claim;
  }
}

/**
 * The token is not of the required type, such as a refresh token in place of an auth token. Or its
 * `cnf` binds it to a key, which claimgate cannot check (`TOKEN_TYPE_INVALID`).
 */
export class InvalidTokenTypeError extends InvalidTokenError {
  override readonly name: string = "InvalidTokenTypeError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_TYPE_INVALID", ...options });
  }
}

/**
 * The token's session has ended, or its subject has lost all rights (`TOKEN_REVOKED`). Or the token
 * is a refresh token that was used already (`TOKEN_REUSED`).
 */
export class RevokedTokenError extends InvalidTokenError {
  override readonly name: string = "RevokedTokenError";

  constructor(message: string, options: TokenErrorOptions = {}) {
    super(message, { reason: "TOKEN_REVOKED", ...options });
  }
}

/**
 * The key does not fit the algorithm, is too short, or cannot be read. The fault is in
 * the key, not in a token.
 * @see RFC 7518, section 3
 */
export class InvalidKeyError extends Error {
  override readonly name: string = "InvalidKeyError";
}

const KEYS_ERROR: unique symbol = Symbol.for("claimgate.KeysError") as never;

/**
 * No key can verify the token. `reason` is `KEYS_UNAVAILABLE` (503) if the key set cannot be
 * fetched or used, and `SIGNATURE_INVALID` (401) if the set has no key for the token.
 */
export class JWKSClientError extends Error {
  override readonly name: string = "JWKSClientError";
  /** The reason that a guard reports to callers. */
  readonly reason: KeysReason;

  constructor(message: string, options: { readonly reason?: KeysReason; readonly cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.reason = options.reason ?? "KEYS_UNAVAILABLE";
    Object.defineProperty(this, KEYS_ERROR, { value: true });
  }
}

/** A JSON Web Key Set, or the metadata of its issuer, cannot be fetched (`KEYS_UNAVAILABLE`). */
export class JWKSClientConnectionError extends JWKSClientError {
  override readonly name: string = "JWKSClientConnectionError";
}

/** Whether `error` is a token error of this or another copy of this package. */
export function isTokenError(error: unknown): error is InvalidTokenError {
  return error instanceof Error && (error as { [TOKEN_ERROR]?: unknown })[TOKEN_ERROR] === true;
}

/** Whether `error` is a `JWKSClientError` of this or another copy of this package. */
export function isKeysError(error: unknown): error is JWKSClientError {
  return error instanceof Error && (error as { [KEYS_ERROR]?: unknown })[KEYS_ERROR] === true;
}
