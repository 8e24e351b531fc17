/** Reads a JSON Web Key Set into the keys that can verify signatures. */
import type { JSONWebKeySet, JWK } from "jose";
import type { CanonicalAlgorithm } from "../algorithms.ts";
import { JWKSClientError } from "../errors.ts";
import { sizeOfRsa } from "../keys/key-checks.ts";
import type { KeySet } from "../keys/key-source.ts";
import { withoutNulls } from "../keys/members.ts";
import { SigningKey } from "../keys/signing-key.ts";

/** A JSON Web Key Set that has been read. */
export interface JwksKeySet extends KeySet {
  /** The set as its issuer published it. */
  readonly jwks: JSONWebKeySet;
  /** The keys that can verify signatures. Other keys are ignored (RFC 7517, section 5). */
  readonly keys: readonly SigningKey[];
  /** Finds keys as `find` does, but returns them as `SigningKey`. */
  matching(kid: string | undefined, algorithm: CanonicalAlgorithm): readonly SigningKey[];
}

// No known issuer has so many.
const MAX_KEYS = 100;
/**
 * How many keys that have a `kid` are tried for a token without a `kid`. Each try costs a signature
 * check, and any caller can write a token. Keys without a `kid` are all tried.
 */
export const MAX_TRIES = 4;
// A check with 16,384 bits takes 4 ms, and any caller can write a token that costs one.
const MAX_FETCHED_RSA_BITS = 8192;

/** Options of `readKeySet`. */
export interface ReadKeySetOptions {
  /** The previous set. A key that is in both sets keeps its object and its imports. */
  readonly previous?: JwksKeySet | undefined;
  /** Accept `oct` keys, for a set that is not public. @default false */
  readonly secrets?: boolean;
  /** Accept secrets that are shorter than the hash. @default false */
  readonly allowWeakSecret?: boolean;
  /** Ignore RSA keys of more than 8,192 bits, for a set of a remote issuer. @default false */
  readonly isFetched?: boolean;
}

/** Reads a set. Throws `JWKSClientError` if it has more than 100 keys. */
export function readKeySet(jwks: JSONWebKeySet, options: ReadKeySetOptions = {}): JwksKeySet {
  const { previous, secrets = false, allowWeakSecret = false, isFetched = false } = options;
  if (jwks.keys.length > MAX_KEYS) throw new JWKSClientError(`The key set has more than ${MAX_KEYS} keys`);
  const before = new Map(previous?.keys.map((key) => [identityOf(key.jwk), key]));
  const unique = new Map<string, SigningKey>();
  for (const given of jwks.keys) {
    const jwk = withoutNulls(given);
    const identity = identityOf(jwk);
    const key = before.get(identity) ?? new SigningKey(jwk, { allowWeakSecret });
    const isAllowed = isForSignatures(jwk) && (secrets || jwk.kty !== "oct");
    if (isAllowed && key.isUsable && !(isFetched && isTooLarge(jwk))) unique.set(identity, key);
  }
  const keys = [...unique.values()];
  const matching = (kid: string | undefined, algorithm: CanonicalAlgorithm): SigningKey[] => {
    const serving = keys.filter((key) => (kid === undefined || key.kid === kid) && key.serves(algorithm));
    let tries = MAX_TRIES;
    return serving.filter((key) => key.kid === undefined || tries-- > 0);
  };
  return {
    jwks,
    keys,
    matching,
    find: (kid, algorithm) => matching(kid, algorithm).map((key) => key["~prepare"](algorithm)),
    holds: (prepared) =>
      keys.some((key) => key.serves(prepared.algorithm) && key["~prepare"](prepared.algorithm) === prepared),
    retiresAt: () => undefined,
  };
}

function isForSignatures({ use, kid }: JWK): boolean {
  return (use === undefined || use === "sig") && (kid === undefined || typeof kid === "string");
}

function isTooLarge(jwk: JWK): boolean {
  return jwk.kty === "RSA" && sizeOfRsa(jwk).bits > MAX_FETCHED_RSA_BITS;
}

// The order of members has no meaning.
function identityOf(jwk: JWK): string {
  return JSON.stringify(Object.entries(jwk).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
