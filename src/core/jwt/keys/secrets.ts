/** Reads HMAC secrets, and recognises the text of other keys, which must not be secrets. */

import type { JWK, KeyObject } from "jose";
import { decode } from "jose/base64url";
import { isNodeKey } from "../../util/builtins.ts";
import { withErrorContext } from "../../util/error-context.ts";
import { InvalidKeyError } from "../errors.ts";

/**
 * The bytes of a secret: those of the text in UTF-8, or those in the `k` of an `oct` JWK. Throws
 * `InvalidKeyError`.
 */
export function readSecretBytes(input: string | Uint8Array | JWK | KeyObject | CryptoKey): Uint8Array {
  if (typeof input === "string") return new TextEncoder().encode(input);
  if (input instanceof Uint8Array) return Uint8Array.from(input);
  if (isNodeKey(input)) {
    if (input.type !== "secret")
      throw new InvalidKeyError(`a secret is needed, and this KeyObject is ${input.type}: pass a secret`);
    return Uint8Array.from(input.export());
  }
  return readOctJwk(input as JWK);
}

/**
 * Names the kind of key in the bytes of `secret`; `undefined` for a plain secret. If a public key
 * were the secret, any caller could sign.
 * @see RFC 8725, section 3.1
 */
export function describeKeyLikeText(secret: Uint8Array): string | undefined {
  if (isDer(secret)) return "a DER key";
  const text = new TextDecoder().decode(secret).trim();
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(text)) return "a PEM key or certificate";
  if (/^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-|sk-(ssh|ecdsa)-)/.test(text)) return "an SSH key";
  if (text.startsWith("{") && isJwkJson(text)) return "the JSON of a JWK";
  if (/^[A-Za-z0-9+/\s]+={0,2}$/.test(text) && isDer(decodeBase64(text))) return "a DER key in base64";
  return undefined;
}

function readOctJwk(jwk: JWK): Uint8Array {
  if (typeof jwk !== "object" || jwk === null || jwk.kty !== "oct" || typeof jwk.k !== "string") {
    throw new InvalidKeyError(
      'the secret must be a string, bytes, an "oct" JWK, a secret CryptoKey or a secret KeyObject',
    );
  }
  const { k } = jwk;
  return withErrorContext(
    () => decode(k),
    (cause) => new InvalidKeyError('the JWK\'s "k" must be base64url without padding', { cause }),
  );
}

function isJwkJson(text: string): boolean {
  try {
    const value = JSON.parse(text) as { kty?: unknown; keys?: unknown };
    return typeof value.kty === "string" || Array.isArray(value.keys);
  } catch {
    return false;
  }
}

// A SEQUENCE of the whole length that begins with a SEQUENCE (SPKI, X.509) or an INTEGER (PKCS#1,
// PKCS#8, SEC1). At most one random secret in 2^24 matches.
function isDer(bytes: Uint8Array): boolean {
  const outer = readDerLength(bytes, 0x30, 0);
  if (!outer || outer.start + outer.length !== bytes.length) return false;
  const inner = readDerLength(bytes, 0x30, outer.start) ?? readDerLength(bytes, 0x02, outer.start);
  return inner !== undefined && inner.start + inner.length <= bytes.length && bytes.length >= 32;
}

function readDerLength(bytes: Uint8Array, tag: number, at: number): { start: number; length: number } | undefined {
  if (bytes[at] !== tag) return undefined;
  const first = bytes[at + 1];
  if (first === undefined || first === 0x80) return undefined;
  if (first < 0x80) return { start: at + 2, length: first };
  const count = first & 0x7f;
  if (count > 4) return undefined;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  return { start: at + 2 + count, length };
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replace(/\s/g, "")), (char) => char.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
