/** Keys and tokens of one algorithm, as every contender gets them. */
import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { AuthManager } from "claimgate";

export type Algorithm = "HS256" | "RS256" | "ES256" | "EdDSA";

export const ISSUER = "https://api.example.com";

/** For contenders that look their key up by a name: the only one that gets tokens which carry it. */
export const KID = "bench";

export interface Fixture {
  readonly algorithm: Algorithm;
  /** What tokens are verified with: the secret, or the public key. */
  readonly key: KeyObject;
  /** What tokens are signed with: the secret, or the private key. */
  readonly signKey: KeyObject;
  /**
   * Signs one token for each of `count` subjects: `iss iat exp sub type` and a scope that is an object. `"oidc"` tokens carry a `kid`, and
   * their scope is a string of about the same length.
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

/** A manager's only key names no `kid`; keys of a list do. */
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
