/** The issuers. Each imports its key once and signs the same claims. */
import { createHmac, type KeyObject, sign } from "node:crypto";
import { type Algorithm, hashOf, withFormat } from "../verify/algorithms.ts";
import { ISSUER } from "../verify/fixture.ts";

export const LIFETIME_SECONDS = 3600;

/** Returns or resolves to a token for the subject. */
export type Issue = (subject: string, scope: object) => string | Promise<string>;

export type Issuer = (algorithm: Algorithm, key: KeyObject) => Promise<Issue>;

export const claimgate: Issuer = async (algorithm, key) => {
  const { AuthManager } = await import("claimgate");
  const material = algorithm === "HS256" ? { algorithm, secret: key } : { algorithm, privateKey: key };
  const auth = new AuthManager({ issuer: ISSUER, ...material, authMaxAge: LIFETIME_SECONDS });
  await auth.ready();
  return async (subject, scope) => (await auth.authToken(subject, { scope })).signed;
};

export const fastJwt: Issuer = async (algorithm, key) => {
  const { createSigner } = await import("fast-jwt");
  const material = algorithm === "HS256" ? key.export() : key.export({ format: "pem", type: "pkcs8" });
  const options = { algorithm, iss: ISSUER, expiresIn: LIFETIME_SECONDS * 1000 };
  const issue = createSigner({ key: material, ...options }) as (claims: object) => string;
  return (sub, scope) => issue({ sub, type: "auth", scope });
};

export const jose: Issuer = async (algorithm, key) => {
  const { importJWK, SignJWT } = await import("jose");
  const imported = await importJWK(key.export({ format: "jwk" }), algorithm);
  return (subject, scope) => {
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: ISSUER, sub: subject, type: "auth", scope, iat, exp: iat + LIFETIME_SECONDS };
    return new SignJWT(claims).setProtectedHeader({ alg: algorithm, typ: "JWT" }).sign(imported);
  };
};

/** The floor: only the signature, without a token around it. */
export const bareCrypto: Issuer = async (algorithm, key) => {
  const input = Buffer.alloc(250, "a");
  const [hash, signKey] = [hashOf(algorithm), withFormat(algorithm, key)];
  if (algorithm === "HS256") return () => createHmac("sha256", key).update(input).digest("base64url");
  return () => sign(hash, input, signKey).toString("base64url");
};
