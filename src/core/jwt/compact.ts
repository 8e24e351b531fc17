/** Reads the compact form of a JWS (RFC 7515, section 7.1), strictly, without looking at its signature. */
import { base64url } from "jose";
import { DecodeError, InvalidTokenError } from "./errors.ts";

/** A token's protected header as it stood in the token. */
export type JwtHeader = Readonly<Record<string, unknown>>;

/** A token's payload as it stood in the token. */
export type JwtPayload = Readonly<Record<string, unknown>>;

/** The parts of a token, none of them trusted yet. */
export interface CompactParts {
  readonly header: JwtHeader;
  readonly payload: string;
  readonly signature: Uint8Array;
}

// The byte order mark is kept, so that JSON.parse refuses it.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Splits a token and reads its header. Throws `DecodeError`, or `InvalidTokenError` where the header asks for what no JWT of ours may. */
export function readCompact(token: string): CompactParts {
  if (typeof token !== "string") throw new DecodeError("The token is not a string");
  const segments = token.split(".", 4);
  if (segments.length !== 3) throw new DecodeError("The token does not have three segments");
  const [header, payload, signature] = segments as [string, string, string];
  const signatureBytes = decodeSegment(signature, "signature");
  decodeSegment(payload, "payload");
  return { header: checkHeader(readObject(header, "header")), payload, signature: signatureBytes };
}

/** Reads a payload segment as a JSON object. Throws `DecodeError`. */
export function readPayload(segment: string): JwtPayload {
  return readObject(segment, "payload");
}

function readObject(segment: string, what: string): Record<string, unknown> {
  const bytes = decodeSegment(segment, what);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    throw new DecodeError(`The token's ${what} is not UTF-8 encoded JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DecodeError(`The token's ${what} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

function checkHeader(header: Record<string, unknown>): JwtHeader {
  // No critical extension is understood here, so any is refused (RFC 7515, section 4.1.11); `b64` changes what is signed (RFC 7797).
  if (Object.hasOwn(header, "crit")) throw new InvalidTokenError("The token asks for a critical extension");
  if (Object.hasOwn(header, "b64")) throw new InvalidTokenError('The token\'s header holds "b64"');
  if (Object.hasOwn(header, "kid") && typeof header["kid"] !== "string") {
    throw new InvalidTokenError('The token\'s "kid" header is not a string');
  }
  return header;
}

function decodeSegment(segment: string, what: string): Uint8Array {
  if (/[^A-Za-z0-9_-]/.test(segment)) throw new DecodeError(`The token's ${what} is not base64url`);
  let bytes: Uint8Array;
  try {
    bytes = base64url.decode(segment);
  } catch {
    throw new DecodeError(`The token's ${what} is not base64url`);
  }
  // Bits beyond the last byte would let two texts stand for one token.
  if (base64url.encode(bytes) !== segment) throw new DecodeError(`The token's ${what} is not canonical base64url`);
  return bytes;
}
