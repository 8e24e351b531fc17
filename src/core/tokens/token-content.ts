/** The content of a token that was signed or read: header, claims, and the key that its signature holds with. */
import type { JwtHeader, JwtPayload } from "../jwt/compact.ts";
import type { KeySource } from "../jwt/keys/key-source.ts";
import type { PreparedKey } from "../jwt/keys/prepared-key.ts";
import { deepFreeze, freezeJson } from "../util/freeze.ts";

/** The key that a token's signature holds with, and where that key came from. */
export interface Standing {
  readonly keys: KeySource;
  readonly key: PreparedKey;
}

/**
 * The content of a token that was signed or read, without the text itself, which is a credential.
 */
export interface TokenContent {
  readonly header: JwtHeader;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The claims before a schema or rights were laid over them. */
  readonly original: Readonly<Record<string, unknown>>;
  /** Absent where no signature was checked. */
  readonly standing: Standing | undefined;
  /**
   * Whether header and claims are deeply frozen. They are frozen before callers see them, since
   * most claims are only judged.
   */
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

/** The content, deeply frozen: call this before a part of it reaches the code of users. */
export function freezeContent(content: TokenContent): TokenContent {
  if (content.isFrozen) return content;
  freezeJson(content.header);
  freezeJson(content.claims);
  content.isFrozen = true;
  return content;
}

/** A token that was signed or read: its text and its content. */
export class TokenParts {
  /** The compact text. */
  readonly signed: string;
  /** @internal The content. */
  readonly content: TokenContent;

  /** @internal */
  constructor(signed: string, content: TokenContent) {
    this.signed = signed;
    this.content = content;
  }
}
