/** Judges the text of a token before its signature is looked at. */
import type { ResolvedConfig } from "./config.ts";
import { readCompact, readPayload } from "./jwt/compact.ts";
import { DecodeError, ExpiredSignatureError } from "./jwt/errors.ts";

/** Throws `ExpiredSignatureError` for a token whose `exp` is past, as its text says. Nothing else is told of it here. */
export function checkCookieExpiry(token: string, { now, leeway, maxTokenLength }: ResolvedConfig): void {
  if (token.length > maxTokenLength) return;
  let exp: unknown;
  try {
    exp = readPayload(readCompact(token).payload)["exp"];
  } catch {
    // The verification rejects a token that cannot be read.
    return;
  }
  if (typeof exp === "number" && exp <= now() - leeway) throw new ExpiredSignatureError("The token has expired");
}

/** Throws `DecodeError` for a value that is no text, or too long a text, for a token. */
export function checkText(token: unknown, { maxTokenLength }: ResolvedConfig): asserts token is string {
  if (typeof token !== "string") throw new DecodeError("The token is not a string");
  if (token.length > maxTokenLength) throw new DecodeError("The token is too long");
}
