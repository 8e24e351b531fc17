/** The manager of the tRPC hosts. */
import { randomBytes } from "node:crypto";
import { AuthManager, type SecretKeyConfig } from "claimgate";

/**
 * Creates a manager with the secret in `JWT_SECRET`. Without it the secret is random, so tokens are
 * valid only until the process restarts.
 */
export function createAuth(config: Partial<SecretKeyConfig> = {}): AuthManager {
  return new AuthManager({
    issuer: "claimgate-example",
    algorithm: "HS256",
    secret: process.env["JWT_SECRET"] || randomBytes(32),
    cookies: { auth: "auth", refresh: "refresh" },
    ...config,
  });
}
