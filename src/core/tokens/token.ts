/** `JWT`: a token of ours, before and after it is signed. It never shows its signed text when logged or serialised. */

import { isAlgorithm } from "../jwt/algorithms.ts";
import { checkClaims } from "../jwt/claims.ts";
import { type JwtHeader, type JwtPayload, readCompact, readPayload } from "../jwt/compact.ts";
import { InvalidAlgorithmError, InvalidTokenTypeError } from "../jwt/errors.ts";
import type { KeySource } from "../jwt/jwks/key-set.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import type { Claims } from "../rules/rule.ts";
import { deepFreeze, freezeJson } from "../util/freeze.ts";
import { showOnlyJson } from "../util/hide-from-inspect.ts";
import type { AuthData } from "./auth-data.ts";
import { draftClaims } from "./user-claims.ts";

/** The two types of token, as Flask_PyJWT names them. */
export const TokenType: { readonly AUTH: "auth"; readonly REFRESH: "refresh" } = Object.freeze({
  AUTH: "auth",
  REFRESH: "refresh",
});

/** `"auth"` or `"refresh"`: the value of the `type` claim. */
export type TokenType = (typeof TokenType)[keyof typeof TokenType];

/** Claims that every signed token of ours has, or may have, beside the user's own. */
export interface RegisteredClaims {
  readonly iss: string;
  readonly sub: string | number;
  readonly iat: number;
  readonly exp: number;
  readonly type: TokenType;
  readonly aud?: string | readonly string[];
  readonly scope?: unknown;
  readonly rid?: string;
  readonly sid?: string;
}

/** All claims of a token whose own claims are `C`. */
export type TokenClaims<C = Claims> = RegisteredClaims & Readonly<C>;

/** What a new, unsigned token may carry besides its type and subject. */
export interface JWTOptions<C = Claims> {
  /** The `scope` claim of an auth token. Left out where it is undefined, as Flask_PyJWT does. */
  readonly scope?: unknown;
  /** Further claims; they may not name `iss sub aud exp iat type scope sid rid cnf`. */
  readonly claims?: Readonly<C>;
  /** Seconds until it expires. Default: the signer's, by type. */
  readonly maxAge?: number;
  /** The `aud` claim. */
  readonly audience?: string | readonly string[];
}

/** The key that a token's signature holds with, and where that key came from. */
export interface Standing {
  readonly keys: KeySource;
  readonly key: PreparedKey;
}

/** What stands in a token that was signed or read: all of it but the text itself, which is a credential. */
export interface TokenContent {
  readonly header: JwtHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The claims before a schema or rights were laid over them. */
  readonly original: Readonly<Record<string, unknown>>;
  /** Absent where no signature was checked. */
  readonly standing: Standing | undefined;
  /** Whether header and claims are deeply frozen, as they are before anybody outside sees them: most claims are only ever judged. */
  isFrozen: boolean;
}

/** The content of a token as JSON.parse gave it. */
export function contentOf(header: JwtHeader, payload: JwtPayload, standing?: Standing): TokenContent {
  return { header, claims: payload, original: payload, standing, isFrozen: false };
}

/** The same token with other claims for its readers. */
export function withClaims(content: TokenContent, claims: Readonly<Record<string, unknown>>): TokenContent {
  return claims === content.claims ? content : { ...freezeContent(content), claims: deepFreeze(claims) };
}

const NO_DRAFT: Readonly<Record<string, unknown>> = Object.freeze({});

/** The content, which nobody can change from here on: for whoever hands a part of it to code that is not ours. */
export function freezeContent(content: TokenContent): TokenContent {
  if (content.isFrozen) return content;
  freezeJson(content.header);
  freezeJson(content.claims);
  content.isFrozen = true;
  return content;
}

/** A token that was signed or read: its text and what stands in it. */
export class TokenParts {
  readonly signed: string;
  readonly content: TokenContent;

  constructor(signed: string, content: TokenContent) {
    this.signed = signed;
    this.content = content;
  }
}

/** A JSON Web Token of type auth or refresh. */
export class JWT<C = Claims> {
  /** `"auth"` or `"refresh"`. */
  readonly tokenType: TokenType;
  #parts: TokenParts | undefined;
  readonly #draft: Readonly<Record<string, unknown>>;
  readonly #maxAge: number | undefined;

  /** An unsigned token. Throws `TypeError` for a bad type, a subject that is neither text nor a safe integer, or a reserved claim. */
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

  // What is read here is never handed out whole, and so need not be frozen. That a signed token has these claims was checked when it was read.
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

  /** Signs it, with `iat` now, and gives the compact text. Rejects with `TypeError` where it is signed already. */
  async sign(authData: AuthData): Promise<string> {
    if (this.#parts) throw new TypeError("The token is signed already");
    const parts = await authData.sign(this.tokenType, this.#draft, this.#maxAge);
    this.#parts = parts;
    return parts.signed;
  }

  /**
   * Reads a signed token WITHOUT checking its signature.
   * Throws `InvalidTokenError` where it is malformed, of no known algorithm or type, or lacks `exp`, `iss`, `sub`, `iat` or `type`.
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

showOnlyJson(JWT);

/** The `type` claim. Throws `InvalidTokenTypeError` where it is neither auth nor refresh. */
export function readTokenType(claims: Readonly<Record<string, unknown>>): TokenType {
  const type = Object.hasOwn(claims, "type") ? claims["type"] : undefined;
  if (type !== "auth" && type !== "refresh")
    throw new InvalidTokenTypeError('The token\'s "type" is neither auth nor refresh');
  return type;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
