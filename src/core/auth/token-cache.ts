/** Remembers verified tokens, so that a second sight of one costs a hash and a look-up. Holds only what can never change about a token, and not its text. */
import { LRUCache } from "lru-cache";
import type { TokenContent } from "../tokens/token-content.ts";
import { loadNodeCrypto } from "../util/builtins.ts";
import { promisesAreShared } from "../util/maybe-promise.ts";

/** A bounded store of verified tokens. */
export interface TokenCache {
  /** What a token is kept under: its SHA-256. */
  keyOf(token: string): string;
  get(key: string): TokenContent | undefined;
  /**
   * Has a token verified, once for all who ask at the same time, and keeps what comes of it. A
   * refused one leaves nothing behind.
   */
  fill(key: string, verify: () => Promise<TokenContent>): Promise<TokenContent>;
}

/** A cache of `max` tokens; none at all for 0, or where there is no synchronous hash. */
export function createTokenCache(max: number): TokenCache | undefined {
  const hash = loadNodeCrypto()?.hash;
  if (max === 0 || !hash) return undefined;
  const entries = new LRUCache<string, TokenContent>({ max });
  const running = new Map<string, Promise<TokenContent>>();

  const verifyAndKeep = async (key: string, verify: () => Promise<TokenContent>): Promise<TokenContent> => {
    try {
      const content = await verify();
      entries.set(key, content);
      return content;
    } finally {
      running.delete(key);
    }
  };

  return {
    // A character a byte: the shortest text that a hash has.
    keyOf: (token) => hash("sha256", token, "latin1"),
    get: (key) => entries.get(key),
    fill(key, verify) {
      const before = promisesAreShared() ? running.get(key) : undefined;
      if (before) return before;
      const mine = verifyAndKeep(key, verify);
      running.set(key, mine);
      return mine;
    },
  };
}
