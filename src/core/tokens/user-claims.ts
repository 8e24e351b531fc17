/** Claims as users give them: which they may, and copies that nobody can change afterwards. */
import { withErrorContext } from "../util/error-context.ts";
import type { JWTOptions, TokenType } from "./token-type.ts";

/**
 * Claims that only the manager sets, and `cnf`, which would bind a token to a key that is not
 * checked.
 */
export const RESERVED_CLAIMS: readonly string[] = [
  "iss",
  "sub",
  "aud",
  "exp",
  "iat",
  "type",
  "scope",
  "sid",
  "rid",
  "cnf",
];

/** Throws `TypeError` that names the first claim only the manager may set. */
export function checkUserClaims(claims: unknown, where: string): asserts claims is Record<string, unknown> {
  if (typeof claims !== "object" || claims === null || Array.isArray(claims))
    throw new TypeError(`${where} must be an object`);
  const reserved = RESERVED_CLAIMS.find((name) => Object.hasOwn(claims, name));
  if (reserved !== undefined)
    throw new TypeError(`${where}.${reserved}: "${reserved}" is reserved and cannot be given`);
}

/** Throws `TypeError` for a subject that no token may have. */
export function checkSubject(subject: unknown): asserts subject is string | number {
  if (!((typeof subject === "string" && subject !== "") || Number.isSafeInteger(subject)))
    throw new TypeError("The subject must be a non-empty string or a safe integer");
}

/** The claims of a new token before it is signed. Throws `TypeError` for what it may not hold. */
export function draftClaims(
  tokenType: TokenType,
  subject: unknown,
  options: JWTOptions<unknown>,
): Record<string, unknown> {
  checkSubject(subject);
  const claims: unknown = options.claims ?? {};
  checkUserClaims(claims, "claims");
  if (options.audience !== undefined) checkAudience(options.audience);
  return {
    sub: subject,
    type: tokenType,
    // Copies: what is the caller's is never frozen.
    ...(options.audience === undefined ? {} : cloneClaims({ aud: options.audience })),
    ...(options.scope === undefined || tokenType === "refresh" ? {} : cloneClaims({ scope: options.scope })),
    ...cloneClaims(claims),
  };
}

/**
 * Copies: what the caller changes later changes nothing here. Throws `TypeError` for what is no
 * data.
 */
export function cloneClaims(claims: Record<string, unknown>): Record<string, unknown> {
  return withErrorContext(
    () => structuredClone(claims),
    (cause) => new TypeError("claims hold something that is no data", { cause }),
  );
}

function checkAudience(audience: unknown): void {
  const list = Array.isArray(audience) ? audience : [audience];
  const isAudience = list.length > 0 && list.every((item) => typeof item === "string" && item !== "");
  if (!isAudience) throw new TypeError("audience must be a non-empty string or a list of them");
}
