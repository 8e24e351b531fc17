/** Issues tokens, and checks the options of `authToken` and `refreshToken`. */

import { type ResolvedConfig, requireOwn } from "../config/resolve-config.ts";
import { signWithRing } from "../key-ring/sign-with-ring.ts";
import type { Claims } from "../rules/rule.ts";
import { applyClaimsSchema } from "../tokens/claims-schema.ts";
import { JWT } from "../tokens/token.ts";
import { freezeContent, TokenParts, withClaims } from "../tokens/token-content.ts";
import type { JWTOptions, TokenType } from "../tokens/token-type.ts";
import { draftClaims } from "../tokens/user-claims.ts";
import { checkOptionNames } from "../util/check-options.ts";

/** Claims that only sessions set, with their times. */
export interface SessionClaims {
  readonly sid: string;
  readonly rid?: string;
  readonly iat: number;
  readonly exp: number;
}

const ISSUE_OPTIONS = { auth: ["scope", "claims", "maxAge", "audience"], refresh: ["claims", "maxAge"] };

/** Throws `TypeError` for options of `authToken` or `refreshToken` that are rights or claims. */
export function checkIssueOptions(type: TokenType, options: unknown): asserts options is object {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const remedy = type === "auth" ? "did you mean { scope: ... }?" : "pass { claims, maxAge }";
    throw new TypeError(`${type}Token takes an object of options as its second argument; ${remedy}`);
  }
  checkOptionNames(`${type}Token`, options, ISSUE_OPTIONS[type], ISSUE_REMEDIES[type]);
}

const ISSUE_REMEDIES = {
  auth: "Did you mean { scope } for rights, or { claims: { ... } } for claims?",
  refresh: "Claims go into { claims: { ... } }; a refresh token has no scope",
};

/**
 * A signed token. Rejects with `MissingSignerError`, and with `InvalidTokenError` for claims off
 * the schema. Rejects with `TypeError` for what a token may not hold, for a `maxAge` beyond
 * `maxTokenAge`, and for a token that the manager would reject.
 */
export async function issueToken<C = Claims>(
  config: ResolvedConfig,
  type: TokenType,
  subject: string | number,
  options: JWTOptions<C>,
  ofSession?: SessionClaims,
): Promise<JWT<C>> {
  const own = requireOwn(config);
  if ((options.maxAge ?? 0) > config.maxTokenAge) throw new TypeError("maxAge must not be more than maxTokenAge");
  const audience = options.audience ?? (config.audience?.length === 1 ? config.audience[0] : config.audience);
  const full = audience === undefined ? options : { ...options, audience };
  // V8 adds members to a fresh object eight times as fast as it spreads two objects.
  const claims = Object.assign(draftClaims(type, subject, full), ofSession);
  applyClaimsSchema(config.claimsSchema, claims);
  const parts = await signWithRing(own.keys, type, claims, options.maxAge, config.signatures);
  checkAcceptable(config, type, claims["nbf"], parts);
  if (!config.claimsSchema) return new JWT<C>(type, parts);
  // The wire has what was given; the reader sees what the schema makes of it, as after
  // verification.
  const { signed, content } = parts;
  const seen = withClaims(content, applyClaimsSchema(config.claimsSchema, freezeContent(content).claims));
  return new JWT<C>(type, new TokenParts(signed, seen));
}

/** Throws `TypeError` for a new token that every verification of this manager would reject. */
function checkAcceptable(
  { maxTokenLength }: ResolvedConfig,
  type: TokenType,
  nbf: unknown,
  { signed, content }: TokenParts,
): void {
  if (signed.length > maxTokenLength)
    throw new TypeError(
      `maxTokenLength must be at least ${signed.length} for this ${type} token, and is ${maxTokenLength}. ` +
        'Grant fewer claims, look them up at each request (authorizeAt: "request"), or raise it',
    );
  // The claims of a new token are read from its JSON only if that is needed.
  if (nbf !== undefined && Number(content.claims["nbf"]) >= Number(content.claims["exp"]))
    throw new TypeError("claims.nbf must be before the exp of the token: pass seconds, or a longer maxAge");
}
