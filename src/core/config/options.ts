/** The options of `AuthManager`, as users write them. */

import type { EventHandler } from "../events.ts";
import type { TrustedIssuer } from "../issuers/trusted-issuers.ts";
import type { Algorithm } from "../jwt/algorithms.ts";
import type { KeyInput } from "../jwt/keys/keys.ts";
import type { KeyConfig, KeyLoader, KeyRefreshConfig } from "../key-ring/key-options.ts";
import type { ResponseLoaders } from "../responses.ts";
import type { Claims } from "../rules/rule.ts";
import type { StandardSchema } from "../tokens/claims-schema.ts";
import type { Authorize } from "./authorize.ts";
import type { CookieConfig } from "./cookie-options.ts";
import type { CsrfConfig } from "./csrf-options.ts";
import type { SessionOptions } from "./session-options.ts";

/**
 * Options of `AuthManager`: an `issuer` with one key or with a ring of `keys`, or nothing but issuers to `trust`.
 * An unknown option, and one that is explicitly `undefined`, is an `InvalidConfigError`.
 */
export type AuthManagerConfig<C = Claims> = AuthManagerOptions<C> &
  (
    | { readonly issuer: string; readonly algorithm: Algorithm }
    | { readonly issuer: string; readonly keys: readonly KeyConfig[] | KeyLoader }
    | { readonly trust: readonly TrustedIssuer[] }
  );

/** Every option of `AuthManager`; `AuthManagerConfig` says which must be there. */
export interface AuthManagerOptions<C = Claims> extends SessionOptions {
  /** The `iss` of tokens issued, and required of tokens verified. */
  readonly issuer?: string;
  /** The only algorithm tokens are signed and verified with; or give `keys`. */
  readonly algorithm?: Algorithm;
  /** The HMAC secret of HS*: bytes, an `oct` JWK, CryptoKey, KeyObject, or a string taken as literal UTF-8. */
  readonly secret?: KeyInput;
  /** The private key of RS*, PS*, ES* and EdDSA: PEM, JWK, CryptoKey or KeyObject. */
  readonly privateKey?: KeyInput;
  /** Default: derived from `privateKey`. Alone it makes a manager that verifies only. */
  readonly publicKey?: KeyInput;
  /** Keys that take turns, in place of `algorithm` and a key: the newest whose `signFrom` has come signs, all verify until `retireAt`. */
  readonly keys?: readonly KeyConfig[] | KeyLoader;
  /** How the keys of a loader are renewed, in seconds. Default `{ interval: 60, timeout: 5, cooldown: 5, staleIfError: 3600 }`. */
  readonly keyRefresh?: KeyRefreshConfig;
  /** Other issuers whose tokens pass the same guards. Default: none. */
  readonly trust?: readonly TrustedIssuer[];
  /** Accept an HMAC secret shorter than the hash output (RFC 7518, section 3.2). Default false. */
  readonly allowWeakSecret?: boolean;
  /** The `aud` of tokens issued; tokens verified must be for one of these. Default: none, and a token with `aud` is refused. */
  readonly audience?: string | readonly string[];
  /** Seconds an auth token lives. Default 3600. */
  readonly authMaxAge?: number;
  /** Seconds a refresh token lives. Default 604800. */
  readonly refreshMaxAge?: number;
  /** The most seconds any token may live, so that a key can be retired that long after its last signature. Default: no bound. */
  readonly maxTokenAge?: number;
  /** Seconds of tolerance for `exp`, `nbf` and `iat`. Default 0. */
  readonly leeway?: number;
  /** A synchronous Standard Schema for the claims of one's own; checked when a token is issued and when one is verified (`CLAIM_INVALID`). */
  readonly claimsSchema?: StandardSchema<C>;
  /** Looks up what a subject may do now; see `authorizeAt`. */
  readonly authorize?: Authorize<C>;
  /** When `authorize` is asked. `"issue"` (default): by `login` and `refresh`, so it needs `sessions`. `"request"`: once per request, when a guard needs it. */
  readonly authorizeAt?: "issue" | "request";
  /** The header a token is read from. Default `{ name: "authorization", scheme: "Bearer" }`; a blank scheme takes the whole value. */
  readonly header?: { readonly name?: string; readonly scheme?: string };
  /** The cookies tokens are read from, by type, where no header credential is given; with `sessions`, those that they are written to. Default: none. */
  readonly cookies?: CookieConfig;
  /** What callers are told of a refusal by 401, in words of your own. Default: ours. */
  readonly responses?: ResponseLoaders;
  /** Told what happens; nobody waits for it, and no token is in it. Default: none. */
  readonly onEvent?: EventHandler;
  /** Other origins whose requests may use the cookies. Default: none. */
  readonly csrf?: CsrfConfig;
  /** Characters a token may have, checked before anything is parsed. Default 8192. */
  readonly maxTokenLength?: number;
  /** Switches `currentToken()` on, at the price of an AsyncLocalStorage. Default false. */
  readonly ambient?: boolean;
  /** Verified tokens remembered, by SHA-256. Default `{ max: 10_000 }`; no effect where the runtime has no synchronous hash. */
  readonly cache?: { readonly max: number } | false;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: () => number;
}
