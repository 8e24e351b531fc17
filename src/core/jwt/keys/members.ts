/** The members of JWKs that claimgate reads: allow-lists, so that others have no effect. */
import type { JWK } from "jose";
import { decode, encode } from "jose/base64url";

type Member = keyof JWK;

// The members that are numbers or points, in base64url, for each `kty` (RFC 7518, section 6).
const PUBLIC: Readonly<Record<string, readonly Member[]>> = { RSA: ["n", "e"], EC: ["x", "y"], OKP: ["x"] };
const PRIVATE: Readonly<Record<string, readonly Member[]>> = {
  RSA: ["d", "p", "q", "dp", "dq", "qi"],
  EC: ["d"],
  OKP: ["d"],
};

/** The members that make the public key, and `kid` and `alg`: those that may be published. */
export function publicMembers(jwk: JWK): JWK {
  return pick(jwk, [...namesOf(jwk, "verify"), "kid", "alg"]);
}

/** The members that make the key for `use`, and no others. */
export function keyMembers(jwk: JWK, use: "sign" | "verify"): JWK {
  return pick(jwk, namesOf(jwk, use));
}

/** The first member of the key for `use` that is not base64url; `undefined` if all are. */
export function findUnreadable(jwk: JWK, use: "sign" | "verify"): string | undefined {
  return encodedNames(jwk, use).find((name) => jwk[name] !== undefined && !isBase64url(jwk[name]));
}

/** A copy without the members that are null, which some issuers write in place of no member. */
export function withoutNulls<T extends object>(jwk: T): T {
  return Object.fromEntries(Object.entries(jwk).filter(([, value]) => value !== null)) as T;
}

/**
 * A copy without nulls, and with each number in the length of RFC 7518, section 6. Issuers leave
 * out or add leading zeros, which browsers reject, and which would give one key two thumbprints.
 */
export function readMembers(jwk: JWK): JWK {
  const read = withoutNulls(jwk);
  for (const name of encodedNames(read, "sign")) {
    const value = read[name];
    if (isBase64url(value)) (read as Record<string, unknown>)[name] = inItsLength(value, read);
  }
  return read;
}

const COORDINATE_BYTES: ReadonlyMap<unknown, number> = new Map([
  ["P-256", 32],
  ["P-384", 48],
  ["P-521", 66],
]);

function inItsLength(text: string, { kty, crv }: JWK): string {
  if (kty !== "RSA" && kty !== "EC") return text;
  const length = kty === "EC" ? COORDINATE_BYTES.get(crv) : undefined;
  if (kty === "EC" && (length === undefined || Math.floor((text.length * 3) / 4) === length)) return text;
  if (kty === "RSA" && !LEADING_ZERO.test(text)) return text;
  // The number may be private, and small buffers of Node share their memory, so not `Buffer`.
  const bytes = decode(text);
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? bytes.subarray(-1) : bytes.subarray(start);
  if (length === undefined) return encode(digits);
  if (digits.length > length) return text;
  const padded = new Uint8Array(length);
  padded.set(digits, length - digits.length);
  return encode(padded);
}

const LEADING_ZERO = /^A[A-P]./;

function namesOf(jwk: JWK, use: "sign" | "verify"): readonly Member[] {
  return ["kty", "crv", ...encodedNames(jwk, use)];
}

function encodedNames({ kty }: JWK, use: "sign" | "verify"): readonly Member[] {
  if (typeof kty !== "string" || !Object.hasOwn(PUBLIC, kty)) return [];
  return [...(PUBLIC[kty] ?? []), ...(use === "sign" ? (PRIVATE[kty] ?? []) : [])];
}

// Runtimes differ in what else they decode: padding, line breaks, the other alphabet.
function isBase64url(value: unknown): value is string {
  return typeof value === "string" && value.length % 4 !== 1 && /^[A-Za-z0-9_-]+$/.test(value);
}

function pick(jwk: JWK, names: readonly Member[]): JWK {
  return Object.fromEntries(names.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]));
}
