/** Reads the compact form of a JWS strictly. Does not verify the signature. */
import { decode } from "jose/base64url";
import { LRUCache } from "lru-cache";
import { bytesOfBase64url } from "../util/base64url.ts";
import { freezeJson } from "../util/freeze.ts";
import { DecodeError, InvalidTokenError } from "./errors.ts";

/**
 * The protected header of a token: the JSON object in its first segment.
 * @see RFC 7515, section 4
 */
export type JwtHeader = Readonly<Record<string, unknown>>;

/**
 * The payload of a token: the JSON object in its second segment.
 * @see RFC 7519, section 4
 */
export type JwtPayload = Readonly<Record<string, unknown>>;

/** The parts of a token, before any of them is verified. */
export interface CompactParts {
  readonly header: JwtHeader;
  readonly payload: string;
  readonly signature: string;
  /** The signed text: header and payload, which are base64url, and the dot between them. */
  readonly signed: string;
}

/** Reads a header segment. */
export type ReadHeader = (segment: string) => JwtHeader;

// The byte order mark is kept, so that JSON.parse rejects it.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Splits a token and reads its header with `read`. Throws `DecodeError` for a malformed token, and
 * `InvalidTokenError` for a header with `crit`, `b64` or a `kid` that is not a string.
 * @see RFC 7515, section 7.1
 */
export function readCompact(token: string, read: ReadHeader = readHeader): CompactParts {
  if (typeof token !== "string") throw new DecodeError("The token is not a string");
  const [header, payload, signature, more] = token.split(".", 4);
  if (header === undefined || payload === undefined || signature === undefined || more !== undefined)
    throw new DecodeError("The token does not have three segments");
  checkSegment(signature, "signature");
  checkSegment(payload, "payload");
  const signed = token.slice(0, header.length + 1 + payload.length);
  return { header: read(header), payload, signature, signed };
}

// Tokens of one key usually have the same header.
const MAX_HEADERS = 100;

/** A reader that caches headers: the same text gives the same frozen header. */
export function createHeaderReader(): ReadHeader {
  const known = new LRUCache<string, JwtHeader>({ max: MAX_HEADERS });
  let last: { readonly segment: string; readonly header: JwtHeader } | undefined;
  return (segment) => {
    if (last?.segment === segment) return last.header;
    let header = known.get(segment);
    if (!header) known.set(segment, (header = freezeJson(readHeader(segment))));
    last = { segment, header };
    return header;
  };
}

/** Reads a payload segment as a JSON object. Throws `DecodeError`. */
export function readPayload(segment: string): JwtPayload {
  return readSegment(segment, "payload");
}

/** Reads the payload of a token that `readCompact` has checked, as `readPayload` does. */
export function payloadOf({ payload }: CompactParts): JwtPayload {
  return readObject(payload, "payload");
}

/** The bytes of a signature that `readCompact` has checked, in memory that nothing else uses. */
export function copySignature({ signature }: CompactParts): Uint8Array {
  return decode(signature);
}

function readHeader(segment: string): JwtHeader {
  return checkHeader(readSegment(segment, "header"));
}

function readSegment(segment: string, what: string): Record<string, unknown> {
  checkSegment(segment, what);
  return readObject(segment, what);
}

function readObject(segment: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytesOfBase64url(segment)));
  } catch {
    throw new DecodeError(`The token's ${what} is not UTF-8 encoded JSON`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DecodeError(`The token's ${what} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}

function checkHeader(header: Record<string, unknown>): JwtHeader {
  // claimgate understands no critical extension (RFC 7515, section 4.1.11). `b64` changes the
  // signed bytes (RFC 7797).
  if (Object.hasOwn(header, "crit"))
    throw new InvalidTokenError(
      'The token\'s header has "crit": it needs an extension that claimgate does not support',
    );
  if (Object.hasOwn(header, "b64"))
    throw new InvalidTokenError('The token\'s header has "b64", which claimgate does not support');
  if (Object.hasOwn(header, "kid") && typeof header["kid"] !== "string") {
    throw new InvalidTokenError('The token\'s "kid" header is not a string');
  }
  return header;
}

// The valid last characters of a text of length 4n + 2 or 4n + 3. Others have stray bits, so one
// token would have several texts.
const LAST = { 2: "AQgw", 3: "AEIMQUYcgkosw048" } as const;

function checkSegment(segment: string, what: string): void {
  const rest = segment.length % 4;
  if (rest === 1 || /[^A-Za-z0-9_-]/.test(segment)) throw new DecodeError(`The token's ${what} is not base64url`);
  if ((rest === 2 || rest === 3) && !LAST[rest].includes(segment.charAt(segment.length - 1)))
    throw new DecodeError(`The token's ${what} is not canonical base64url`);
}
