/** A JSON Web Key Set, read into the keys that can verify something. */
import type { JSONWebKeySet, JWK } from "jose";
import type { Algorithm } from "../algorithms.ts";
import { JWKSClientError } from "../errors.ts";
import type { KeySet } from "../keys/key-source.ts";
import { SigningKey } from "../keys/signing-key.ts";

/** A JSON Web Key Set, read. */
export interface JwksKeySet extends KeySet {
  /** As it was published. */
  readonly jwks: JSONWebKeySet;
  /** The keys in it that can verify something; others are passed over (RFC 7517, section 5). */
  readonly keys: readonly SigningKey[];
  /** `find`, with all that is known of the keys. */
  matching(kid: string | undefined, algorithm: Algorithm): readonly SigningKey[];
}

// More than any issuer has.
const MAX_KEYS = 100;
/**
 * Keys with a `kid` that one token is tried with, where several of a set would do: the set's own
 * tokens name their key, and each try is a signature to verify for a token that anybody can write.
 * Keys without a `kid` are all tried.
 */
export const MAX_TRIES = 4;

/** How a set is read. */
export interface ReadKeySetOptions {
  /** The set before: a key that is in both is the same object, with all that was imported. */
  readonly previous?: JwksKeySet | undefined;
  /** Take `oct` keys: only from a set that nobody else can read. Default false. */
  readonly secrets?: boolean;
}

/** Reads a set. Throws `JWKSClientError` for one that is too large. */
export function readKeySet(jwks: JSONWebKeySet, options: ReadKeySetOptions = {}): JwksKeySet {
  const { previous, secrets = false } = options;
  if (jwks.keys.length > MAX_KEYS) throw new JWKSClientError(`The key set has more than ${MAX_KEYS} keys`);
  const before = new Map(previous?.keys.map((key) => [identityOf(key.jwk), key]));
  const unique = new Map<string, SigningKey>();
  for (const jwk of jwks.keys) {
    const identity = identityOf(jwk);
    const key = before.get(identity) ?? new SigningKey(jwk);
    if (isForSignatures(jwk) && (secrets || jwk.kty !== "oct") && key.isUsable) unique.set(identity, key);
  }
  const keys = [...unique.values()];
  const matching = (kid: string | undefined, algorithm: Algorithm): SigningKey[] => {
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

// The order of members means nothing.
function identityOf(jwk: JWK): string {
  return JSON.stringify(Object.entries(jwk).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
