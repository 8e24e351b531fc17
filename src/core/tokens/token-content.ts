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
  /** The compact text. */
  readonly signed: string;
  /** @internal What stands in it. */
  readonly content: TokenContent;

  /** @internal */
  constructor(signed: string, content: TokenContent) {
    this.signed = signed;
    this.content = content;
  }
}
