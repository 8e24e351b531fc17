/** `JWT`: a token of ours, before and after it is signed. It never shows its signed text when logged or serialised. */

import { isAlgorithm } from "../jwt/algorithms.ts";
import { checkClaims } from "../jwt/claims.ts";
import { type JwtHeader, readCompact, readPayload } from "../jwt/compact.ts";
import { InvalidAlgorithmError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";
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

const NO_DRAFT: Readonly<Record<string, unknown>> = Object.freeze({});

/** A JSON Web Token of type auth or refresh. */
export class JWT<C = Claims> {
  /** `"auth"` or `"refresh"`. */
  readonly tokenType: TokenType;
  #parts: TokenParts | undefined;
  readonly #draft: Readonly<Record<string, unknown>>;
  readonly #maxAge: number | undefined;

  /**
   * An unsigned token. Throws `TypeError` for a bad type, a subject that is neither text nor a safe
   * integer, or a reserved claim.
   */
  constructor(tokenType: TokenType, subject: string | number, options?: JWTOptions<C>);
  /** @internal A token that was signed or read. */
  constructor(tokenType: TokenType, parts: TokenParts);
  constructor(tokenType: TokenType, subject: string | number | TokenParts, options: JWTOptions<C> = {}) {
    if (tokenType !== "auth" && tokenType !== "refresh")
      throw new TypeError('The token type must be "auth" or "refresh"');
    this.tokenType = tokenType;
    this.#maxAge = options.maxAge;
    if (subject instanceof TokenParts) {
      this.#parts = subject;
      this.#draft = NO_DRAFT;
    } else {
      this.#draft = deepFreeze(draftClaims(tokenType, subject, options));
    }
  }

  /** The claims: deeply frozen; the registered ones are there once it is signed. */
  get claims(): TokenClaims<C> {
    return (this.#parts ? freezeContent(this.#parts.content).claims : this.#draft) as TokenClaims<C>;
  }

  // What is read here is never handed out whole, and so need not be frozen. That a signed token has
  // these claims was checked when it was read.
  get #read(): RegisteredClaims {
    return (this.#parts?.content.claims ?? this.#draft) as unknown as RegisteredClaims;
  }

  /** @internal What stands in it; absent while it is unsigned. */
  get "~content"(): TokenContent | undefined {
    return this.#parts?.content;
  }

  /** The compact text. Throws `TypeError` while it is unsigned. */
  get signed(): string {
    if (!this.#parts) throw new TypeError("The token is not signed yet");
    return this.#parts.signed;
  }

  /** The protected header: empty while it is unsigned. */
  get header(): JwtHeader {
    return this.#parts ? freezeContent(this.#parts.content).header : {};
  }

  /** The header's `typ`: `"JWT"` on tokens of ours. */
  get typ(): string | undefined {
    return textOf(this.header["typ"]);
  }

  /** The header's `alg`. */
  get alg(): string | undefined {
    return textOf(this.header["alg"]);
  }

  /** The subject as text; `claims.sub` has it as it is on the wire. */
  get sub(): string {
    return String(this.#read.sub);
  }

  /** The `scope` claim as it is on the wire. */
  get scope(): unknown {
    return this.claims.scope;
  }

  /** The issuer. */
  get iss(): string {
    return this.#read.iss;
  }

  /** The session it belongs to; `undefined` for a token of none. */
  get sid(): string | undefined {
    return this.#read.sid;
  }

  /** When it was issued, in seconds. */
  get iat(): number {
    return this.#read.iat;
  }

  /** When it expires, in seconds. */
  get exp(): number {
    return this.#read.exp;
  }

  /** Seconds from `iat` to `exp`. */
  get maxAge(): number {
    return this.exp - this.iat;
  }

  /** Whether it has been signed. */
  isSigned(): boolean {
    return this.#parts !== undefined;
  }

  /**
   * Signs it, with `iat` now, and gives the compact text. Rejects with `TypeError` where it is
   * signed already.
   */
  async sign(authData: AuthData): Promise<string> {
    if (this.#parts) throw new TypeError("The token is signed already");
    const parts = await authData.sign(this.tokenType, this.#draft, this.#maxAge);
    this.#parts = parts;
    return parts.signed;
  }

  /**
   * Reads a signed token WITHOUT checking its signature. Throws `InvalidTokenError` where it is
   * malformed, of no known algorithm or type, or lacks `exp`, `iss`, `sub`, `iat` or `type`.
   */
  static fromSignedToken(signed: string): JWT {
    const { header, payload } = readCompact(signed);
    if (!isAlgorithm(header["alg"])) throw new InvalidAlgorithmError("The token's algorithm is unknown");
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

  /** What serialising shows: never the signed text. */
  toJSON(): { tokenType: TokenType; claims: TokenClaims<C> } {
    return { tokenType: this.tokenType, claims: this.claims };
  }
}

hideFromInspect(JWT);

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
