/** The one AuthManager behind both APIs, and the tokens it issues. Everything here is shared by trpc.ts and graphql.ts. */
import { generateKeyPairSync } from "node:crypto";
import { AuthManager, currentToken, type KeyConfig, type KeyLoader, keysFromFile } from "claimgate";
import * as z from "zod";
import type { User, Users } from "./users.ts";

const claimsSchema = z.object({ department: z.string(), admin: z.boolean() }).partial();

/** The claims of our own that a token may carry; guards and resolvers know their types. */
export type Claims = z.infer<typeof claimsSchema>;
export type Auth = AuthManager<Claims>;

export interface AuthOptions {
  /**
   * Default: the file that `JWT_KEYS` names, made by `npx claimgate keys generate`; or a new key per start, which no token of an earlier
   * start survives.
   */
  readonly keys?: readonly KeyConfig[] | KeyLoader;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: () => number;
}

export function createAuth({ keys = defaultKeys(), now = () => Date.now() / 1000 }: AuthOptions = {}): Auth {
  return new AuthManager({
    issuer: "claimgate-example",
    keys,
    claimsSchema,
    ambient: true, // for currentToken(), below
    now,
  });
}

/** A new signing key. */
export function makeKey(): KeyConfig {
  return { algorithm: "ES256", privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey };
}

function defaultKeys(): readonly KeyConfig[] | KeyLoader {
  const file = process.env["JWT_KEYS"];
  return file ? keysFromFile(file) : [makeKey()];
}

/** Both tokens for who knows the password; `null` for everybody else. */
export async function logIn(auth: Auth, users: Users, credentials: { username: string; password: string }) {
  const user = await users.findByPassword(credentials.username, credentials.password);
  if (!user) return null;
  const authToken = await auth.authToken(user.username, rightsOf(user));
  const refreshToken = await auth.refreshToken(user.username);
  return { authToken: authToken.signed, refreshToken: refreshToken.signed };
}

/** A new auth token, with the rights that the user has by now; `null` where the user is gone. */
export async function renew(auth: Auth, users: Users, username: string) {
  const user = await users.find(username);
  if (!user) return null;
  return (await auth.authToken(user.username, rightsOf(user))).signed;
}

/** What the token says, for its owner. It is found without being passed in, and never shown in its signed form. */
export function describeToken() {
  const token = currentToken();
  if (!token) throw new Error("describeToken() is for guarded procedures and resolvers");
  return {
    tokenType: token.tokenType,
    subject: token.sub,
    scope: token.scope,
    claims: token.claims,
    isSigned: token.isSigned(),
  };
}

function rightsOf(user: User) {
  return {
    scope: { admin: user.isAdmin },
    claims: { department: user.department, admin: user.isAdmin },
  };
}
