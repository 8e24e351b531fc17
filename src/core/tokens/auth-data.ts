/** `AuthData`: the key, issuer and lifetimes that tokens are signed with. */

import { ALGORITHMS, type Algorithm, isAlgorithm } from "../jwt/algorithms.ts";
import { isMembers } from "../jwt/caller-input.ts";
import { type ProtectedHeader, protectHeader, signJson, writeClaims } from "../jwt/encode.ts";
import { type KeyInput, prepareKey } from "../jwt/keys/keys.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import { type SignatureQueue, sharedQueue } from "../jwt/signatures/signature-queue.ts";
import { base64urlOfBytes } from "../util/base64url.ts";
import { checkOptionNames } from "../util/check-options.ts";
import { hideFromInspect } from "../util/hide-from-inspect.ts";
import { isPromise, type MaybePromise } from "../util/promises/maybe-promise.ts";
import { MAX_TOKEN_AGE_SECONDS, systemClock } from "../util/seconds.ts";
import { SignedContent, TokenParts } from "./token-content.ts";
import { DEFAULT_AUTH_MAX_AGE, DEFAULT_REFRESH_MAX_AGE, type TokenType } from "./token-type.ts";

/**
 * The algorithms by name, as in Flask_PyJWT. Each value is the `alg` header.
 * @see RFC 7518, section 3.1
 */
export const AuthType: { readonly [A in Algorithm]: A } = Object.freeze({
  HS256: "HS256",
  HS384: "HS384",
  HS512: "HS512",
  RS256: "RS256",
  RS384: "RS384",
  RS512: "RS512",
  PS256: "PS256",
  PS384: "PS384",
  PS512: "PS512",
  ES256: "ES256",
  ES384: "ES384",
  ES512: "ES512",
  EdDSA: "EdDSA",
  Ed25519: "Ed25519",
});

/** An algorithm of `AuthType`. */
export type AuthType = Algorithm;

/** Options of `AuthData`. */
export interface AuthDataOptions {
  /** The algorithm to sign with. */
  readonly authType: AuthType;
  /** The HMAC secret of HS*, or the private key of the other algorithms. */
  readonly secret: KeyInput;
  /**
   * The `iss` of the tokens. Must not be empty.
   * @see RFC 7519, section 4.1.1
   */
  readonly issuer: string;
  /**
   * Seconds from `iat` to `exp` of an auth token: a whole number, at most 100 years.
   * @default 3600
   */
  readonly authMaxAge?: number;
  /**
   * Seconds from `iat` to `exp` of a refresh token: a whole number, at most 100 years.
   * @default 604800
   */
  readonly refreshMaxAge?: number;
  /**
   * The public key of a private `secret`. Signing does not need it: only the property `publicKey`
   * returns it.
   * @default none
   */
  readonly publicKey?: KeyInput;
  /**
   * Accept an HMAC secret that is shorter than the algorithm's hash.
   * @default false
   * @see RFC 7518, section 3.2
   */
  readonly allowWeakSecret?: boolean;
  /**
   * The `kid` header of the tokens. Must not be empty.
   * @default none
   * @see RFC 7515, section 4.1.4
   */
  readonly kid?: string;
  /**
   * The time, in seconds since 1970.
   * @default the time of the machine's clock
   */
  readonly now?: () => number;
}

const AUTH_DATA_OPTIONS = [
  "authType",
  "secret",
  "issuer",
  "authMaxAge",
  "refreshMaxAge",
  "publicKey",
  "allowWeakSecret",
  "kid",
  "now",
] as const satisfies (keyof AuthDataOptions)[];

/**
 * Signs tokens with one key, one issuer and two lifetimes: pass it to `jwt.sign`. Logs and JSON of
 * it never show its keys. `AuthManager` signs with its own options, without an `AuthData`.
 * @example
 * ```ts
 * import { AuthData, AuthType, JWT } from "claimgate";
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32));
 * const authData = new AuthData({ authType: AuthType.HS256, secret, issuer: "https://api.example" });
 * const token = new JWT("auth", "ada", { scope: { admin: true } });
 * const signed = await token.sign(authData);
 * ```
 */
export class AuthData {
  // oxlint-disable-next-line no-unused-private-class-members -- lets a bundler drop the class
  static readonly #hidden: void = /* @__PURE__ */ hideFromInspect(AuthData);
  /** The algorithm to sign with. */
  readonly authType: AuthType;
  /** The `iss` of the tokens. */
  readonly issuer: string;
  /** Seconds from `iat` to `exp` of an auth token. */
  readonly authMaxAge: number;
  /** Seconds from `iat` to `exp` of a refresh token. */
  readonly refreshMaxAge: number;
  /** The `kid` header of the tokens. */
  readonly kid: string | undefined;
  readonly #secret: KeyInput;
  readonly #publicKey: KeyInput | undefined;
  readonly #signingKey: PreparedKey;
  readonly #header: ProtectedHeader;
  readonly #now: () => number;

