/** The options of `AuthManager`, as users write them. */

import type { EventHandler } from "../events.ts";
import type { TrustedIssuer } from "../issuers/trusted-issuers.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { KeyInput } from "../jwt/keys/keys.ts";
import type { KeyConfig, KeyLoader, KeyRefreshConfig } from "../key-ring/key-options.ts";
import type { ResponseLoaders } from "../refusal-words.ts";
import type { Claims } from "../rules/rule.ts";
import type { StandardSchema } from "../tokens/claims-schema.ts";
import type { Authorize } from "./authorize-options.ts";
import type { CookieConfig } from "./cookie-options.ts";
import type { CsrfConfig } from "./csrf-options.ts";
import type { SessionOptions } from "./session-options.ts";

/**
 * Options of `AuthManager`: an `issuer` with one key or with a ring of `keys`, or nothing but
 * issuers to `trust`. An unknown option, and one that is explicitly `undefined`, is an
 * `InvalidConfigError`.
 */
export type AuthManagerConfig<C = Claims> = AuthManagerOptions<C> &
  (
    | { readonly issuer: string; readonly algorithm: Algorithm }
    | { readonly issuer: string; readonly keys: readonly KeyConfig[] | KeyLoader }
    | { readonly trust: readonly TrustedIssuer[] }
  );

/**
 * Every option of `AuthManager`; `AuthManagerConfig` says which must be there.
 * @throws `MissingConfigError` or `InvalidConfigError`, each with the option's name as
 * `configValue`, when the manager is built.
 */
export interface AuthManagerOptions<C = Claims> extends SessionOptions {
  /**
   * The `iss` of tokens issued, and required of tokens verified. A manager that only has `trust`
   * has none.
   * @see RFC 7519, section 4.1.1
   */
  readonly issuer?: string;
  /**
   * The only algorithm that tokens are signed and verified with. Cannot be combined with `keys`.
   * @see RFC 7518, section 3.1
   */
  readonly algorithm?: Algorithm;
  /**
   * The HMAC secret of HS*: bytes, an `oct` JWK, CryptoKey, KeyObject, or a string taken as literal
   * UTF-8. At least as long as the hash.
   * @see RFC 7518, section 3.2
   */
  readonly secret?: KeyInput;
  /**
   * The private key of RS*, PS*, ES* and EdDSA: PEM, JWK, CryptoKey or KeyObject. RSA keys have
   * 2048 to 16,384 bits.
   */
  readonly privateKey?: KeyInput;
  /**
   * The public key of RS*, PS*, ES* and EdDSA, in the same forms. Without `privateKey` the manager
   * only verifies.
   * @default derived from `privateKey`
   */
  readonly publicKey?: KeyInput;
  /**
   * Keys that take turns, in place of `algorithm` and a key. The newest key whose `signFrom` has
   * come signs; each key verifies until its `retireAt`.
   * @default none
   */
  readonly keys?: readonly KeyConfig[] | KeyLoader;
  /**
   * How the keys of a loader are renewed, in seconds.
   * @default { interval: 60, timeout: 5, cooldown: 5, staleIfError: 3600 }
   */
  readonly keyRefresh?: KeyRefreshConfig;
  /**
   * Other issuers whose tokens pass the same guards.
   * @default none
   */
  readonly trust?: readonly TrustedIssuer[];
  /**
   * Accept an HMAC secret shorter than the hash output.
   * @default false
   * @see RFC 7518, section 3.2
   */
  readonly allowWeakSecret?: boolean;
  /**
   * The `aud` of tokens issued; tokens verified must be for one of these. Without it a token with
   * `aud` is rejected.
   * @default none
   * @see RFC 7519, section 4.1.3
   */
  readonly audience?: string | readonly string[];
  /**
   * Seconds that an auth token lives. `maxTokenAge` lowers the default.
   * @default 3600
   */
  readonly authMaxAge?: number;
  /**
   * Seconds that a refresh token lives. `maxTokenAge` lowers the default.
   * @default 604800
   */
  readonly refreshMaxAge?: number;
  /**
   * The most seconds that any token may live, so that a key can be retired that long after its last
   * signature.
   * @default none
   */
  readonly maxTokenAge?: number;
  /**
   * Seconds of tolerance for `exp`, `nbf` and `iat`. `iat` may lie 60 seconds further ahead.
   * @default 0
   * @see RFC 7519, section 4.1.4
   */
  readonly leeway?: number;
  /**
   * A synchronous Standard Schema for your own claims, checked when a token is issued and when one
   * is verified (`CLAIM_INVALID`).
   * @default none
   * @see https://standardschema.dev
   */
  readonly claimsSchema?: StandardSchema<C>;
  /**
   * Looks up what a subject may do now; see `authorizeAt`.
   * @default none
   */
  readonly authorize?: Authorize<C>;
  /**
   * When the manager calls `authorize`. `"issue"`: in `login` and `refresh`, and so only with
   * `sessions`. `"request"`: once per request, when a guard needs it.
   * @default "issue"
   */
  readonly authorizeAt?: "issue" | "request";
  /**
   * The header that a token is read from. A blank `scheme` takes the whole value.
   * @default { name: "authorization", scheme: "Bearer" }
   */
  readonly header?: { readonly name?: string; readonly scheme?: string };
  /**
   * The cookies that tokens are read from, by type, if no header has a credential. With `sessions`,
   * tokens are written to them too.
   * @default none
   */
  readonly cookies?: CookieConfig;
  /**
   * Your own words for 401s.
   * @default none
   */
  readonly responses?: ResponseLoaders;
  /**
   * Receives every event. Nothing waits for it, and no event holds a token.
   * @default none
   */
  readonly onEvent?: EventHandler;
  /**
   * Other origins whose requests may use the cookies.
   * @default none
   */
  readonly csrf?: CsrfConfig;
  /**
   * The most characters a token may have, checked before anything is parsed.
   * @default 8192
   */
  readonly maxTokenLength?: number;
  /**
   * Switches `currentToken()` on, at the price of an `AsyncLocalStorage`.
   * @default false
   */
  readonly ambient?: boolean;
  /**
   * The most verified tokens that are remembered, by SHA-256; `false` for none. No effect in a
   * runtime without a synchronous hash.
   * @default { max: 10_000 }
   */
  readonly cache?: { readonly max: number } | false;
  /**
   * Gives the time, in seconds since 1970.
   * @default the clock
   */
  readonly now?: () => number;
}
