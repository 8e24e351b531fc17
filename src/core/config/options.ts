/** The options of `AuthManager`, as users write them. */

import type { EventHandler } from "../events.ts";
import type { FormerIssuer } from "../issuers/former-issuers.ts";
import type { TrustedIssuer } from "../issuers/trusted-issuer.ts";
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
 * The options of `AuthManager`. The manager has a secret, a private key, a public key, a ring of
 * keys, or only trusted issuers. A helper with its own key takes further options as
 * `AuthManagerOptions`, or as `Partial<SecretKeyConfig>`.
 */
// Alphabetical with SingleKeyConfig: compiler messages name the last of several candidates.
export type AuthManagerConfig<C = Claims> = KeyRingConfig<C> | KeylessConfig<C> | SingleKeyConfig<C>;

/** A manager that has one secret, private key, public key or key pair. */
export type SingleKeyConfig<C = Claims> = KeyPairConfig<C> | PublicKeyConfig<C> | SecretKeyConfig<C> | SignerConfig<C>;

/** The algorithms of a `secret`. */
export type HmacAlgorithm = Extract<Algorithm, `HS${string}`>;

/** The algorithms of a `privateKey` and a `publicKey`. */
export type AsymmetricAlgorithm = Exclude<Algorithm, HmacAlgorithm>;

/**
 * The options that every manager can have, whatever its keys. An unknown option and an option with
 * the value `undefined` are rejected.
 */
export interface AuthManagerOptions<C = Claims> extends GeneralOptions, ClaimsOptions<C> {}

/** The options that depend on the type of the claims. */
// Not an interface: all kinds of config must share the properties of a type with parameters.
// Editors show no documentation for a property that differs between the possible kinds.
export type ClaimsOptions<C = Claims> = {
  /**
   * A Standard Schema of the claims, for issued and verified tokens (`CLAIM_INVALID`). An
   * asynchronous schema is rejected.
   * @default none
   * @see https://standardschema.dev
   */
  readonly claimsSchema?: StandardSchema<C>;
  /**
   * Looks up the current rights of a subject. See `authorizeAt`.
   * @default none
   */
  readonly authorize?: Authorize<C>;
};

/** The options of every manager that do not depend on the type of the claims. */
// Without a type parameter, so that all kinds of config share its properties.
export interface GeneralOptions extends SessionOptions {
  /**
   * Other issuers whose tokens pass the same guards. The list must not be empty.
   * @default none
   */
  readonly trust?: readonly TrustedIssuer[];
  /**
   * Accepts an HMAC secret that is shorter than the hash, the manager's own or one in `jwks` of a
   * `trust` entry. An empty secret is rejected.
   * @default false
   * @see RFC 7518, section 3.2
   */
  readonly allowWeakSecret?: boolean;
  /**
   * The `aud` of issued tokens. Verified tokens must be for one of these audiences. Without it, a
   * token with `aud` is rejected.
   * @default none
   * @see RFC 7519, section 4.1.3
   */
  readonly audience?: string | readonly string[];
  /**
   * Seconds that an auth token lives, a whole number from 1 to 3,155,760,000 (100 years).
   * The default is at most `maxTokenAge`.
   * @default 3600
   */
  readonly authMaxAge?: number;
  /**
   * Seconds that a refresh token lives, a whole number from 1 to 3,155,760,000 (100 years).
   * The default is at most `maxTokenAge`.
   * @default 604800
   */
  readonly refreshMaxAge?: number;
  /**
   * The most seconds that any token may live, a whole number from 1. A key can be retired that long
   * after its last signature.
   * @default none
   */
  readonly maxTokenAge?: number;
  /**
   * Seconds of tolerance for `exp`, `nbf` and `iat`, 0 or more. `iat` may lie in the future
   * by `leeway` plus 60 seconds.
   * @default 0
   * @see RFC 7519, section 4.1.4
   */
  readonly leeway?: number;
  /**
   * When the manager calls `authorize`. With `"issue"`, `login` and `refresh` call it, which need
   * the option `sessions`. With `"request"`, the first guard of a request that needs the rights
   * calls it.
   * @default "issue"
   */
  readonly authorizeAt?: "issue" | "request";
  /**
   * The header of the token. With a blank `scheme`, the whole value is the token.
   * @default { name: "authorization", scheme: "Bearer" }
   */
  readonly header?: { readonly name?: string; readonly scheme?: string };
  /**
   * The cookies of the tokens, read if no header has a credential. With `sessions`, the manager
   * writes them too.
   * @default none
   */
  readonly cookies?: CookieConfig;
  /**
   * Custom texts for 401s.
   * @default none
   */
  readonly responses?: ResponseLoaders;
  /**
   * Receives each event. The manager does not wait for it, and no event contains a token.
   * @default none
   */
  readonly onEvent?: EventHandler;
  /**
   * Other origins whose requests may use the cookies.
   * @default none
   */
  readonly csrf?: CsrfConfig;
  /**
   * The most characters of a token, at least 1. A longer token is rejected before it is parsed, and
   * not issued (`TypeError`).
   * @default 8192
   */
  readonly maxTokenLength?: number;
  /**
   * Enables `currentToken()`. It uses an `AsyncLocalStorage`, which slows each request a little.
   * @default false
   */
  readonly ambient?: boolean;
  /**
   * How many verified tokens the cache holds, by their SHA-256. `false` disables it. Has no effect
   * in a runtime without a synchronous hash.
   * @default { max: 10_000 }
   */
  readonly cache?: { readonly max: number } | false;
  /**
   * Returns the time, in seconds since 1970.
   * @default the clock
   */
  readonly now?: () => number;
}

