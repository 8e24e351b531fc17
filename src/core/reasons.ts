/** The reasons of refusals, with statuses and messages. Imports nothing, for use in clients. */

/**
 * The reason of a rejected token, in each token error.
 * @see RFC 7519, section 7.2
 */
export type TokenReason =
  | "TOKEN_MALFORMED"
  | "TOKEN_EXPIRED"
  | "TOKEN_NOT_YET_VALID"
  | "SIGNATURE_INVALID"
  | "ALGORITHM_INVALID"
  | "ISSUER_INVALID"
  | "AUDIENCE_INVALID"
  | "TOKEN_TYPE_INVALID"
  | "CLAIM_MISSING"
  | "CLAIM_INVALID"
  | "TOKEN_REVOKED"
  | "TOKEN_REUSED";

/** The reason of a failed search for a key: keys are unavailable, or none of them matches. */
export type KeysReason = "KEYS_UNAVAILABLE" | "SIGNATURE_INVALID";

/**
 * The reason of a rejected request. The same on both transports.
 * @see RFC 6750, section 3.1
 */
export type Reason =
  | TokenReason
  | "TOKEN_MISSING"
  | "SCOPE_INSUFFICIENT"
  | "CLAIMS_INSUFFICIENT"
  | "CSRF_REJECTED"
  | "CREDENTIALS_AMBIGUOUS"
  | "KEYS_UNAVAILABLE"
  | "STORE_UNAVAILABLE";

/**
 * The HTTP status of a refusal.
 * @see RFC 9110, section 15
 */
export type RefusalStatus = 400 | 401 | 403 | 503;

/** The status and the message of a reason. */
export interface Refusal {
  readonly status: RefusalStatus;
  /** ASCII without quotes, because the `WWW-Authenticate` header contains it. */
  readonly message: string;
}

/** The status and the message of each reason, for both transports. */
export const REFUSALS: Readonly<Record<Reason, Refusal>> = {
  TOKEN_MISSING: { status: 401, message: "A token is required" },
  TOKEN_MALFORMED: { status: 401, message: "The token cannot be read" },
  TOKEN_EXPIRED: { status: 401, message: "The token has expired" },
  TOKEN_NOT_YET_VALID: { status: 401, message: "The token is not valid yet" },
  SIGNATURE_INVALID: { status: 401, message: "The signature of the token is invalid" },
  ALGORITHM_INVALID: { status: 401, message: "The algorithm of the token is not allowed" },
  ISSUER_INVALID: { status: 401, message: "The token is of another issuer" },
  AUDIENCE_INVALID: { status: 401, message: "The token is for another audience" },
  TOKEN_TYPE_INVALID: { status: 401, message: "The token is of the wrong type" },
  CLAIM_MISSING: { status: 401, message: "The token lacks a claim that every token must have" },
  CLAIM_INVALID: { status: 401, message: "A claim of the token is invalid" },
  TOKEN_REVOKED: { status: 401, message: "The token has been revoked" },
  TOKEN_REUSED: { status: 401, message: "The token was used already" },
  SCOPE_INSUFFICIENT: { status: 403, message: "The scope of the token does not allow this" },
  CLAIMS_INSUFFICIENT: { status: 403, message: "The claims of the token do not allow this" },
  CSRF_REJECTED: { status: 403, message: "The request is not known to come from an allowed origin" },
  CREDENTIALS_AMBIGUOUS: {
    status: 400,
    message: "The request has different credentials of one kind, or too many credentials",
  },
  KEYS_UNAVAILABLE: { status: 503, message: "The keys to verify the token cannot be reached" },
  STORE_UNAVAILABLE: { status: 503, message: "The session or the rights of the token cannot be looked up now" },
};
