/** Keys and tokens of one algorithm, the same for every contender. */
import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { AuthManager } from "claimgate";

export type Algorithm = "HS256" | "RS256" | "ES256" | "EdDSA";

export const ISSUER = "https://api.example.com";

/** The key id for contenders that look their key up by name; only their tokens carry it. */
export const KID = "bench";

export interface Fixture {
  readonly algorithm: Algorithm;
  /** The secret, or the public key. */
  readonly key: KeyObject;
  /** The secret, or the private key. */
  readonly signKey: KeyObject;
  /**
   * Signs one token for each of `count` subjects: `iss iat exp sub type` and a scope that is an
   * object. `"oidc"` tokens carry a `kid`, and their scope is a string of about the same length.
   */
  issue(count: number, flavour?: "oidc"): Promise<string[]>;
}

export function createFixture(algorithm: Algorithm): Fixture {
  const signKey = createSignKey(algorithm);
  const key = algorithm === "HS256" ? signKey : createPublicKey(signKey);
  return {
    algorithm,
    key,
    signKey,
    async issue(count, flavour) {
      const auth = createIssuer(algorithm, signKey, flavour && KID);
      const tokens: string[] = [];
      for (let index = 0; index < count; index++) {
        const scope = flavour
          ? "api:admin api:teams:red api:teams:blue"
          : { admin: index % 2 === 0, teams: ["red", "blue"] };
        tokens.push((await auth.authToken(`user-${100_000 + index}`, { scope, maxAge: 86_400 })).signed);
      }
      return tokens;
    },
  };
}

/** A manager with a single key puts no `kid` into tokens; one with a list of keys does. */
function createIssuer(algorithm: Algorithm, signKey: KeyObject, kid: string | undefined): AuthManager {
  const key = { algorithm, ...(algorithm === "HS256" ? { secret: signKey } : { privateKey: signKey }) };
  return new AuthManager(kid === undefined ? { issuer: ISSUER, ...key } : { issuer: ISSUER, keys: [{ kid, ...key }] });
}

function createSignKey(algorithm: Algorithm): KeyObject {
  switch (algorithm) {
    case "HS256":
      return createSecretKey(randomBytes(32));
    case "RS256":
      return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    case "ES256":
      return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
    case "EdDSA":
      return generateKeyPairSync("ed25519").privateKey;
  }
}
