/** Calls `authorize`, and applies its rights to a token or to the grant of a login. */

import type { Authorize, HeldRights, Rights } from "../config/authorize-options.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { type AuthError, refusal } from "../errors.ts";
import type { Emit } from "../events.ts";
import { isTokenError, RevokedTokenError } from "../jwt/errors.ts";
import { applyClaimsSchema } from "../tokens/claims-schema.ts";
import { JWT } from "../tokens/token.ts";
import { freezeContent, type TokenContent, TokenParts, withClaims } from "../tokens/token-content.ts";
import { checkUserClaims, cloneClaims } from "../tokens/user-claims.ts";
import { withErrorContext } from "../util/error-context.ts";
import { withDeadline } from "../util/promises/deadline.ts";
import type { MaybePromise } from "../util/promises/maybe-promise.ts";

/** The rights of issued tokens. */
export interface IssueRights {
  readonly scope: unknown;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly maxAge?: number;
}

/** A call of `authorize` when tokens are issued. */
interface IssueQuestion {
  readonly subject: string;
  readonly held: HeldRights;
  readonly timeoutMs: number;
}

/**
 * Copies the token with the current rights of its subject. Rejects with a refusal, or with the
 * `TypeError` for a wrong answer.
 */
export async function applyRights(config: ResolvedConfig, authorize: Authorize, emit: Emit, token: JWT): Promise<JWT> {
  // The caller has verified the token, so it has content.
  const content = freezeContent(token["~content"] as TokenContent);
  const call = { emit, timeoutMs: config.storeTimeout * 1000, ask: () => authorize(token.sub, token) };
  const claims = await asking(call, (answer) => {
    const rights = readRights(answer);
    // Apply the schema once: to the original claims with the rights.
    return rights && matching(config, { ...content.original, ...layOver({}, rights) });
  });
  if (claims === null) throw withoutRights();
  return new JWT(token.tokenType, new TokenParts(token.signed, withClaims(content, claims)));
}

/**
 * The rights for new tokens; `null` if the subject has lost its rights. Rejects with a refusal, or
 * with the `TypeError` for a wrong answer.
 */
export function askForIssue(
  config: ResolvedConfig,
  authorize: Authorize,
  emit: Emit,
  { subject, held, timeoutMs }: IssueQuestion,
): Promise<IssueRights | null> {
  const ask = () => authorize(subject, Object.freeze(structuredClone(held)));
  return asking({ emit, timeoutMs, ask }, (answer) => {
    const rights = readRights(answer);
    if (!rights) return null;
    const { maxAge } = rights;
    if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge > 0 && maxAge <= config.maxTokenAge))
      throw new TypeError("authorize must return a maxAge that is a whole number of seconds, at most maxTokenAge");
    const { scope, ...claims } = layOver({ ...held.claims, scope: held.scope }, rights);
    matching(config, claims);
    return { scope, claims, ...(maxAge === undefined ? {} : { maxAge }) };
  });
}

/** The refusal of a subject for which `authorize` returned `null`. */
export function withoutRights(): AuthError {
  return refusal("TOKEN_REVOKED", new RevokedTokenError("authorize has no rights for the subject"));
}

/** One call of `authorize`. */
interface AuthorizeCall {
  readonly emit: Emit;
  readonly timeoutMs: number;
  readonly ask: () => MaybePromise<unknown>;
}

/**
 * The answer of `authorize` as `read` returns it. A function that throws or is late is an outage. A
 * wrong answer is a mistake of the application: its `TypeError` reaches the caller unchanged.
 */
async function asking<T>({ emit, timeoutMs, ask }: AuthorizeCall, read: (answer: unknown) => T): Promise<T> {
  const failed = (error: unknown): void => emit({ type: "store-failed", operation: "authorize", error });
  let answer: unknown;
  try {
    answer = await withDeadline(Promise.resolve(ask()), timeoutMs);
  } catch (cause) {
    failed(cause);
    throw refusal("STORE_UNAVAILABLE", cause);
  }
  try {
    return read(answer);
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** The claims after the schema. A token error would blame the caller for the rights. */
function matching(
  { claimsSchema }: ResolvedConfig,
  claims: Record<string, unknown>,
): Readonly<Record<string, unknown>> {
  return withErrorContext(
    () => applyClaimsSchema(claimsSchema, claims),
    (cause) =>
      isTokenError(cause)
        ? new TypeError(
            "authorize must return claims that match claimsSchema, together with those of the token or login: return others, or widen it",
            { cause },
          )
        : cause,
  );
}

function readRights(rights: unknown): Rights | null {
  if (rights === null) return null;
  if (Object.prototype.toString.call(rights) !== "[object Object]")
    throw new TypeError("authorize must return an object or null");
  for (const [key, value] of Object.entries(rights as object)) {
    // A misspelt or missing right must not leave the rights of the token in force.
    if (!["scope", "claims", "maxAge"].includes(key))
      throw new TypeError(`authorize must return only scope, claims and maxAge, and returned "${key}"`);
    if (value === undefined)
      throw new TypeError(`authorize must not return "${key}" as undefined; leave it out to keep the previous value`);
  }
  return rights as Rights;
}

/** Merges copies, so that objects of the user are never frozen. */
function layOver(held: Readonly<Record<string, unknown>>, { scope, claims = {} }: Rights): Record<string, unknown> {
  // The checks read the copy, as those of a login do.
  const copy = cloneClaims(claims);
  const dated = ["nbf", "jti"].find((claim) => Object.hasOwn(copy ?? {}, claim));
  if (dated !== undefined)
    throw new TypeError(`authorize must not return the claim "${dated}", which belongs to one token: leave it out`);
  checkUserClaims(copy, "authorize: claims");
  return { ...held, ...copy, ...(scope === undefined ? {} : cloneClaims({ scope })) };
}
