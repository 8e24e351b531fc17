/** Reads HMAC secrets, and recognises the text of other keys, which must not be secrets. */

import type { JWK, KeyObject } from "jose";
import { decode } from "jose/base64url";
import { isNodeKey } from "../../util/builtins.ts";
import { withErrorContext } from "../../util/error-context.ts";
import { InvalidKeyError } from "../errors.ts";
import { decodeBase64, isDerKey } from "./der.ts";
import { hasPemBegin, isPemBase64 } from "./pem.ts";

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
  const kind = describeKey(secret);
  if (kind !== undefined) return kind;
  const text = new TextDecoder().decode(secret).trim();
  // Environment variables often have a key in base64 or base64url, without its line breaks.
  if (!/^[\w+/\s-]+={0,2}$/.test(text)) return undefined;
  const inner = describeKey(decodeBase64(text.replaceAll("-", "+").replaceAll("_", "/")));
  return inner && `${inner} in base64`;
}

function describeKey(bytes: Uint8Array): string | undefined {
  if (isDerKey(bytes)) return "a DER key";
  const text = new TextDecoder().decode(bytes).trim();
  if (hasPemBegin(text) || isPemBase64(text)) return "a PEM key or certificate";
  if (/^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-|sk-(ssh|ecdsa)-|---- BEGIN SSH2 )/.test(text)) return "an SSH key";
  if (text.startsWith("{") && isJwkJson(text)) return "the JSON of a JWK";
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
    (cause) =>
      new InvalidKeyError(
        'the JWK\'s "k" must be base64url without padding: encode a text by Buffer.from(text, "utf8").toString("base64url")',
        { cause },
      ),
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
