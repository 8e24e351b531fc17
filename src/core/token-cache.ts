/** Remembers verified tokens, so that a second sight of one costs a look-up. Holds only what can never change about a token. */
import { LRUCache } from "lru-cache";
import { loadNodeCrypto } from "./jwt/node-crypto.ts";
import type { JWT } from "./token.ts";

/** A bounded store of verified tokens, keyed by their SHA-256. */
export interface TokenCache {
  get(token: string): JWT | undefined;
  set(token: string, jwt: JWT): void;
}

/** A cache of `max` tokens; none at all for 0, or where there is no synchronous hash. */
export function createTokenCache(max: number): TokenCache | undefined {
  const hash = loadNodeCrypto()?.hash;
  if (max === 0 || !hash) return undefined;
  const entries = new LRUCache<string, JWT>({ max });
  const keyOf = (token: string): string => hash("sha256", token, "base64url");
  return {
    get: (token) => entries.get(keyOf(token)),
    set: (token, jwt) => void entries.set(keyOf(token), jwt),
  };
}
