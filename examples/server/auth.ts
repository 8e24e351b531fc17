/** The one AuthManager behind both APIs, and what is done with it. Everything here is shared by trpc.ts and graphql.ts. */
import { generateKeyPairSync } from "node:crypto";
import {
  type AuthContext,
  AuthManager,
  currentToken,
  type Deliver,
  type EventHandler,
  type JWT,
  type KeyConfig,
  type KeyLoader,
  keysFromFile,
  type SessionStore,
} from "claimgate";
import * as z from "zod";
import type { User, Users } from "./users.ts";

const claimsSchema = z.object({ department: z.string(), admin: z.boolean() }).partial();

/** The claims of our own that a token may carry; guards and resolvers know their types. */
export type Claims = z.infer<typeof claimsSchema>;
export type Auth = AuthManager<Claims>;
type RequestAuth = AuthContext<Claims>["auth"];

/** What can be asked of the example's manager. */
export interface AuthOptions {
  /**
   * Default: the file that `JWT_KEYS` names, made by `npx claimgate keys generate`; or a new key
   * per start, which no token of an earlier start survives.
   */
  readonly keys?: readonly KeyConfig[] | KeyLoader;
  /** The time, in seconds. Default: the clock's. */
  readonly now?: () => number;
  /** Default: nobody is told. */
  readonly onEvent?: EventHandler;
  /**
   * `false` for plain HTTP under another name than localhost: browsers take secure cookies over
   * HTTPS, and from localhost. Default true.
   */
  readonly secureCookies?: boolean;
}

export function createAuth(users: Users, sessions: SessionStore, options: AuthOptions = {}): Auth {
  const { keys = defaultKeys(), now = () => Date.now() / 1000, onEvent = () => undefined } = options;
  return new AuthManager({
    issuer: "claimgate-example",
    keys,
    claimsSchema,
    sessions,
    sessionCheck: "always", // logging out holds at once, for auth tokens too
    cookies: { auth: "auth", refresh: "refresh", secure: options.secureCookies ?? true },
    // Asked at every login and refresh: tokens have the rights that the user has by then.
    async authorize(username) {
      const user = await users.find(username);
      return user && rightsOf(user);
    },
    ambient: true, // for currentToken(), below
    onEvent,
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

/** What a caller logs in with. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /**
   * A page asks for cookies, which no script can read; a client of the API gets its tokens in the
   * answer.
   */
  readonly deliver: Deliver;
  /** What the user calls it in the list of devices. */
  readonly device?: string | null | undefined;
}

/** A session for who knows the password; `null` for everybody else. */
export async function logIn(auth: RequestAuth, users: Users, { username, password, deliver, device }: Credentials) {
  const user = await users.findByPassword(username, password);
  return user && auth.login(user.username, { deliver, ...(device ? { label: device } : {}) });
}

/** Ends all of the user's sessions, this one included. */
export async function logOutEverywhere(auth: RequestAuth, username: string): Promise<void> {
  await auth.manager.revoke({ subject: username });
  await auth.logout();
}

/** Where the user is logged in, with the session that the token is of marked. */
export async function listDevices(auth: RequestAuth, token: JWT<Claims>) {
  const sessions = await auth.manager.sessions(token.sub);
  return sessions.map(({ id, label, createdAt, lastUsedAt }) => ({
    id,
    label,
    createdAt,
    lastUsedAt,
    isThis: id === token.sid,
  }));
}

/**
 * What the token says, for its owner. It is found without being passed in, and never shown in its
 * signed form.
 */
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
