/** Remembers verified tokens, so that a second sight of one costs a hash and a look-up. Holds only what can never change about a token, and not its text. */
import { LRUCache } from "lru-cache";
import { loadNodeCrypto } from "./jwt/node-crypto.ts";
import type { TokenContent } from "./token.ts";

/** A bounded store of verified tokens. */
export interface TokenCache {
  /** What a token is kept under: its SHA-256. */
  keyOf(token: string): string;
  get(key: string): TokenContent | undefined;
  set(key: string, content: TokenContent): void;
}

/** A cache of `max` tokens; none at all for 0, or where there is no synchronous hash. */
export function createTokenCache(max: number): TokenCache | undefined {
  const hash = loadNodeCrypto()?.hash;
  if (max === 0 || !hash) return undefined;
  const entries = new LRUCache<string, TokenContent>({ max });
  return {
    // A character a byte: the shortest text that a hash has.
    keyOf: (token) => hash("sha256", token, "latin1"),
    get: (key) => entries.get(key),
    set: (key, content) => void entries.set(key, content),
  };
}
