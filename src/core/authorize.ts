/** Rights kept in a database: asks the user's `authorize`, and lays what it says over the token. */
import { applyClaimsSchema } from "./claims-schema.ts";
import type { ResolvedConfig } from "./config.ts";
import { refusal } from "./errors.ts";
import { RevokedTokenError } from "./jwt/errors.ts";
import type { MaybePromise } from "./jwt/maybe-promise.ts";
import { checkOwnClaims } from "./own-claims.ts";
import type { Claims } from "./rules/rule.ts";
import { JWT, type TokenParts } from "./token.ts";

/** What a subject may do now. An unknown key, or one that is undefined, is an error: it must not leave the token's own rights in force. */
export interface Rights<C = Claims> {
  /** Replaces the token's scope. Default: the token's own. */
  readonly scope?: unknown;
  /** Lie over the token's claims of the same name; they may not name a reserved one. */
  readonly claims?: Readonly<Partial<C>>;
  /** Seconds, for a token that is issued. Without effect on a request. */
  readonly maxAge?: number;
}

/** Looks up the rights of a subject (as text). `null` refuses (`TOKEN_REVOKED`); a throw is `STORE_UNAVAILABLE`. */
export type Authorize<C = Claims> = (subject: string, token: JWT<C>) => MaybePromise<Rights<C> | null>;

/** The token with the rights of its subject laid over it. Rejects with a refusal. */
export async function applyRights(config: ResolvedConfig, authorize: Authorize, token: JWT): Promise<JWT> {
  let claims: Record<string, unknown> | null;
  try {
    claims = overlay(config, token, await authorize(token.sub, token));
  } catch (cause) {
    throw refusal("STORE_UNAVAILABLE", cause);
  }
  if (claims === null) throw refusal("TOKEN_REVOKED", new RevokedTokenError("authorize has no rights for the subject"));
  return new JWT(token.tokenType, partsOf(token).withClaims(claims));
}

function overlay(config: ResolvedConfig, token: JWT, rights: unknown): Record<string, unknown> | null {
  if (rights === null) return null;
  if (Object.prototype.toString.call(rights) !== "[object Object]")
    throw new TypeError("authorize must give an object or null");
  for (const [key, value] of Object.entries(rights as object)) {
    // Rights that are misspelt or missing must not leave the token's own in force.
    if (!["scope", "claims", "maxAge"].includes(key)) throw new TypeError(`authorize gave "${key}", which is no right`);
    if (value === undefined)
      throw new TypeError(`authorize gave "${key}" as undefined; leave it out to keep the token's`);
  }
  const { scope, claims = {} } = rights as Rights;
  checkOwnClaims(claims, "claims");
  const dated = ["nbf", "jti"].find((claim) => Object.hasOwn(claims, claim));
  if (dated !== undefined) throw new TypeError(`authorize gave "${dated}", which belongs to the token itself`);
  // The schema is applied once, to the claims as they came with the rights laid over them.
  const over = {
    ...partsOf(token).original,
    ...structuredClone(claims),
    ...(scope === undefined ? {} : { scope: structuredClone(scope) }),
  };
  return applyClaimsSchema(config.claimsSchema, over);
}

// Who asks for rights has verified the token.
function partsOf(token: JWT): TokenParts {
  return token["~parts"] as TokenParts;
}
