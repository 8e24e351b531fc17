/** `AuthData`: what a token is signed with. */

import { base64url } from "jose";
import { ALGORITHMS, type Algorithm, isAlgorithm } from "../jwt/algorithms.ts";
import { isMembers } from "../jwt/caller-input.ts";
import { signClaims } from "../jwt/encode.ts";
import { type KeyInput, prepareKey } from "../jwt/keys/keys.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import { hideFromInspect } from "../util/hide-from-inspect.ts";
import { MAX_TOKEN_AGE_SECONDS, systemClock } from "../util/seconds.ts";
import { contentOf, TokenParts } from "./token-content.ts";
import { DEFAULT_MAX_AGE, type TokenType } from "./token-type.ts";

/** The algorithms by name, as Flask_PyJWT has them; each is its own name on the wire. */
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
});

/** One of the algorithms of `AuthType`. */
export type AuthType = Algorithm;

/** What `AuthData` is made of. */
export interface AuthDataOptions {
  readonly authType: AuthType;
  /** The HMAC secret or the private key. */
  readonly secret: KeyInput;
  readonly issuer: string;
  /** Seconds an auth token lives. Default 3600. */
  readonly authMaxAge?: number;
  /** Seconds a refresh token lives. Default 604800. */
  readonly refreshMaxAge?: number;
  /** The public key that belongs to a private `secret`. */
  readonly publicKey?: KeyInput;
  /** Accept an HMAC secret shorter than the hash output. Default false. */
  readonly allowWeakSecret?: boolean;
  /** The `kid` header of what is signed. Default: none. */
  readonly kid?: string;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: () => number;
}

/**
 * The signer of a manager, or one made by hand for `jwt.sign`. It never shows its keys when logged
 * or serialised.
 */
export class AuthData {
  readonly authType: AuthType;
  readonly issuer: string;
  readonly authMaxAge: number;
  readonly refreshMaxAge: number;
  readonly kid: string | undefined;
  readonly #secret: KeyInput;
  readonly #publicKey: KeyInput | undefined;
  readonly #signingKey: PreparedKey;
  readonly #now: () => number;

  /** Throws `TypeError` for a wrong option, `InvalidKeyError` for a key that does not fit. */
  constructor(options: AuthDataOptions) {
    if (!isMembers(options))
      throw new TypeError("AuthData takes one object: pass new AuthData({ authType, secret, issuer })");
    if (!isAlgorithm(options.authType)) throw new TypeError(`authType must be one of ${ALGORITHMS.join(", ")}`);
    if (typeof options.issuer !== "string" || options.issuer === "")
      throw new TypeError("issuer must be a non-empty string");
    this.authType = options.authType;
    this.issuer = options.issuer;
    this.authMaxAge = checkMaxAge(options.authMaxAge ?? DEFAULT_MAX_AGE.auth, "authMaxAge");
    this.refreshMaxAge = checkMaxAge(options.refreshMaxAge ?? DEFAULT_MAX_AGE.refresh, "refreshMaxAge");
    if (options.kid !== undefined && (typeof options.kid !== "string" || options.kid === ""))
      throw new TypeError("kid must be a non-empty string");
    this.kid = options.kid;
    this.#secret = options.secret;
    this.#publicKey = options.publicKey;
    this.#signingKey = prepareKey(options.secret, options.authType, "sign", {
      allowWeakSecret: options.allowWeakSecret ?? false,
    });
    this.#now = options.now ?? systemClock;
  }

  /** The HMAC secret or private key, as it was given. */
  get secret(): KeyInput {
    return this.#secret;
  }

  /** The public key, as it was given. */
  get publicKey(): KeyInput | undefined {
    return this.#publicKey;
  }

  /** The algorithm's name in the token's header. */
  algorithm(): Algorithm {
    return this.authType;
  }

  /**
   * The claims as they will be signed: `rid` (128 random bits) on a refresh token, then `iss`,
   * `iat` and `exp`, then `claims`. `maxAge` is in seconds; default: by type.
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
    const rid = isRefresh ? { rid: base64url.encode(crypto.getRandomValues(new Uint8Array(16))) } : {};
    return { ...rid, iss: this.issuer, iat, exp: iat + seconds, ...claims };
  }

  /** What serialising shows: never a key. */
  toJSON(): { authType: AuthType; issuer: string; authMaxAge: number; refreshMaxAge: number } {
    const { authType, issuer, authMaxAge, refreshMaxAge } = this;
    return { authType, issuer, authMaxAge, refreshMaxAge };
  }

  /** Signs extended claims. Used by `JWT.sign`. */
  async sign(tokenType: TokenType, claims: Readonly<Record<string, unknown>>, maxAge?: number): Promise<TokenParts> {
    const headers = this.kid === undefined ? {} : { kid: this.kid };
    const extended = this.extendClaims(tokenType, claims, maxAge);
    const { token, header, payload } = await signClaims(extended, this.#signingKey, { headers, now: this.#now() });
    return new TokenParts(token, contentOf(header, payload));
  }
}

hideFromInspect(AuthData);

/** Throws `TypeError` unless `value` is a number of seconds that a token may live. */
function checkMaxAge(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) <= 0 || (value as number) > MAX_TOKEN_AGE_SECONDS)
    throw new TypeError(`${name} must be a whole number of seconds, from 1 to ${MAX_TOKEN_AGE_SECONDS} (100 years)`);
  return value as number;
}
