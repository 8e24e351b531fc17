/** The one AuthManager behind both APIs, and the tokens it issues. Everything here is shared by trpc.ts and graphql.ts. */
import { randomBytes } from "node:crypto";
import { AuthManager, currentToken } from "claimgate";
import * as z from "zod";
import type { User, Users } from "./users.ts";

const claimsSchema = z.object({ department: z.string(), admin: z.boolean() }).partial();

/** The claims of our own that a token may carry; guards and resolvers know their types. */
export type Claims = z.infer<typeof claimsSchema>;
export type Auth = AuthManager<Claims>;

export interface AuthOptions {
  /** Default: `JWT_SECRET`, or a new one per start, which no token of an earlier start survives. */
  readonly secret?: string | Uint8Array;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: () => number;
}

export function createAuth({
  secret = process.env["JWT_SECRET"] || randomBytes(32),
  now = () => Date.now() / 1000,
}: AuthOptions = {}): Auth {
  return new AuthManager({
    issuer: "claimgate-example",
    algorithm: "HS256",
    secret,
    claimsSchema,
    ambient: true, // for currentToken(), below
    now,
  });
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
