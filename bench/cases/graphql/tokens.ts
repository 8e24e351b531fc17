/** The tokens of the callers, and their verification on a server without claimgate. */
import { exportPKCS8, exportSPKI, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";

export type Algorithm = "HS256" | "ES256";

export const ISSUER = "https://bench.example";

/**
 * The number of callers with all scopes. They take turns, so that calls in flight together never
 * carry the same token. With "cold" ones, claimgate's cache of 10,000 tokens forgets each before
 * its next turn.
 */
const CALLERS = { warm: 64, cold: 10_240 } as const;
const SCOPE = "items:read prices:read stock:read profile:read";
const LIFETIME_SECONDS = 86_400;

/** Tokens, and their key in each shape that a library takes. */
export interface Tokens {
  readonly algorithm: Algorithm;
  /** The key of an `AuthManager`. */
  readonly managerKey:
    | { readonly algorithm: "HS256"; readonly secret: string }
    | { readonly algorithm: "ES256"; readonly privateKey: string };
  /** For jose: imported once, as its documentation advises. */
  readonly joseKey: CryptoKey;
  /** For libraries that take text: the secret, or the public key as PEM. */
  readonly text: string;
  readonly good: readonly string[];
  /** Valid, but without any of the scopes. */
  readonly poor: string;
  /** Signed with another key. */
  readonly forged: string;
}

export async function mintTokens(algorithm: Algorithm, callers: keyof typeof CALLERS = "warm"): Promise<Tokens> {
  const { sign, forge, ...keys } = algorithm === "HS256" ? await hmacKeys() : await ecKeys();
  const mint = (key: CryptoKey, subject: string, scope: string): Promise<string> =>
    new SignJWT({ type: "auth", scope })
      .setProtectedHeader({ alg: algorithm, typ: "JWT" })
      .setIssuer(ISSUER)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + LIFETIME_SECONDS)
      .sign(key);
  return {
    algorithm,
    ...keys,
    good: await Promise.all(Array.from({ length: CALLERS[callers] }, (_, i) => mint(sign, `caller-${i}`, SCOPE))),
    poor: await mint(sign, "poor", "nothing:read"),
    forged: await mint(forge, "forger", SCOPE),
  };
}

/** The caller of a verified token. */
export interface User {
  readonly payload: JWTPayload;
  /** Parsed once, not for each check. */
  readonly scopes: ReadonlySet<string>;
}

/**
 * Returns the user of a valid token, synchronously if it is in the cache. Returns `null` for any
 * other token.
 */
export type Verify = (token: string | undefined) => User | null | Promise<User | null>;

/**
 * Verifies with jose. `cache` puts a `Map` by the token's text in front, with `exp` checked every
 * time.
 */
export function createVerify({ joseKey, algorithm }: Tokens, cache: boolean): Verify {
  const known = new Map<string, User>();
  const verify = async (token: string): Promise<User | null> => {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, joseKey, { issuer: ISSUER, algorithms: [algorithm] }));
    } catch {
      return null;
    }
    if (payload["type"] !== "auth") return null;
    const user = { payload, scopes: new Set((payload["scope"] as string).split(" ")) };
    if (cache) known.set(token, user);
    return user;
  };
  return (token) => {
    if (token === undefined) return null;
    const user = known.get(token);
    return user !== undefined && (user.payload.exp as number) > Date.now() / 1000 ? user : verify(token);
  };
}

/** The token in an `Authorization` header. */
export function bearerOf(headers: { get(name: string): string | null }): string | undefined {
  const header = headers.get("authorization");
  return header?.startsWith("Bearer ") ? header.slice("Bearer ".length) : undefined;
}

/** Returns one value after another, endlessly. */
export function inTurn<T>(values: readonly T[]): () => T {
  let next = 0;
  return () => {
    const value = values[next] as T;
    next = (next + 1) % values.length;
    return value;
  };
}

interface Keys extends Pick<Tokens, "managerKey" | "joseKey" | "text"> {
  readonly sign: CryptoKey;
  readonly forge: CryptoKey;
}

async function hmacKeys(): Promise<Keys> {
  const text = randomText();
  const sign = await importHmac(text);
  return {
    managerKey: { algorithm: "HS256", secret: text },
    joseKey: sign,
    text,
    sign,
    forge: await importHmac(randomText()),
  };
}

async function ecKeys(): Promise<Keys> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const { privateKey: forge } = await generateKeyPair("ES256");
  const text = await exportSPKI(publicKey);
  return {
    managerKey: { algorithm: "ES256", privateKey: await exportPKCS8(privateKey) },
    joseKey: publicKey,
    text,
    sign: privateKey,
    forge,
  };
}

function randomText(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

function importHmac(text: string): Promise<CryptoKey> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return crypto.subtle.importKey("raw", new TextEncoder().encode(text), algorithm, false, ["sign", "verify"]);
}
