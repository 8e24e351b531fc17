/** Checks the claims of a trusted issuer's token, and selects those that rules may read. */

import { checkClaims, checkConfirmation, MAX_ISSUED_AHEAD } from "../jwt/claims.ts";
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import {
  InvalidAudienceError,
  InvalidIssuedAtError,
  InvalidIssuerError,
  InvalidTokenError,
  InvalidTokenTypeError,
  MissingRequiredClaimError,
} from "../jwt/errors.ts";
import type { Plan } from "../rules/compile.ts";
import { claimName, findClaim, readOwn } from "../rules/find-claim.ts";
import { lowerAscii } from "../util/ascii.ts";
import { copyData } from "../util/copy-data.ts";
import { withErrorContext } from "../util/error-context.ts";
import { deepFreeze } from "../util/freeze.ts";
import { askClaims, readSubject, type SubjectOption } from "./issuer-subject.ts";

/** The settings of an entry of `trust`. */
export interface IssuerPolicy {
  /** `null` for tokens without `iss`. */
  readonly issuer: string | null;
  readonly audience: string | readonly string[] | null;
  readonly audienceClaim: string;
  readonly typ: string | null;
  /** A rule with `claims` only. */
  readonly require: Plan | undefined;
  readonly scopeClaim: string | readonly string[] | ((claims: JwtPayload) => unknown);
  readonly subject: SubjectOption;
  /** `undefined`: all claims. */
  readonly claims?: readonly string[] | undefined;
  /** The latest `iat`, in seconds. */
  readonly issuedBefore?: number | undefined;
  readonly leeway: number;
}

// These claims have a meaning only in own tokens. Every trusted token is an auth token without
// session.
const DROPPED = ["type", "sid", "rid"];
const ALWAYS_SHOWN = ["iss", "aud", "exp", "iat", "nbf", "jti"];
// A member of "events" in logout tokens (OpenID Connect Back-Channel Logout 1.0, section 2.4).
const LOGOUT = "http://schemas.openid.net/event/backchannel-logout";
// Claims of ID tokens only (OpenID Connect Core 1.0, sections 2 and 3.3.2.11).
const OF_ID_TOKENS = ["at_hash", "c_hash", "s_hash"];
// Claims of access tokens only: RFC 9068, Okta, Entra and Auth0.
const OF_ACCESS_TOKENS = ["scope", "client_id", "scp", "cid", "appid", "azpacr", "appidacr", "permissions", "gty"];
// The claims in which issuers write the kind of a token.
const OF_KINDS = ["token_use", "typ", "type", "token_type"];
// The marks of refresh tokens in Flask's extensions, Simple JWT and Keycloak, whose offline tokens
// are refresh tokens too.
const REFRESH: readonly unknown[] = ["refresh", "Refresh", "Offline"];

/**
 * Checks the claims of a token with a valid signature, and returns those that rules may read.
 * Throws a token error. `now` is in seconds.
 */
export function acceptToken(
  policy: IssuerPolicy,
  header: JwtHeader,
  payload: JwtPayload,
  now: number,
): Record<string, unknown> {
  deepFreeze(payload);
  checkType(policy, header, payload);
  const { issuer } = policy;
  if (issuer === null && Object.hasOwn(payload, "iss"))
    throw new InvalidIssuerError('The token has an "iss", and its entry is for tokens without one');
  const isVerbatim = policy.subject === "verbatim";
  const isPlainAudience = policy.audience !== null && policy.audienceClaim === "aud";
  checkClaims(
    payload,
    {
      require: ["exp", "iat", ...(issuer === null ? [] : ["iss"]), ...(isVerbatim ? ["sub"] : [])],
      ...(issuer === null ? {} : { issuer }),
      // The function may read an identity that is an object, as of flask_jwt_simple.
      verifySub: issuer !== null || isVerbatim,
      ...(isPlainAudience ? { audience: policy.audience } : { verifyAud: false }),
      leeway: policy.leeway,
      integerSubject: true,
      issuedAhead: MAX_ISSUED_AHEAD,
    },
    now,
  );
  if (policy.audience !== null && !isPlainAudience) checkAudience(policy, payload);
  checkIssuedBefore(policy, payload);
  checkRequired(policy, payload);
  return visibleClaims(policy, payload);
}

function checkType(policy: IssuerPolicy, header: JwtHeader, payload: JwtPayload): void {
  if (policy.typ !== null && mediaType(header["typ"]) !== mediaType(policy.typ))
    throw new InvalidTokenTypeError(
      `The token's "typ" header is ${typeof header["typ"] === "string" ? `"${header["typ"]}"` : "no text"}, not "${policy.typ}"`,
    );
  if (isIdToken(payload)) throw new InvalidTokenTypeError("The token is an ID token");
  if (Object.hasOwn(payload, "nonce") && !statesKind(policy))
    throw new InvalidTokenTypeError(
      `The token has a "nonce", as ID tokens do: name one of ${OF_KINDS.join(", ")} in require, or set typ to "at+jwt"`,
    );
  if (isRefreshToken(header, payload)) throw new InvalidTokenTypeError("The token is a refresh token");
  if (!policy.require && policy.issuer !== null && !isMarkedAsAccessToken(header, payload))
    throw new InvalidTokenTypeError(
      "The token has no mark of an access token: set require to a claim of access tokens",
    );
  if (isLogoutToken(payload)) throw new InvalidTokenTypeError("The token is a logout token");
  checkConfirmation(payload);
}