/** The issuer of a manager that has keys. */
export interface OwnIssuerOptions {
  /**
   * The `iss` of issued tokens. Verified tokens must have the same `iss`, or that of an entry of
   * `formerIssuers` or `trust`. Put the earlier value into `formerIssuers` when you change it.
   * @see RFC 7519, section 4.1.1
   */
  readonly issuer: string;
  /**
   * Earlier values of `issuer`, whose tokens the manager accepts until a time. Rules, resolvers and
   * `authorize` see the present `issuer`. The list must not be empty, and must not name an issuer
   * of `trust`.
   * @default none
   */
  readonly formerIssuers?: readonly FormerIssuer[];
}

/** The issuer and the algorithm of a manager that has one key, which is not a secret. */
export interface AsymmetricKeyOptions extends OwnIssuerOptions {
  /**
   * The only algorithm that the manager signs and verifies with. `EdDSA` and `Ed25519` are one
   * algorithm: the manager signs under this name, and accepts tokens of both.
   * @see RFC 7518, section 3.1
   * @see RFC 9864, section 2.2
   */
  readonly algorithm: AsymmetricAlgorithm;
  readonly secret?: never;
  readonly keys?: never;
  readonly keyRefresh?: never;
}

/** The options of a manager with a private key. */
export interface PrivateKeyOptions extends AsymmetricKeyOptions {
  /**
   * The key that signs: PEM, JWK, CryptoKey or KeyObject. An RSA key must have 2048 to 16,384 bits.
   * An RSA-PSS key (id-RSASSA-PSS) is for PS*, as its parameters allow.
   */
  readonly privateKey: KeyInput;
}

/** The options of a manager with a public key. */
export interface PublicKeyOptions extends AsymmetricKeyOptions {
  /**
   * The key that verifies: PEM, JWK, CryptoKey or KeyObject. Derived from `privateKey` if it is not
   * set. Without `privateKey` the manager only verifies.
   */
  readonly publicKey: KeyInput;
}

/** A manager that signs with a private key and verifies with the public key of the same pair. */
export interface KeyPairConfig<C = Claims> extends AuthManagerOptions<C>, PrivateKeyOptions, PublicKeyOptions {}

/** A manager that only verifies, with a public key. */
export interface PublicKeyConfig<C = Claims> extends AuthManagerOptions<C>, PublicKeyOptions {
  readonly privateKey?: never;
}

