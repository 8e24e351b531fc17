/** The challenge of a refused request (RFC 6750, section 3). */
import type { AuthError } from "../errors.ts";
import { REFUSALS } from "../reasons.ts";

/**
 * The `WWW-Authenticate` value for a refusal (RFC 6750, section 3), or `undefined` for one that is
 * neither 401 nor 403.
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