function isIdToken(payload: JwtPayload): boolean {
  if (readOwn(payload, "token_use") === "id" || readOwn(payload, "typ") === "ID") return true;
  return OF_ID_TOKENS.some((claim) => Object.hasOwn(payload, claim));
}

// Some issuers, such as Keycloak before 25, write a nonce into access tokens too. Only the entry
// tells those from ID tokens: what a token says of itself proves nothing.
function statesKind({ typ, require }: IssuerPolicy): boolean {
  return isAccessTokenType(typ) || require?.claims.some(({ name }) => OF_KINDS.includes(name)) === true;
}

// Refresh tokens have scopes and clients too, and may have the same key. The typ header of an
// access token decides before such claims.
function isRefreshToken(header: JwtHeader, payload: JwtPayload): boolean {
  return !isAccessTokenType(header["typ"]) && OF_KINDS.some((claim) => REFRESH.includes(readOwn(payload, claim)));
}

// An ID token may have only iss, sub, aud, exp and iat, so a lack of its marks proves nothing.
function isMarkedAsAccessToken(header: JwtHeader, payload: JwtPayload): boolean {
  if (isAccessTokenType(header["typ"])) return true;
  if (readOwn(payload, "token_use") === "access" || readOwn(payload, "typ") === "Bearer") return true;
  // claimgate and Flask_PyJWT sign refresh tokens with the same key, but with another type.
  if (readOwn(payload, "type") === "auth") return true;
  return OF_ACCESS_TOKENS.some((claim) => readOwn(payload, claim) != null);
}

function isLogoutToken(payload: JwtPayload): boolean {
  const events = readOwn(payload, "events");
  return typeof events === "object" && events !== null && Object.hasOwn(events, LOGOUT);
}

/** Whether a `typ` is that of RFC 9068, which ID tokens never have. */
export function isAccessTokenType(typ: unknown): boolean {
  return mediaType(typ) === "at+jwt";
}

// The case is ignored, and "application/" is optional (RFC 7515, section 4.1.9).
function mediaType(typ: unknown): string | undefined {
  return typeof typ === "string" ? lowerAscii(typ).replace(/^application\//, "") : undefined;
}

function checkAudience({ audience, audienceClaim }: IssuerPolicy, payload: JwtPayload): void {
  const held = findClaim(payload, claimName(audienceClaim));
  if (held == null) throw new MissingRequiredClaimError(audienceClaim);
  const values: readonly unknown[] = Array.isArray(held) ? held : [held];
  const expected = typeof audience === "string" ? [audience] : (audience ?? []);
  if (!values.some((value) => typeof value === "string" && expected.includes(value)))
    throw new InvalidAudienceError("The token is for another audience");
}

// Without leeway: both times are of the issuer.
function checkIssuedBefore({ issuedBefore }: IssuerPolicy, payload: JwtPayload): void {
  if (issuedBefore !== undefined && (payload["iat"] as number) > issuedBefore)
    throw new InvalidIssuedAtError('The token\'s "iat" is later than issuedBefore of its entry');
}

function checkRequired({ require }: IssuerPolicy, payload: JwtPayload): void {
  if (!require || require.test(payload) === undefined) return;
  const names = require.claims.map(({ name }) => name);
  const missing = require.claims.find((claim) => findClaim(payload, claim) === undefined);
  if (missing !== undefined) throw new MissingRequiredClaimError(missing.name);
  throw new InvalidTokenError(`The claims ${names.join(", ")} of the token do not match require of its issuer`, {
    reason: "CLAIM_INVALID",
  });
}

function visibleClaims(policy: IssuerPolicy, payload: JwtPayload): Record<string, unknown> {
  const shown = policy.claims === undefined ? Object.keys(payload) : [...ALWAYS_SHOWN, ...policy.claims];
  const kept = shown
    .filter((claim) => !DROPPED.includes(claim) && claim !== "scope")
    .map((claim) => [claim, findClaim(payload, claimName(claim))] as const)
    .filter(([, value]) => value !== undefined);
  const scope = readScope(policy, payload);
  return {
    ...Object.fromEntries(kept),
    sub: readSubject(policy.subject, payload),
    type: "auth",
    ...(scope === undefined ? {} : { scope }),
  };
}

function readScope({ scopeClaim }: IssuerPolicy, payload: JwtPayload): unknown {
  if (typeof scopeClaim === "function") return cloneScope(askClaims(scopeClaim, payload, "scopeClaim"));
  if (typeof scopeClaim === "string") return findClaim(payload, claimName(scopeClaim));
  const held = scopeClaim.map((claim) => findClaim(payload, claimName(claim))).filter((value) => value != null);
  if (held.length === 0) return undefined;
  return held.flat().flatMap((words) => {
    if (typeof words !== "string")
      throw new InvalidTokenError("A claim of the token's scope must be a string or a list of strings", {
        reason: "CLAIM_INVALID",
      });
    return words.split(" ").filter((word) => word !== "");
  });
}

// Claims are frozen, but objects of the user must not be.
function cloneScope(value: unknown): unknown {
  return withErrorContext(
    () => copyData(value),
    (cause) => new TypeError("scopeClaim must return data: text, numbers, lists or plain objects", { cause }),
  );
}
