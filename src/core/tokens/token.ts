/** `JWT`: a token, before and after it is signed. */

import { isAlgorithm } from "../jwt/algorithms.ts";
import { checkClaims } from "../jwt/claims.ts";
import { type JwtHeader, readCompact, readPayload } from "../jwt/compact.ts";
import { InvalidAlgorithmError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";
import { checkOptionNames } from "../util/check-options.ts";
import { deepFreeze } from "../util/freeze.ts";
import { hideFromInspect } from "../util/hide-from-inspect.ts";
import type { AuthData } from "./auth-data.ts";
import { contentOf, freezeContent, type TokenContent, TokenParts } from "./token-content.ts";
import {
  type JWTOptions,
  type RegisteredClaims,
  readTokenType,
  type TokenClaims,
  type TokenType,
} from "./token-type.ts";
import { draftClaims } from "./user-claims.ts";

const JWT_OPTIONS = ["scope", "claims", "maxAge", "audience"] as const satisfies (keyof JWTOptions)[];
const NO_DRAFT: Readonly<Record<string, unknown>> = Object.freeze({});
const NO_OPTIONS: JWTOptions<never> = Object.freeze({});

/**
 * A JSON Web Token: an auth token or a refresh token. Logs and JSON of it never show its signed
 * text.
 * @see RFC 7519
 * @example
 * ```ts
 * import { AuthData, JWT } from "claimgate";
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32));
 * const authData = new AuthData({ authType: "HS256", secret, issuer: "https://api.example" });
 * const token = new JWT("auth", "ada", { claims: { tenant: "acme" }, maxAge: 600 });
 * const signed = await token.sign(authData);
 * ```
 */
export class JWT<C = Claims> {
  // oxlint-disable-next-line no-unused-private-class-members -- lets a bundler drop the class
  static readonly #hidden: void = /* @__PURE__ */ hideFromInspect(JWT);
  /** `"auth"` or `"refresh"`. */
  readonly tokenType: TokenType;
  #parts: TokenParts | undefined;
  readonly #draft: Readonly<Record<string, unknown>>;
  readonly #maxAge: number | undefined;

  /**
   * Creates an unsigned token. `subject` is a string that is not empty, or a safe integer.
   * @throws `TypeError` for an unknown option, for an invalid type, subject or audience, for a
   * reserved claim, and for claims that are not plain data.
   */
  constructor(tokenType: TokenType, subject: string | number, options?: JWTOptions<C>);
  /** @internal Creates a token that was signed or read. */
  constructor(tokenType: TokenType, parts: TokenParts);
  constructor(tokenType: TokenType, subject: string | number | TokenParts, options: JWTOptions<C> = NO_OPTIONS) {
    if (tokenType !== "auth" && tokenType !== "refresh")
      throw new TypeError('The token type must be "auth" or "refresh"');
    this.tokenType = tokenType;
    this.#draft = NO_DRAFT;
    if (subject instanceof TokenParts) {
      this.#parts = subject;
      return;
    }
    checkOptionNames("JWT", options, JWT_OPTIONS);
    this.#maxAge = options.maxAge;
    this.#draft = deepFreeze(draftClaims(tokenType, subject, options));
  }

  /** The claims, deeply frozen. Before the token is signed, `iss`, `iat` and `exp` are absent. */
  get claims(): TokenClaims<C> {
    return (this.#parts ? freezeContent(this.#parts.content).claims : this.#draft) as TokenClaims<C>;
  }

  // Not frozen: callers get only single claims of it. A signed token is checked for these claims
  // when it is read.
  get #read(): RegisteredClaims {
    return (this.#parts?.content.claims ?? this.#draft) as unknown as RegisteredClaims;
  }

  /** @internal The content; `undefined` before the token is signed. */
  get "~content"(): TokenContent | undefined {
    return this.#parts?.content;
  }

  /**
   * The compact text, which is a credential: keep it out of logs.
   * @throws `TypeError` before the token is signed.
   * @see RFC 7515, section 7.1
   */
  get signed(): string {
    if (!this.#parts) throw new TypeError("The token is not signed: call sign() first");
    return this.#parts.signed;
  }

  /** The protected header; empty before the token is signed. */
  get header(): JwtHeader {
    return this.#parts ? freezeContent(this.#parts.content).header : {};
  }

  /** The `typ` header. In tokens of claimgate it is `"JWT"`. */
  get typ(): string | undefined {
    return textOf(this.header["typ"]);
  }

  /** The `alg` header. */
  get alg(): string | undefined {
    return textOf(this.header["alg"]);
  }

  /** The subject as a string; `claims.sub` may be an integer. */
  get sub(): string {
    return String(this.#read.sub);
  }

  /** The `scope` claim. */
  get scope(): unknown {
    return this.claims.scope;
  }

  /**
   * The `iss` claim; `undefined` before the token is signed, and for a token of a `trust` entry
   * with `issuer: null`.
   */
  get iss(): string | undefined {
    return this.#read.iss;
  }

  /** The `sid` claim: the id of the token's session. `undefined` for a token without a session. */
  get sid(): string | undefined {
    return this.#read.sid;
  }

  /** The time of issue, in seconds since 1970; `undefined` before the token is signed. */
  get iat(): number {
    return this.#read.iat;
  }

  /** The time of expiry, in seconds since 1970; `undefined` before the token is signed. */
  get exp(): number {
    return this.#read.exp;
  }

  /** Seconds from `iat` to `exp`; `NaN` before the token is signed. */
  get maxAge(): number {
    return this.exp - this.iat;
  }

  /** Whether the token is signed. */
  isSigned(): boolean {
    return this.#parts !== undefined;
  }

  /**
   * Signs the token, sets its `iat` to the time of `authData`, and returns the compact text.
   * @throws `TypeError` for an argument that is not an `AuthData`, for a token that is already
   * signed, and for an invalid `maxAge`.
   * @throws `InvalidKeyError` for a key that the runtime does not accept.
   */
  async sign(authData: AuthData): Promise<string> {
    if (this.#parts) throw new TypeError("The token is already signed: make a new JWT");
    if (typeof (authData as AuthData | undefined)?.sign !== "function")
      throw new TypeError("sign takes an AuthData: pass new AuthData({ authType, secret, issuer })");
    const parts = await authData.sign(this.tokenType, this.#draft, this.#maxAge);
    this.#parts = parts;
    return parts.signed;
  }

  /**
   * Reads a signed token WITHOUT verification.
   * @throws `InvalidTokenError` or a subclass for a token that is malformed, has an unknown
   * algorithm or type, or lacks `exp`, `iss`, `sub`, `iat` or `type`.
   */
  static fromSignedToken(signed: string): JWT {
    const { header, payload } = readCompact(signed);
    if (!isAlgorithm(header["alg"])) throw new InvalidAlgorithmError("The token has an unknown algorithm");
    const claims = readPayload(payload);
    const unchecked = {
      verifyExp: false,
      verifyIat: false,
      verifyNbf: false,
      verifyAud: false,
      verifySub: false,
      verifyJti: false,
    };
    checkClaims(claims, { require: ["exp", "iss", "sub", "iat", "type"], ...unchecked }, 0);
    return new JWT(readTokenType(claims), new TokenParts(signed, contentOf(header, claims)));
  }

  /** Returns the members that logs and JSON show, which never include the signed text. */
  toJSON(): { tokenType: TokenType; claims: TokenClaims<C> } {
    return { tokenType: this.tokenType, claims: this.claims };
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
