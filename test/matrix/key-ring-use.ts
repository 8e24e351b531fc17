/** A key ring, its published set, and a manager that trusts its issuer, on any Web platform. */
import { AuthManager, isAuthError, jwksHandler, type KeyConfig } from "claimgate";
import { decode, JWKSClient } from "claimgate/jwt";
import { generateKeys } from "./web-keys.ts";

const ISSUER = "https://issuer.test";
const JWKS_URL = `${ISSUER}/.well-known/jwks.json`;

/** The expected result of `useKeyRing`. */
export const KEY_RING_OUTCOME: readonly string[] = ["alice", "alice", "alice", "SIGNATURE_INVALID", "2 requests"];

/**
 * Issues with a ring, verifies with its published set and as a trusted issuer, and retires the key.
 */
export async function useKeyRing(): Promise<string[]> {
  const keys: KeyConfig[] = [];
  for (const algorithm of ["ES256", "EdDSA", "RS256"] as const)
    keys.push({ algorithm, privateKey: (await generateKeys(algorithm)).signing });
  const issuer = new AuthManager({ issuer: ISSUER, keys });
  await issuer.ready();
  const serve = jwksHandler(issuer);
  let requests = 0;
  const fetch = async (url: string): Promise<Response> => {
    requests++;
    return serve(new Request(url));
  };
  const { signed, header } = await issuer.authToken("alice");

  const client = new JWKSClient(JWKS_URL, { fetch });
  const key = await client.getSigningKeyFromJwt(signed);
  const byHand = await decode(signed, key, { algorithms: ["RS256"], issuer: ISSUER });

  const trust = [
    { issuer: ISSUER, jwksUri: JWKS_URL, fetch, audience: null, algorithms: ["RS256"], typ: "JWT" },
  ] as const;
  const trusting = new AuthManager({ trust: trust.map((entry) => ({ ...entry, require: { type: "auth" } })) });
  const trusted = await trusting.forRequest({ token: signed }).require({ claims: { iss: ISSUER } });

  const own = (await issuer.verify(signed)).sub;
  await issuer.retire(String(header["kid"]));
  const retired = await issuer
    .forRequest({ token: signed })
    .require()
    .then(
      () => "allowed",
      (error: unknown) => (isAuthError(error) ? error.reason : String(error)),
    );
  return [String(byHand["sub"]), trusted.sub, own, retired, `${requests} requests`];
}
