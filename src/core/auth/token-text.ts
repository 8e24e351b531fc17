/** Judges the text of a token, without its key. */
import type { ResolvedConfig } from "../config/resolve-config.ts";
import { readCompact, readPayload } from "../jwt/compact.ts";
import { DecodeError, ExpiredSignatureError } from "../jwt/errors.ts";
import type { Reason } from "../reasons.ts";

/**
 * Throws `ExpiredSignatureError` for a token whose text has an `exp` in the past. It checks nothing
 * else.
 */
export function checkCookieExpiry(token: string, config: ResolvedConfig): void {
  if (hasExpired(token, config)) throw new ExpiredSignatureError("The token has expired");
}

// Any other reason can pass: clocks, keys and options differ between servers during a change.
const FINAL: readonly Reason[] = ["TOKEN_REVOKED", "TOKEN_REUSED"];
// By the clock of another server, the token may still be valid.
const MAX_CLOCK_SKEW_SECONDS = 60;

/** Whether a token that was rejected for `reason` can never become valid again, on any server. */
export function isFinal(reason: Reason, token: string, config: ResolvedConfig): boolean {
  if (reason === "TOKEN_EXPIRED") return hasExpired(token, config, MAX_CLOCK_SKEW_SECONDS);
  // Another server may accept a longer token.
  if (reason === "TOKEN_MALFORMED") return token.length <= config.maxTokenLength;
  return FINAL.includes(reason);
}

/**
 * Whether the `exp` in the text of a token was past `ago` seconds ago. Verification rejects a token
 * that cannot be read.
 */
function hasExpired(token: string, { now, leeway, maxTokenLength }: ResolvedConfig, ago = 0): boolean {
  if (token.length > maxTokenLength) return false;
  try {
    const { exp } = readPayload(readCompact(token).payload);
    return typeof exp === "number" && exp <= now() - leeway - ago;
  } catch {
    return false;
  }
}

/** Throws `DecodeError` for a value that is not a string, or longer than `maxTokenLength`. */
export function checkText(token: unknown, { maxTokenLength }: ResolvedConfig): asserts token is string {
  if (typeof token !== "string") throw new DecodeError("The token is not a string");
  if (token.length > maxTokenLength) throw new DecodeError("The token is too long");
}
