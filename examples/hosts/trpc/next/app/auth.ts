/** The manager of the app. */
import { AuthManager } from "claimgate";

export const auth = new AuthManager();

// `next build` loads this file without a secret. A manager without options throws at its first use.
const secret = process.env["JWT_SECRET"];
if (secret)
  auth.init({ issuer: "claimgate-example", algorithm: "HS256", secret, cookies: { auth: "auth", refresh: "refresh" } });
