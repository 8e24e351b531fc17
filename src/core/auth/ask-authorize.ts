/** Calls `authorize`, and applies its rights to a token or to the grant of a login. */

import type { Authorize, HeldRights, Rights } from "../config/authorize-options.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { type AuthError, refusal } from "../errors.ts";
import type { Emit } from "../events.ts";
import { RevokedTokenError } from "../jwt/errors.ts";
import { applyClaimsSchema } from "../tokens/claims-schema.ts";
import { JWT } from "../tokens/token.ts";
import { freezeContent, type TokenContent, TokenParts, withClaims } from "../tokens/token-content.ts";
import { checkUserClaims, cloneClaims } from "../tokens/user-claims.ts";
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

/** Copies the token with the current rights of its subject. Rejects with a refusal. */
export async function applyRights(config: ResolvedConfig, authorize: Authorize, emit: Emit, token: JWT): Promise<JWT> {
  // The caller has verified the token, so it has content.
  const content = freezeContent(token["~content"] as TokenContent);
  const claims = await asking(emit, config.storeTimeout * 1000, async (deadline) => {
    const rights = readRights(await deadline(authorize(token.sub, token)));
    // Apply the schema once: to the original claims with the rights.
    return rights && applyClaimsSchema(config.claimsSchema, { ...content.original, ...layOver({}, rights) });
  });
  if (claims === null) throw withoutRights();
  return new JWT(token.tokenType, new TokenParts(token.signed, withClaims(content, claims)));
}

/** The rights for new tokens; `null` if the subject has lost its rights. Rejects with a refusal. */
export function askForIssue(
  config: ResolvedConfig,
  authorize: Authorize,
  emit: Emit,
  { subject, held, timeoutMs }: IssueQuestion,
): Promise<IssueRights | null> {
  return asking(emit, timeoutMs, async (deadline) => {
    const rights = readRights(await deadline(authorize(subject, Object.freeze(structuredClone(held)))));
    if (!rights) return null;
    const { maxAge } = rights;
    if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge > 0 && maxAge <= config.maxTokenAge))
      throw new TypeError("authorize must return a maxAge that is a whole number of seconds, at most maxTokenAge");
    const { scope, ...claims } = layOver({ ...held.claims, scope: held.scope }, rights);
    // Claims that do not match the schema are as unusable as no answer.
    applyClaimsSchema(config.claimsSchema, claims);
    return { scope, claims, ...(maxAge === undefined ? {} : { maxAge }) };
  });
}

/** The refusal of a subject for which `authorize` returned `null`. */
export function withoutRights(): AuthError {
  return refusal("TOKEN_REVOKED", new RevokedTokenError("authorize has no rights for the subject"));
}

async function asking<T>(
  emit: Emit,
  timeoutMs: number,
  ask: (deadline: <A>(answer: MaybePromise<A>) => Promise<A>) => Promise<T>,
): Promise<T> {
  try {
    return await ask(async (answer) => withDeadline(Promise.resolve(answer), timeoutMs));
  } catch (cause) {
    emit({ type: "store-failed", operation: "authorize", error: cause });
    throw refusal("STORE_UNAVAILABLE", cause);
  }
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
  checkUserClaims(copy, "claims");
  const dated = ["nbf", "jti"].find((claim) => Object.hasOwn(copy, claim));
  if (dated !== undefined)
    throw new TypeError(`authorize must not return the claim "${dated}", which belongs to one token`);
  return { ...held, ...copy, ...(scope === undefined ? {} : cloneClaims({ scope })) };
}