/** A manager that signs with a private key, and derives the public key from it. */
export interface SignerConfig<C = Claims> extends AuthManagerOptions<C>, PrivateKeyOptions {
  readonly publicKey?: never;
}

/** A manager that signs and verifies with an HMAC secret. */
export interface SecretKeyConfig<C = Claims> extends AuthManagerOptions<C>, OwnIssuerOptions {
  /** The only algorithm that the manager signs and verifies with. */
  readonly algorithm: HmacAlgorithm;
  /**
   * The HMAC secret: bytes, an `oct` JWK, CryptoKey, KeyObject, or a string, whose UTF-8 bytes are
   * the secret. Must be at least as long as the hash: 32, 48 or 64 bytes.
   * @see RFC 7518, section 3.2
   */
  readonly secret: KeyInput;
  readonly privateKey?: never;
  readonly publicKey?: never;
  readonly keys?: never;
  readonly keyRefresh?: never;
}

/** A manager whose keys take turns. */
export interface KeyRingConfig<C = Claims> extends AuthManagerOptions<C>, OwnIssuerOptions {
  /**
   * The keys, or a function that loads them. The newest key whose `signFrom` has come signs. Each
   * key verifies until its `retireAt`.
   */
  readonly keys: readonly KeyConfig[] | KeyLoader;
  /**
   * How the keys of a loader are renewed, in seconds. Cannot be combined with a list of keys.
   * @default { interval: 60, timeout: 5, cooldown: 5, staleIfError: 3600 }
   */
  readonly keyRefresh?: KeyRefreshConfig;
  readonly algorithm?: never;
  readonly secret?: never;
  readonly privateKey?: never;
  readonly publicKey?: never;
}

/** A manager without keys. It only verifies the tokens of trusted issuers. */
export interface KeylessConfig<C = Claims> extends AuthManagerOptions<C> {
  /** The issuers whose tokens pass the guards. */
  readonly trust: readonly TrustedIssuer[];
  readonly issuer?: never;
  readonly formerIssuers?: never;
  readonly algorithm?: never;
  readonly secret?: never;
  readonly privateKey?: never;
  readonly publicKey?: never;
  readonly keys?: never;
  readonly keyRefresh?: never;
}

/** The options of `AuthManager.fromEnv`. Each takes precedence over its variable. */
export interface FromEnvOptions<C = Claims> extends AuthManagerOptions<C> {
  /**
   * The path of a file that holds variables. The variables of the process take precedence over it.
   * @default none
   */
  readonly path?: string;
  /**
   * The `iss` of tokens.
   * @default the variable `JWT_ISSUER`
   */
  readonly issuer?: string;
  /**
   * Earlier values of `issuer`, whose tokens the manager accepts until a time.
   * @default none
   */
  readonly formerIssuers?: readonly FormerIssuer[];
  /**
   * The only algorithm that the manager signs and verifies with.
   * @default the variable `JWT_AUTHTYPE`
   */
  readonly algorithm?: Algorithm;
  /**
   * The HMAC secret of HS*.
   * @default the variable `JWT_SECRET`
   */
  readonly secret?: KeyInput;
  /**
   * The private key of RS*, PS*, ES*, EdDSA and Ed25519.
   * @default the variable `JWT_SECRET`
   */
  readonly privateKey?: KeyInput;
  /**
   * The public key of RS*, PS*, ES*, EdDSA and Ed25519.
   * @default the variable `JWT_PUBLICKEY`
   */
  readonly publicKey?: KeyInput;
  /**
   * Keys that take turns, in place of the variables of one key.
   * @default none
   */
  readonly keys?: readonly KeyConfig[] | KeyLoader;
  /**
   * How the keys of a loader are renewed, in seconds.
   * @default { interval: 60, timeout: 5, cooldown: 5, staleIfError: 3600 }
   */
  readonly keyRefresh?: KeyRefreshConfig;
}
