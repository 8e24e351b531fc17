/** Checks and copies the claims that users pass for a new token. */
import { copyData } from "../util/copy-data.ts";
import { withErrorContext } from "../util/error-context.ts";
import type { JWTOptions, TokenType } from "./token-type.ts";

/** Claims that only claimgate sets, and `cnf`, which claimgate cannot check. */
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

/**
 * Throws `TypeError` unless `claims` is an object without reserved claims, whose `nbf` and `jti` a
 * verifier can read.
 */
export function checkUserClaims(claims: unknown, where: string): asserts claims is Record<string, unknown> {
  if (typeof claims !== "object" || claims === null || Array.isArray(claims))
    throw new TypeError(`${where} must be an object`);
  const reserved = RESERVED_CLAIMS.find((name) => Object.hasOwn(claims, name));
  if (reserved !== undefined)
    throw new TypeError(
      `${where}.${reserved} cannot be set, because "${reserved}" is reserved: ${remedyFor(reserved)}`,
    );
  const { nbf, jti } = claims as { readonly nbf?: unknown; readonly jti?: unknown };
  if (nbf !== undefined && !isNumericDate(nbf))
    throw new TypeError(`${where}.nbf must be a number of seconds since 1970: pass a number, or leave it out`);
  if (jti !== undefined && typeof jti !== "string")
    throw new TypeError(`${where}.jti must be a string: pass text, or leave it out`);
}

// `writeClaims` makes a Date seconds.
function isNumericDate(value: unknown): boolean {
  return Number.isFinite(value instanceof Date ? value.getTime() : value);
}

const REMEDIES: Readonly<Record<string, string>> = {
  exp: "pass maxAge, or set authMaxAge",
  aud: "pass audience, or set it on the manager",
  scope: "pass scope beside claims",
  sub: "pass it as the subject",
};

function remedyFor(claim: string): string {
  return REMEDIES[claim] ?? "leave it out";
}

/** Throws `TypeError` unless the subject is a string that is not empty, or a safe integer. */
export function checkSubject(subject: unknown): asserts subject is string | number {
  if (!((typeof subject === "string" && subject !== "") || Number.isSafeInteger(subject)))
    throw new TypeError("The subject must be a string that is not empty, or a safe integer");
}

/** The claims of a new token before it is signed. Throws `TypeError` for an invalid one. */
export function draftClaims(
  tokenType: TokenType,
  subject: unknown,
  options: JWTOptions<unknown>,
): Record<string, unknown> {
  checkSubject(subject);
  // The checks read the copies: a Proxy could answer a check otherwise than its copy.
  const claims = cloneClaims(options.claims ?? {});
  checkUserClaims(claims, "claims");
  const audience = options.audience === undefined ? undefined : cloneClaims({ aud: options.audience });
  if (audience) checkAudience(audience["aud"]);
  return {
    sub: subject,
    type: tokenType,
    ...audience,
    ...(options.scope === undefined || tokenType === "refresh" ? {} : cloneClaims({ scope: options.scope })),
    ...claims,
  };
}

/** A copy, which the caller cannot change later. Throws `TypeError` for a function or a symbol. */
export function cloneClaims(claims: Record<string, unknown>): Record<string, unknown> {
  return withErrorContext(
    () => copyData(claims),
    (cause) => new TypeError("claims must be data: strings, numbers, booleans, null, lists and objects", { cause }),
  );
}

function checkAudience(audience: unknown): void {
  const list = Array.isArray(audience) ? audience : [audience];
  const isAudience = list.length > 0 && list.every((item) => typeof item === "string" && item !== "");
  if (!isAudience) throw new TypeError("audience must be a string that is not empty, or a list of such strings");
}
