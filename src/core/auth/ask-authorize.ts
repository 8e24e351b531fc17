/** Asks the user's `authorize`, and lays what it says over a token, or over what a login granted. */

import type { Authorize, HeldRights, Rights } from "../config/authorize-options.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { type AuthError, refusal } from "../errors.ts";
import type { Emit } from "../events.ts";
import { RevokedTokenError } from "../jwt/errors.ts";
import { applyClaimsSchema } from "../tokens/claims-schema.ts";
import { JWT } from "../tokens/token.ts";
import { freezeContent, type TokenContent, TokenParts, withClaims } from "../tokens/token-content.ts";
import { checkUserClaims } from "../tokens/user-claims.ts";
import { withDeadline } from "../util/deadline.ts";
import type { MaybePromise } from "../util/maybe-promise.ts";

/** The rights that tokens are issued with. */
export interface IssueRights {
  readonly scope: unknown;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly maxAge?: number;
}

/** A question to `authorize` when tokens are issued. */
interface IssueQuestion {
  readonly subject: string;
  readonly held: HeldRights;
  readonly timeoutMs: number;
}

/** The token with the rights of its subject laid over it. Rejects with a refusal. */
export async function applyRights(config: ResolvedConfig, authorize: Authorize, emit: Emit, token: JWT): Promise<JWT> {
  // Who asks for rights has verified the token.
  const content = freezeContent(token["~content"] as TokenContent);
  const claims = await asking(emit, config.storeTimeout * 1000, async (deadline) => {
    const rights = readRights(await deadline(authorize(token.sub, token)));
    // The schema is applied once, to the claims as they came with the rights laid over them.
    return rights && applyClaimsSchema(config.claimsSchema, { ...content.original, ...layOver({}, rights) });
  });
  if (claims === null) throw withoutRights();
  return new JWT(token.tokenType, new TokenParts(token.signed, withClaims(content, claims)));
}

/**
 * What tokens may be issued with; `null` where the subject has no rights any more. Rejects with a
 * refusal.
 */
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
      throw new TypeError("authorize gave a maxAge that no token may have");
    const { scope, ...claims } = layOver({ ...held.claims, scope: held.scope }, rights);
    // What does not fit the schema is as unusable as what was never given.
    applyClaimsSchema(config.claimsSchema, claims);
    return { scope, claims, ...(maxAge === undefined ? {} : { maxAge }) };
  });
}

/** The refusal of a subject for which `authorize` gave `null`. */
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
    throw new TypeError("authorize must give an object or null");
  for (const [key, value] of Object.entries(rights as object)) {
    // Rights that are misspelt or missing must not leave the token's own in force.
    if (!["scope", "claims", "maxAge"].includes(key)) throw new TypeError(`authorize gave "${key}", which is no right`);
    if (value === undefined)
      throw new TypeError(`authorize gave "${key}" as undefined; leave it out to keep what is held`);
  }
  return rights as Rights;
}

/** Copies: what is the caller's is never frozen. */
function layOver(held: Readonly<Record<string, unknown>>, { scope, claims = {} }: Rights): Record<string, unknown> {
  checkUserClaims(claims, "claims");
  const dated = ["nbf", "jti"].find((claim) => Object.hasOwn(claims, claim));
  if (dated !== undefined) throw new TypeError(`authorize gave "${dated}", which belongs to the token itself`);
  return { ...held, ...structuredClone(claims), ...(scope === undefined ? {} : { scope: structuredClone(scope) }) };
}
