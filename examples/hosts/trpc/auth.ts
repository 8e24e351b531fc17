/** The manager of the examples. */
import { randomBytes } from "node:crypto";
import { AuthManager, type AuthManagerConfig } from "claimgate";

/**
 * A manager with the secret of `JWT_SECRET`, or a new one, which no token of an earlier start
 * survives.
 */
export function createAuth(config: Partial<AuthManagerConfig> = {}): AuthManager {
  return new AuthManager({
    issuer: "claimgate-example",
    algorithm: "HS256",
    secret: process.env["JWT_SECRET"] || randomBytes(32),
    cookies: { auth: "auth", refresh: "refresh" },
    ...config,
  });
}
