/** The option `trust` as users write it: its entries. */
import type { JSONWebKeySet } from "jose";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { JwtPayload } from "../jwt/compact.ts";
import type { KeyFetch } from "../jwt/jwks/key-fetch.ts";
import type { Json } from "../rules/rule.ts";

/**
 * An issuer whose tokens pass the same guards as the manager's own tokens.
 * @see RFC 9068
 */
export interface TrustedIssuer {
  /**
   * The `iss` of its tokens, which must match exactly. `null` is for the tokens of an earlier
   * system that have no member `iss`, such as those of flask_jwt_simple. At most one entry can have
   * `null`. It must have `jwks`, `subject`, `claims`, `require` and `issuedBefore`.
   * @see RFC 7519, section 4.1.1
   */
  readonly issuer: string | null;
  /**
   * The URL of its key set: https, or http on a loopback address. `allowHttp` lifts this. Exactly
   * one of `jwksUri`, `discovery` and `jwks` must be set.
   * @default none
   */
  readonly jwksUri?: string;
  /**
   * Reads `jwks_uri` from the issuer's `/.well-known/openid-configuration`.
   * @default none
   * @see OpenID Connect Discovery 1.0, section 4
   */
  readonly discovery?: true;
  /**
   * Its key set itself, of public keys, or of secrets for HS*. A secret is `{ kty: "oct", k }`,
   * where `k` is its bytes in base64url. Private keys are rejected. So are secrets that are shorter
   * than the hash, unless the manager has `allowWeakSecret: true`.
   * @default none
   * @see RFC 7517, section 5
   */
  readonly jwks?: JSONWebKeySet;
  /**
   * The token must be for one of these audiences. `null` accepts any `aud`; then `typ` must be
   * `"at+jwt"`, or `require` must be set.
   * @see RFC 7519, section 4.1.3
   */
  readonly audience: string | readonly string[] | null;
  /**
   * The claim that must contain `audience`, such as `"client_id"` in Cognito's access tokens.
   * Cannot be combined with `audience: null`.
   * @default "aud"
   */
  readonly audienceClaim?: string;
  /**
   * The algorithms of its tokens; `EdDSA` and `Ed25519` each allow both names. HS* is accepted only
   * with `jwks`.
   * @see RFC 8725, section 3.1
   */
  readonly algorithms: readonly Algorithm[];
  /**
   * The `typ` of the header, with or without `application/`; `null` for any. With `issuer: null`
   * the default is `"JWT"`.
   * @default "at+jwt"
   * @see RFC 9068, section 2.1
   */
  readonly typ?: string | null;
  /**
   * Claims that each token must have, such as `{ token_use: "access" }`, matched like the `claims`
   * of a rule. Without `require`, and with another `typ` than `"at+jwt"`, a token must have a claim
   * that ID tokens lack, such as a scope. Refresh tokens are rejected. So is a token with `nonce`,
   * unless this option names `token_use`, `typ`, `type` or `token_type`, or `typ` is `"at+jwt"`.
   * With `issuer: null` it must be set; there, `null` accepts tokens without any such claim.
   * @default none
   */
  readonly require?: Readonly<Record<string, Json>> | null;
  /**
   * The claim (or dotted path) with the scope, several claims whose words are joined, or a function
   * of the claims. The function must be synchronous.
   * @default "scope"
   */
  readonly scopeClaim?: string | readonly string[] | ((claims: JwtPayload) => unknown);
  /**
   * `"verbatim"`, or a function that makes its subjects differ from yours. Must be set if there is
   * more than one issuer. The function reads claims by their names. If it reads a claim that is
   * absent, or neither text nor a safe integer, the token is rejected (`CLAIM_INVALID`). Test an
   * optional claim by `"tenant" in claims`.
   * @default "verbatim"
   */
  readonly subject?: "verbatim" | ((claims: JwtPayload) => string);
  /**
   * Further claims, by name or dotted path, that rules and resolvers may read under that name. Must
   * be set if there is more than one issuer. Reserved claims are rejected.
   * @default all but `type`, `sid` and `rid`
   */
  readonly claims?: readonly string[];
  /**
   * The latest accepted `iat`, in seconds since 1970, without leeway. It must be set with
   * `issuer: null`, and cannot be combined with another `issuer`.
   * @default none
   */
  readonly issuedBefore?: number;
  /**
   * Fetches keys over plain http from a private network: from `jwksUri`, or with `discovery` from
   * `issuer` and its `jwks_uri`. The host must be a private address (RFC 1918, RFC 4193), a name
   * without dots, or a name that ends in `.internal`, `.local` or `.svc`. Any machine that can
   * answer for that host can forge tokens. Has no effect on an https URL. This option and the next
   * six cannot be combined with `jwks`.
   * @default none
   */
  readonly allowHttp?: true;
  /**
   * Seconds for which a fetched key set is used.
   * @default 300
   */
  readonly lifespan?: number;
  /**
   * Seconds, up to 2,000,000, that a fetch may take, including discovery.
   * @default 5
   */
  readonly timeout?: number;
  /**
   * The minimum of seconds between two fetches that a failure or an unknown `kid` causes.
   * @default 30
   */
  readonly cooldown?: number;
  /**
   * Seconds beyond `lifespan` for which the last key set is used while the issuer is unreachable.
   * @default 3600
   */
  readonly staleIfError?: number;
  /**
   * Headers of each request for keys.
   * @default none
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Fetches the key set in place of the runtime's `fetch`.
   * @default the runtime's `fetch`
   */
  readonly fetch?: KeyFetch;
}
