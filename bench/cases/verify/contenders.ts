/** The verifiers. Each imports its key once, allows one algorithm and checks the same claims. */
import { hashOf, withFormat } from "./algorithms.ts";
import { type Fixture, ISSUER, KID } from "./fixture.ts";

/** Returns or resolves to a value if the token is valid; throws or rejects if it is not. */
export type Verify = (token: string) => unknown;

export type Contender = (fixture: Fixture) => Promise<Verify>;

const REQUIRED = ["exp", "iat", "sub", "type"];

/** `cache` as in claimgate's own option; its default holds 10,000 tokens. */
export function claimgate(cache: boolean): Contender {
  return async ({ algorithm, key }) => {
    const { AuthManager } = await import("claimgate");
    const material = algorithm === "HS256" ? { algorithm, secret: key } : { algorithm, publicKey: key };
    const auth = new AuthManager({ issuer: ISSUER, ...material, ...(cache ? {} : { cache }) });
    await auth.ready();
    return (token) => auth.verify(token);
  };
}

export const jose: Contender = async ({ algorithm, key }) => {
  const { importJWK, jwtVerify } = await import("jose");
  const cryptoKey = await importJWK(key.export({ format: "jwk" }), algorithm);
  // jose's `importJWK` leaves secrets as bytes, and imports bytes anew at every call.
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const imported =
    cryptoKey instanceof Uint8Array
      ? await crypto.subtle.importKey("raw", new Uint8Array(cryptoKey), hmac, false, ["verify"])
      : cryptoKey;
  const options = { algorithms: [algorithm], issuer: ISSUER, requiredClaims: REQUIRED };
  return async (token) => {
    const { payload } = await jwtVerify(token, imported, options);
    checkRest(payload);
    return payload;
  };
};

export function fastJwt(options: {
  readonly cache?: number;
  readonly cacheKeyBuilder?: (token: string) => string;
}): Contender {
  return async ({ algorithm, key }) => {
    const { createVerifier } = await import("fast-jwt");
    const material = algorithm === "HS256" ? key.export() : key.export({ format: "pem", type: "spki" });
    const verify = createVerifier({
      key: material,
      algorithms: [algorithm],
      allowedIss: ISSUER,
      requiredClaims: ["iss", ...REQUIRED],
      ...options,
    }) as (token: string) => Claims;
    return (token) => {
      const payload = verify(token);
      checkRest(payload);
      return payload;
    };
  };
}

export const jsonwebtoken: Contender = async ({ algorithm, key }) => {
  const { default: jwt } = await import("jsonwebtoken");
  const options = { algorithms: [algorithm as "HS256" | "RS256" | "PS512" | "ES256"], issuer: ISSUER };
  return (token) => {
    const payload = jwt.verify(token, key, options) as Claims;
    for (const claim of REQUIRED) if (payload[claim] === undefined) throw new Error(`${claim} must be present`);
    checkRest(payload);
    return payload;
  };
};

export const awsJwtVerify: Contender = async ({ algorithm, key }) => {
  const { JwtVerifier } = await import("aws-jwt-verify");
  const verifier = JwtVerifier.create({ issuer: ISSUER, audience: null, jwksUri: `${ISSUER}/jwks.json` });
  const jwk = key.export({ format: "jwk" });
  verifier.cacheJwks({ keys: [{ ...jwk, kty: jwk.kty ?? "", kid: KID, alg: algorithm, use: "sig" }] });
  return async (token) => {
    const payload = (await verifier.verify(token)) as Claims;
    for (const claim of REQUIRED) if (payload[claim] === undefined) throw new Error(`${claim} must be present`);
    checkRest(payload);
    return payload;
  };
};

/** The floor: only the signature over the first two parts. */
export const bareCrypto: Contender = async ({ algorithm, key }) => {
  const { createHmac, timingSafeEqual, verify } = await import("node:crypto");
  const hash = hashOf(algorithm);
  const verifyKey = withFormat(algorithm, key);
  const isGood = (input: string, signature: Buffer): boolean =>
    algorithm === "HS256"
      ? timingSafeEqual(createHmac("sha256", key).update(input).digest(), signature)
      : verify(hash, Buffer.from(input), verifyKey, signature);
  return (token) => {
    const end = token.lastIndexOf(".");
    if (!isGood(token.slice(0, end), Buffer.from(token.slice(end + 1), "base64url")))
      throw new Error("the signature must be valid");
    return true;
  };
};

/** The floor of a cache without whole tokens: a SHA-256, looked up in a `Map`. */
export const bareCache: Contender = async () => {
  const { hash } = await import("node:crypto");
  const known = new Map<string, true>();
  return (token) => {
    const key = hash("sha256", token, "base64url");
    // A token's first look-up is part of the warm-up.
    return known.get(key) ?? known.set(key, true);
  };
};

type Claims = Readonly<Record<string, unknown>>;

/** The checks for which a package has no option. */
function checkRest({ aud, type }: Claims): void {
  if (aud !== undefined || type !== "auth") throw new Error("the token must have no aud, and its type must be auth");
}
