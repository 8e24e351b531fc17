/** The content of a token that was signed or read: header, claims, and its key. */
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import { deepFreeze, freezeJson } from "../util/freeze.ts";

/** The key that verified a token, and the source of that key. */
export interface Standing {
  readonly keys: KeySource;
  readonly key: PreparedKey;
}

/** The content of a token that was signed or read, without its text, which is a credential. */
export interface TokenContent {
  readonly header: JwtHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The claims before `claimsSchema` and `authorize` changed them. */
  readonly original: Readonly<Record<string, unknown>>;
  /** Absent if no signature was verified. */
  readonly standing: Standing | undefined;
  /** Whether header and claims are deeply frozen. They are when the user's code first sees them. */
  isFrozen: boolean;
}

/** The content of a token, from parsed JSON. */
export function contentOf(header: JwtHeader, payload: JwtPayload, standing?: Standing): TokenContent {
  return { header, claims: payload, original: payload, standing, isFrozen: false };
}

/** The content of a token that was just signed. The first use reads the claims from their JSON. */
export class SignedContent implements TokenContent {
  readonly header: JwtHeader;
  readonly standing: undefined;
  isFrozen = false;
  readonly #json: string;
  #claims: Readonly<Record<string, unknown>> | undefined;

  constructor(header: JwtHeader, json: string) {
    this.header = header;
    this.#json = json;
  }

  get claims(): Readonly<Record<string, unknown>> {
    return (this.#claims ??= JSON.parse(this.#json) as Record<string, unknown>);
  }

  get original(): Readonly<Record<string, unknown>> {
    return this.claims;
  }
}

/** The content of the same token, with other claims for rules and resolvers. */
export function withClaims(content: TokenContent, claims: Readonly<Record<string, unknown>>): TokenContent {
  if (claims === content.claims) return content;
  const { header, original, standing } = freezeContent(content);
  return { header, claims: deepFreeze(claims), original, standing, isFrozen: true };
}

/** The content, deeply frozen. Call this before a part of it reaches the user's code. */
export function freezeContent(content: TokenContent): TokenContent {
  if (content.isFrozen) return content;
  freezeJson(content.header);
  freezeJson(content.claims);
  content.isFrozen = true;
  return content;
}

/** The text and the content of a token that was signed or read. */
export class TokenParts {
  /** The compact text, which is a credential: keep it out of logs. */
  readonly signed: string;
  /** @internal The content. */
  readonly content: TokenContent;

  /** @internal */
  constructor(signed: string, content: TokenContent) {
    this.signed = signed;
    this.content = content;
  }
}
