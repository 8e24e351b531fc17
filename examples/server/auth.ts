/** The AuthManager of both APIs, and the functions that trpc.ts and graphql.ts share. */
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

/** The application's claims in a token. Guards and resolvers know their types. */
export type Claims = z.infer<typeof claimsSchema>;
export type Auth = AuthManager<Claims>;
type RequestAuth = AuthContext<Claims>["auth"];

/** The options of the example's manager. */
export interface AuthOptions {
  /**
   * The signing keys. Default: the keys in the file that `JWT_KEYS` names, which `npx claimgate
   * keys generate` makes. Without `JWT_KEYS` each start makes a new key, which invalidates all
   * tokens.
   */
  readonly keys?: readonly KeyConfig[] | KeyLoader;
  /** The time, in seconds. Default: the time of the system clock. */
  readonly now?: () => number;
  /** The handler of events. Default: events are ignored. */
  readonly onEvent?: EventHandler;
  /**
   * Whether cookies are secure. Browsers accept secure cookies only over HTTPS and from localhost,
   * so set `false` for plain HTTP on another host. Default: `true`.
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
    sessionCheck: "always", // a logout revokes auth tokens at once
    cookies: { auth: "auth", refresh: "refresh", secure: options.secureCookies ?? true },
    // Called at each login and refresh, so that new tokens carry the current rights.
    async authorize(username) {
      const user = await users.find(username);
      return user && rightsOf(user);
    },
    ambient: true, // for currentToken(), below
    onEvent,
    now,
  });
}

/** Makes a signing key. */
export function makeKey(): KeyConfig {
  return { algorithm: "ES256", privateKey: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey };
}

function defaultKeys(): readonly KeyConfig[] | KeyLoader {
  const file = process.env["JWT_KEYS"];
  return file ? keysFromFile(file) : [makeKey()];
}

/** The arguments of a login. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
  /**
   * `"cookies"` for a page, because scripts cannot read the cookies; `"body"` for other clients,
   * which get the tokens in the answer.
   */
  readonly deliver: Deliver;
  /** The name of the device in the list of devices. */
  readonly device?: string | null | undefined;
}

/** Starts a session. Returns `null` if the username or the password is wrong. */
export async function logIn(auth: RequestAuth, users: Users, { username, password, deliver, device }: Credentials) {
  const user = await users.findByPassword(username, password);
  return user && auth.login(user.username, { deliver, ...(device ? { label: device } : {}) });
}

/** Ends all sessions of the user, including the current one. */
export async function logOutEverywhere(auth: RequestAuth, username: string): Promise<void> {
  await auth.manager.revoke({ subject: username });
  await auth.logout();
}

/** Lists the user's sessions and marks the one of the token. */
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
 * Describes the token of the current request for its owner. `currentToken()` finds it without the
 * context. The result does not contain the signed text.
 */
export function describeToken() {
  const token = currentToken();
  if (!token) throw new Error("describeToken() must be called in a guarded procedure or resolver");
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
