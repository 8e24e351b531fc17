/** The `WWW-Authenticate` challenge of a rejected request. */
import type { AuthError } from "../errors.ts";
import { REFUSALS } from "../reasons.ts";

/**
 * The `WWW-Authenticate` value of a refusal; `undefined` for a status other than 401 and 403.
 * @see RFC 6750, section 3
 */
export function challengeFor(error: AuthError, scheme: string): string | undefined {
  if (error.status !== 401 && error.status !== 403) return undefined;
  // A request without a credential gets no error code (RFC 6750, section 3.1).
  if (error.reason === "TOKEN_MISSING") return scheme;
  const code =
    error.reason === "CSRF_REJECTED"
      ? "invalid_request"
      : error.status === 401
        ? "invalid_token"
        : "insufficient_scope";
  return `${scheme} error="${code}", error_description="${REFUSALS[error.reason].message}"`;
}
