/** A user's project, compiled against the packed tarball, next to nothing but the peers. */
import { initTRPC } from "@trpc/server";
import {
  type AuthContext,
  type AuthEvent,
  AuthManager,
  type AuthManagerOptions,
  defineRule,
  isAuthError,
  memorySessionStore,
  type Reason,
  type SessionInfo,
  type SessionStore,
  type TokenPair,
} from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { decode, encode, InvalidTokenError } from "claimgate/jwt";
import { type PostgresPoolLike, postgresSessionStore } from "claimgate/postgres";
import { type RedisClientLike, redisSessionStore } from "claimgate/redis";
import { createTestAuth, sessionStoreSuite } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { buildSchema } from "graphql";

const auth = new AuthManager({
  issuer: "consumer",
  algorithm: "HS256",
  secret: "x".repeat(32),
  sessions: memorySessionStore(),
  cookies: { auth: "auth", refresh: "refresh", sameSite: "strict" },
  authorize: async (subject, { scope, claims }) => (subject === "gone" ? null : { scope, claims }),
  responses: { expired: ({ reason }) => ({ message: reason, extensions: { help: "/help" } }) },
  onEvent: (event: AuthEvent) => (event.type === "reused" ? event.sid : undefined),
});
const owner = defineRule({ args: { sub: "" }, override: { admin: true } });

const t = initTRPC.context<AuthContext & { db: string }>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);
export const router = t.router({
  issue: publicProcedure.mutation(async ({ ctx }) => (await ctx.auth.manager.authToken("u")).signed),
  login: publicProcedure.mutation(({ ctx }) => ctx.auth.login("u", { deliver: "cookies", label: "A laptop" })),
  refresh: publicProcedure.mutation(async ({ ctx }) => (await ctx.auth.refresh({ deliver: "body" })).refreshToken),
  logout: publicProcedure.mutation(({ ctx }) => ctx.auth.logout()),
  me: protectedProcedure.query(({ ctx }) => `${ctx.auth.token.sub}${ctx.db}`),
  mine: protectedProcedure
    .input((raw: unknown) => String(raw))
    .use(requireToken(owner))
    .query(({ input }) => input.length),
});
export const createContext: (opts: { req: { headers: object } }) => Promise<AuthContext & { db: string }> =
  createTRPCContext(auth, () => ({ db: "x" }));

const directive = requireTokenDirective();
export const schema = directive.apply(buildSchema(`${directive.typeDefs} type Query { me: String @requireToken }`));
export const plugins = [useAuth(auth)];

export async function reasonOf(token: string): Promise<Reason | undefined> {
  try {
    await decode(await encode({ a: 1 }, "y".repeat(32)), "y".repeat(32), { algorithms: ["HS256"] });
    await auth.forRequest({ token }).require(owner, { args: "u" });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidTokenError) return error.reason;
    return isAuthError(error) ? error.reason : undefined;
  }
}

export async function signOut(subject: string): Promise<readonly SessionInfo[]> {
  const pair: TokenPair = await auth.login(subject, { scope: { admin: true }, claims: { plan: "pro" } });
  await auth.revoke({ token: (await auth.refresh(pair.refreshToken)).authToken });
  await auth.revoke({ subject });
  return auth.sessions(subject);
}

export async function openStores(client: RedisClientLike, pool: PostgresPoolLike): Promise<readonly SessionStore[]> {
  const inPostgres = postgresSessionStore(pool, { schema: "auth" });
  await inPostgres.migrate();
  return [redisSessionStore(client, { prefix: "app" }), inPostgres];
}

export const withStore = (sessions: SessionStore, config: AuthManagerOptions = {}): AuthManager =>
  createTestAuth({ sessions, refreshGrace: 0, ...config }).auth;
export const cases: readonly string[] = sessionStoreSuite({ open: memorySessionStore }).map(({ name }) => name);