  /**
   * Creates a signer with one key.
   * @throws `TypeError` for an unknown option, and for an invalid option other than a key.
   * @throws `InvalidKeyError` for a `secret` that is weak or does not fit `authType`.
   */
  constructor(options: AuthDataOptions) {
    if (!isMembers(options))
      throw new TypeError("AuthData takes one object: pass new AuthData({ authType, secret, issuer })");
    checkOptionNames("AuthData", options, AUTH_DATA_OPTIONS);
    if (!isAlgorithm(options.authType)) throw new TypeError(`authType must be one of ${ALGORITHMS.join(", ")}`);
    if (typeof options.issuer !== "string" || options.issuer === "")
      throw new TypeError("issuer must be a string that is not empty");
    this.authType = options.authType;
    this.issuer = options.issuer;
    this.authMaxAge = checkMaxAge(options.authMaxAge ?? DEFAULT_AUTH_MAX_AGE, "authMaxAge");
    this.refreshMaxAge = checkMaxAge(options.refreshMaxAge ?? DEFAULT_REFRESH_MAX_AGE, "refreshMaxAge");
    if (options.kid !== undefined && (typeof options.kid !== "string" || options.kid === ""))
      throw new TypeError("kid must be a string that is not empty");
    this.kid = options.kid;
    this.#secret = options.secret;
    this.#publicKey = options.publicKey;
    this.#signingKey = prepareKey(options.secret, options.authType, "sign", {
      allowWeakSecret: options.allowWeakSecret ?? false,
    });
    this.#header = protectHeader(options.authType, options.kid === undefined ? undefined : { kid: options.kid });
    this.#now = options.now ?? systemClock;
  }

  /** The HMAC secret or private key, as the caller passed it. */
  get secret(): KeyInput {
    return this.#secret;
  }

  /** The public key, as the caller passed it. */
  get publicKey(): KeyInput | undefined {
    return this.#publicKey;
  }

  /** The `alg` header of the tokens. */
  algorithm(): Algorithm {
    return this.authType;
  }

  /**
   * Returns the claims of a new token: `iss`, `iat`, `exp`, and for a refresh token a random `rid`.
   * `claims` are added, and replace claims of the same name. `maxAge`, in seconds, replaces
   * `authMaxAge` or `refreshMaxAge`.
   * @throws `TypeError` for a `maxAge` that is not a whole number of seconds from 1 to 100 years.
   */
  extendClaims(
    tokenType: TokenType,
    claims: Readonly<Record<string, unknown>>,
    maxAge?: number,
  ): Record<string, unknown> {
    const isRefresh = tokenType === "refresh";
    const iat = Math.floor(this.#now());
    const seconds =
      maxAge === undefined ? (isRefresh ? this.refreshMaxAge : this.authMaxAge) : checkMaxAge(maxAge, "maxAge");
    const exp = iat + seconds;
    // A session passes its own `rid`, so that no random bits are needed. V8 is slow at two spreads.
    if (!isRefresh || Object.hasOwn(claims, "rid")) return { iss: this.issuer, iat, exp, ...claims };
    const rid = base64urlOfBytes(crypto.getRandomValues(new Uint8Array(16)));
    return { rid, iss: this.issuer, iat, exp, ...claims };
  }

  /** Returns the members that logs and JSON show, which never include a key. */
  toJSON(): { authType: AuthType; issuer: string; authMaxAge: number; refreshMaxAge: number } {
    const { authType, issuer, authMaxAge, refreshMaxAge } = this;
    return { authType, issuer, authMaxAge, refreshMaxAge };
  }

  /**
   * Signs the claims of `extendClaims`. `JWT.sign` calls it.
   * @throws `TypeError` for an invalid `maxAge`, for claims that are not a JSON object, and for an
   * `exp` more than 100 years ahead.
   * @throws `InvalidKeyError` for a key that the runtime does not accept.
   */
  async sign(tokenType: TokenType, claims: Readonly<Record<string, unknown>>, maxAge?: number): Promise<TokenParts> {
    return this["~sign"](tokenType, claims, maxAge, sharedQueue);
  }

  /** @internal `sign` for a manager: synchronous if the signature is. */
  "~sign"(
    tokenType: TokenType,
    claims: Readonly<Record<string, unknown>>,
    maxAge: number | undefined,
    queue: SignatureQueue,
  ): MaybePromise<TokenParts> {
    const json = writeClaims(this.extendClaims(tokenType, claims, maxAge), this.#now());
    const token = signJson(json, this.#signingKey, this.#header, queue);
    return isPromise(token) ? token.then((text) => this.#partsOf(text, json)) : this.#partsOf(token, json);
  }

  #partsOf(token: string, json: string): TokenParts {
    return new TokenParts(token, new SignedContent(this.#header.members, json));
  }
}

/** Throws `TypeError` unless `value` is a number of seconds that a token may live. */
function checkMaxAge(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) <= 0 || (value as number) > MAX_TOKEN_AGE_SECONDS)
    throw new TypeError(`${name} must be a whole number of seconds, from 1 to ${MAX_TOKEN_AGE_SECONDS} (100 years)`);
  return value as number;
}
