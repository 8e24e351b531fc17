/** The app's manager. `next build` loads this file too, where there is no secret: so it is configured only where there is one, and refuses to work elsewhere. */
import { AuthManager } from "claimgate";

export const auth = new AuthManager();

const secret = process.env["JWT_SECRET"];
if (secret)
  auth.init({ issuer: "claimgate-example", algorithm: "HS256", secret, cookies: { auth: "auth", refresh: "refresh" } });
