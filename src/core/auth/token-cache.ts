/** Caches verified tokens by hash: only facts that cannot change, and never the text of a token. */
import { LRUCache } from "lru-cache";
import type { TokenContent } from "../tokens/token-content.ts";
import { loadNodeCrypto } from "../util/builtins.ts";
import { isPromise, type MaybePromise, promisesAreShared } from "../util/promises/maybe-promise.ts";

/** A bounded cache of verified tokens. */
export interface TokenCache {
  /** The key of a token: its SHA-256. */
  keyOf(token: string): string;
  get(key: string): TokenContent | undefined;
  /**
   * Verifies a token, once for all concurrent callers, and caches its content. A rejected token is
   * not cached.
   */
  fill(key: string, token: string): MaybePromise<TokenContent>;
}

/**
 * Creates a cache of `max` tokens, which `verify` verifies. `undefined` for 0, or without a
 * synchronous hash.
 */
export function createTokenCache(
  max: number,
  verify: (token: string) => MaybePromise<TokenContent>,
): TokenCache | undefined {
  const hash = loadNodeCrypto()?.hash;
  if (max === 0 || !hash) return undefined;
  const entries = new LRUCache<string, TokenContent>({ max });
  const running = new Map<string, Promise<TokenContent>>();

  const keep = (key: string, content: TokenContent): TokenContent => {
    entries.set(key, content);
    return content;
  };

  const keepLater = async (key: string, content: Promise<TokenContent>): Promise<TokenContent> => {
    try {
      return keep(key, await content);
    } finally {
      running.delete(key);
    }
  };

  return {
    // One character for each byte is the shortest text of a hash.
    keyOf: (token) => hash("sha256", token, "latin1"),
    get: (key) => entries.get(key),
    fill(key, token) {
      const before = running.size > 0 ? running.get(key) : undefined;
      if (before && promisesAreShared()) return before;
      const content = verify(token);
      if (!isPromise(content)) return keep(key, content);
      const mine = keepLater(key, content);
      running.set(key, mine);
      return mine;
    },
  };
}
