/** The check that claimgate replaces, written with jose: for the servers "by hand". */
import { type JWTPayload, jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { ISSUER, type Site } from "./site.ts";

/**
 * Returns the payload of a valid token in the header, synchronously if it is in the cache. Returns
 * `null` for any other token.
 */
export type ReadUser = (authorization: string | null | undefined) => JWTPayload | null | Promise<JWTPayload | null>;

export async function createReadUser({ guard, secret }: Pick<Site, "guard" | "secret">): Promise<ReadUser> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, ["verify"]);
  const options = { algorithms: ["HS256"], issuer: ISSUER, requiredClaims: ["exp", "iat", "sub", "type"] };
  const known = new LRUCache<string, JWTPayload>({ max: 10_000 });
  const hasCache = guard !== "by hand, no cache";
  const verify = async (token: string): Promise<JWTPayload | null> => {
    try {
      const { payload } = await jwtVerify(token, key, options);
      if (payload["type"] !== "auth" || payload.aud !== undefined) return null;
      if (hasCache) known.set(token, payload);
      return payload;
    } catch {
      return null;
    }
  };
  return (authorization) => {
    if (!authorization?.startsWith("Bearer ")) return null;
    const token = authorization.slice("Bearer ".length);
    const payload = known.get(token);
    return payload && (payload.exp ?? 0) > Date.now() / 1000 ? payload : verify(token);
  };
}

/** Whether the user has the scope to read. */
export function mayRead(user: JWTPayload): boolean {
  return (user["scope"] as { readonly read?: unknown } | undefined)?.read === true;
}
