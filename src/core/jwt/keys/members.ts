/** The members of JWKs that claimgate reads: allow-lists, so that others have no effect. */
import type { JWK } from "jose";

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

function namesOf(jwk: JWK, use: "sign" | "verify"): readonly Member[] {
  return ["kty", "crv", ...encodedNames(jwk, use)];
}

function encodedNames({ kty }: JWK, use: "sign" | "verify"): readonly Member[] {
  if (typeof kty !== "string" || !Object.hasOwn(PUBLIC, kty)) return [];
  return [...(PUBLIC[kty] ?? []), ...(use === "sign" ? (PRIVATE[kty] ?? []) : [])];
}

// Runtimes differ in what else they decode: padding, line breaks, the other alphabet.
function isBase64url(value: unknown): boolean {
  return typeof value === "string" && value.length % 4 !== 1 && /^[A-Za-z0-9_-]+$/.test(value);
}

function pick(jwk: JWK, names: readonly Member[]): JWK {
  return Object.fromEntries(names.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]));
}
