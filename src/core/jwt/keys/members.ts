/** The members of JWKs that claimgate reads: allow-lists, so that others have no effect. */
import type { JWK } from "jose";

const PUBLIC = ["kty", "crv", "x", "y", "n", "e"] as const satisfies (keyof JWK)[];
const PRIVATE = [...PUBLIC, "d", "p", "q", "dp", "dq", "qi"] as const satisfies (keyof JWK)[];
const PUBLISHED = [...PUBLIC, "kid", "alg"] as const satisfies (keyof JWK)[];

/** The members that make the public key, and `kid` and `alg`: those that may be published. */
export function publicMembers(jwk: JWK): JWK {
  return pick(jwk, PUBLISHED);
}

/** The members that make the key for `use`, and no others. */
export function keyMembers(jwk: JWK, use: "sign" | "verify"): JWK {
  return pick(jwk, use === "sign" ? PRIVATE : PUBLIC);
}

function pick(jwk: JWK, names: readonly (keyof JWK)[]): JWK {
  return Object.fromEntries(names.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]));
}
