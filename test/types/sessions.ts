/** The types of sessions, their stores, cookies and hooks. Compiled, never run. */
import nodeTest from "node:test";
import { PGlite } from "@electric-sql/pglite";
import { initTRPC } from "@trpc/server";
import {
  type AuthContext,
  type AuthEvent,
  AuthManager,
  type AuthManagerOptions,
  type Authorize,
  type CookieConfig,
  type CsrfConfig,
  type Deliver,
  type Delivered,
  type Expiries,
  type FormerCookies,
  type JWT,
  memorySessionStore,
  type Reason,
  type RefusalWords,
  type SessionInfo,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
  type TokenPair,
} from "claimgate";
import type { GraphQLAuthContext } from "claimgate/graphql";
import { type PostgresSessionStore, postgresSessionStore } from "claimgate/postgres";
import { type RedisClientLike, redisSessionStore } from "claimgate/redis";
import {
  createTestAuth,
  createTestClock,
  makeSessionRecord,
  type SuiteCase,
  sessionStoreSuite,
} from "claimgate/testing";
import { authProcedures } from "claimgate/trpc";
import { Cluster, Redis } from "ioredis";
import pg from "pg";
import postgres from "postgres";
import { createClient, createClientPool, createCluster, createSentinel, type RedisClientType } from "redis";
import { test as vitestTest } from "vitest";
import * as z from "zod";
import { type Equal, holds } from "./equal.ts";

const key = { issuer: "types", algorithm: "HS256", secret: "x".repeat(32) } as const;

// Clients of Redis, as their packages type them.
export const overRedis: readonly (() => SessionStore)[] = [
  () => redisSessionStore(createClient()),
  () => redisSessionStore(createClient({ url: "redis://127.0.0.1", RESP: 3, commandOptions: { timeout: 1000 } })),
  () => redisSessionStore(createCluster({ rootNodes: [{ url: "redis://127.0.0.1" }] })),
  () => redisSessionStore(createClientPool({}, { minimum: 1 })),
  () => redisSessionStore(createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 26_379 }] })),
  () => redisSessionStore(new Redis()),
  () => redisSessionStore(new Redis("redis://127.0.0.1", { enableOfflineQueue: false }), { prefix: "app" }),
  () => redisSessionStore(new Cluster([{ host: "127.0.0.1", port: 7000 }])),
];
// A client whose type a user wrote explicitly.
export const passedOn = (client: RedisClientType): SessionStore => redisSessionStore(client);
export const ofEither = (client: RedisClientType | Redis | Cluster): RedisClientLike => client;
// @ts-expect-error -- a URL is not a client
void (() => redisSessionStore("redis://127.0.0.1:6379"));
// @ts-expect-error -- a PostgreSQL pool is not a Redis client
void (() => redisSessionStore(new pg.Pool()));
const getAndSet = { get: async (_key: string) => null, set: async (_key: string, _value: string) => "OK" };
// @ts-expect-error -- an object with only get and set is not a client
void (() => redisSessionStore(getAndSet));
// @ts-expect-error -- the client is required
void (() => redisSessionStore());
// @ts-expect-error -- unknown option
void (() => redisSessionStore(new Redis(), { keyPrefix: "app" }));

// Pools of PostgreSQL.
export const overPostgres: readonly (() => PostgresSessionStore)[] = [
  () => postgresSessionStore(new pg.Pool()),
  () => postgresSessionStore(new pg.Pool({ connectionString: "postgres://127.0.0.1" }), { schema: "auth" }),
  () => postgresSessionStore(new PGlite(), { table: "sessions" }),
  () => postgresSessionStore({ query: async (_text, _values) => ({ rows: [] }) }),
  () => postgresSessionStore({ query: async (_text: string) => [] }),
  () => postgresSessionStore(postgres()),
];
export async function keepTable(store: PostgresSessionStore): Promise<number> {
  await store.migrate();
  await store.deleteExpired({ now: 0 });
  const removed = await store.deleteExpired();
  holds<Equal<typeof removed, number>>();
  return removed;
}
// @ts-expect-error -- a URL is not a pool
void (() => postgresSessionStore("postgres://127.0.0.1"));
// @ts-expect-error -- a Redis client is not a PostgreSQL pool
void (() => postgresSessionStore(new Redis()));
// @ts-expect-error -- query must resolve to rows
void (() => postgresSessionStore({ query: async (_text: string) => "SELECT 1" }));
// @ts-expect-error -- query must return a promise
void (() => postgresSessionStore({ query: (_text: string) => ({ rows: [] }) }));
// @ts-expect-error -- unknown option
void (() => postgresSessionStore(new pg.Pool(), { tableName: "sessions" }));
// @ts-expect-error -- only the PostgreSQL store has migrate
void (() => memorySessionStore().migrate());

// A custom store.
class OwnStore implements SessionStore {
  readonly #records = new Map<string, SessionRecord>();

  async create(record: SessionRecord, { deadline }: StoreOperation): Promise<boolean> {
    if (Date.now() >= deadline || this.#records.has(record.id)) return false;
    this.#records.set(record.id, record);
    return true;
  }

  async find(id: string): Promise<SessionRecord | null> {
    return this.#records.get(id) ?? null;
  }

  async rotate(id: string, rid: string, next: SessionRotation): Promise<SessionRecord | null> {
    holds<Equal<typeof next.replacedAt, number>>();
    const record = await this.find(id);
    return record && record.rid === rid ? { ...record, rid: next.rid, expiresAt: next.expiresAt } : record;
  }

  async claim(id: string, version: number, claimedBy: string): Promise<boolean> {
    const record = await this.find(id);
    return record?.version === version || record?.claimedBy === claimedBy;
  }

  async end(id: string): Promise<boolean> {
    return this.#records.delete(id);
  }

  async list(subject: string): Promise<readonly SessionRecord[]> {
    return [...this.#records.values()].filter((record) => String(record.subject) === subject);
  }

  async endAll(subject: string): Promise<string[]> {
    return (await this.list(subject)).map(({ id }) => id);
  }
}
export const withOwnStore = new AuthManager({ ...key, sessions: new OwnStore() });
const { endAll: _endAll, ...halfAStore } = memorySessionStore();
// @ts-expect-error -- the store lacks an operation
void (() => new AuthManager({ ...key, sessions: halfAStore }));
// @ts-expect-error -- a client is not a store
void (() => new AuthManager({ ...key, sessions: new Redis() }));
// @ts-expect-error -- a record is read-only
void (async () => ((await makeSessionRecord()).version = 2));

// The suite, with either runner: each case's `run` is a test's body.
const register = (runner: (name: string, run: SuiteCase["run"]) => unknown): void => {
  for (const { name, run } of sessionStoreSuite({ open: () => new OwnStore() })) runner(name, run);
};
register(vitestTest);
register(nodeTest);
sessionStoreSuite({ open: async () => redisSessionStore(new Redis()) });
// @ts-expect-error -- the suite opens stores itself
void (() => sessionStoreSuite({ store: new OwnStore() }));
// @ts-expect-error -- open must return a store, not a client
void (() => sessionStoreSuite({ open: () => new Redis() }));

const { auth: testAuth, clock } = createTestAuth<{ plan?: "free" | "pro" }>({ refreshGrace: 0 });
holds<Equal<typeof testAuth, AuthManager<{ plan?: "free" | "pro" }>>>();
clock.advance(60);
export const nextTo = new AuthManager({ ...key, now: createTestClock(0).now });

// The parameters and results of the manager's methods.
const auth = new AuthManager({
  ...key,
  claimsSchema: z.object({ plan: z.enum(["free", "pro"]), seats: z.number() }).partial(),
  sessions: memorySessionStore(),
});
export async function useManager(token: JWT): Promise<readonly SessionInfo[]> {
  const pair = await auth.login(7, { scope: "read", claims: { plan: "pro" }, label: "A laptop" });
  holds<Equal<typeof pair, TokenPair>>();
  const next = await auth.refresh(pair.refreshToken);
  holds<Equal<typeof next, TokenPair>>();
  await auth.refresh(token);
  await auth.revoke({ token });
  await auth.revoke({ token: next.authToken });
  await auth.revoke({ session: "sid" });
  await auth.revoke({ subject: 7 });
  // @ts-expect-error -- "gold" is not a plan
  await auth.login("a", { claims: { plan: "gold" } });
  // @ts-expect-error -- only a request has a response for cookies
  await auth.login("a", { deliver: "cookies" });
  // @ts-expect-error -- revoke takes an object that names the kind
  await auth.revoke("sid");
  // @ts-expect-error -- a session id is a text
  await auth.revoke({ session: 7 });
  // @ts-expect-error -- revoke needs a subject, a session or a token
  await auth.revoke({});
  const sessions = await auth.sessions(7);
  holds<Equal<typeof sessions, SessionInfo[]>>();
  // @ts-expect-error -- a session does not contain its token
  void sessions[0]?.refreshToken;
  return sessions;
}

// The result of a delivery, by its kind.
holds<Equal<Delivered<"body">, TokenPair>>();
holds<Equal<Delivered<"cookies">, Expiries>>();
holds<Equal<Delivered<undefined>, Expiries & Partial<TokenPair>>>();
holds<Equal<keyof Expiries, "expiresIn" | "refreshExpiresIn">>();

const t = initTRPC.context<AuthContext<{ plan?: string }>>().create();
const { publicProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);
export const router = t.router({
  login: publicProcedure.mutation(async ({ ctx }) => {
    // @ts-expect-error -- a public procedure has no verified token
    void ctx.auth.token.sub;
    const byCookie = await ctx.auth.login("ann", { deliver: "cookies", claims: { plan: "pro" } });
    holds<Equal<typeof byCookie, Expiries>>();
    // @ts-expect-error -- a delivery by cookies does not return tokens
    void byCookie.authToken;
    const inBody = await ctx.auth.login("ann", { deliver: "body", scope: ["a"], label: "A laptop" });
    holds<Equal<typeof inBody, TokenPair>>();
    // @ts-expect-error -- "header" is not a delivery
    await ctx.auth.login("ann", { deliver: "header" });
    // @ts-expect-error -- a plan is a text
    await ctx.auth.login("ann", { claims: { plan: 1 } });
    const byDefault = await ctx.auth.login("ann");
    holds<Equal<typeof byDefault, Expiries & Partial<TokenPair>>>();
    // @ts-expect-error -- with cookies configured the default delivery returns no tokens
    void byDefault.authToken.length;
    return byDefault.authToken?.length;
  }),
  refresh: publicProcedure.mutation(async ({ ctx }) => {
    const fromInput = await ctx.auth.refresh({ token: "a.b.c", deliver: "body" });
    holds<Equal<typeof fromInput, TokenPair>>();
    holds<Equal<Awaited<ReturnType<typeof refreshByCookie>>, Expiries>>();
    const refreshByCookie = () => ctx.auth.refresh({ deliver: "cookies" });
    return (await ctx.auth.refresh()).expiresIn;
  }),
  asAsked: publicProcedure
    .input((raw: unknown) => (raw === "body" ? "body" : "cookies") satisfies Deliver)
    .mutation(async ({ ctx, input }) => {
      const given = await ctx.auth.refresh({ deliver: input });
      // The properties tell the two apart.
      return "refreshToken" in given ? given.refreshToken : given.expiresIn;
    }),
  logout: protectedProcedure.mutation(async ({ ctx }) => {
    await ctx.auth.logout();
    await ctx.auth.logout({ deliver: "body" });
    // @ts-expect-error -- logout ends the caller's own session
    await ctx.auth.logout({ token: "a.b.c" });
    await ctx.auth.manager.revoke({ subject: ctx.auth.token.sub });
    return ctx.auth.manager.sessions(ctx.auth.token.sub);
  }),
  rotate: refreshProcedure.mutation(async ({ ctx }) => {
    holds<Equal<typeof ctx.auth.token.claims.sid, string | undefined>>();
    return (await ctx.auth.refresh({ deliver: "body" })).refreshToken;
  }),
});
export const onGraphQL = async ({ auth: caller }: GraphQLAuthContext<{ plan?: string }>): Promise<TokenPair> => {
  await caller.logout();
  return caller.login("ann", { claims: { plan: "pro" }, deliver: "body" });
};

// `authorize`, at the issue of tokens and per request.
void (() => [
  new AuthManager({
    ...key,
    sessions: memorySessionStore(),
    authorize: async (subject, { sid, scope, claims }) => {
      holds<Equal<typeof subject, string>>();
      holds<Equal<typeof sid, string | undefined>>();
      holds<Equal<typeof scope, unknown>>();
      return subject === "gone" ? null : { scope, claims: { ...claims, team: 1 }, maxAge: 60 };
    },
  }),
  new AuthManager({
    ...key,
    authorizeAt: "request",
    authorize: (_subject, token: JWT) => ({ claims: { of: token.iss } }),
  }),
  new AuthManager({
    ...key,
    authorizeAt: "request",
    authorize: async (_subject, { iss, sid }) => (iss && sid ? {} : null),
  }),
  new AuthManager({ ...key, sessions: memorySessionStore(), authorize: () => null }),
]);
const claimsSchema = z.object({ plan: z.enum(["free", "pro"]) }).partial();
type Plans = z.infer<typeof claimsSchema>;
export const lookUp: Authorize<Plans> = async (_subject, { claims }) => {
  holds<Equal<typeof claims.plan, "free" | "pro" | undefined>>();
  return { claims: { plan: "pro" } };
};
void (() => new AuthManager({ ...key, claimsSchema, authorize: lookUp, authorizeAt: "request" }));
// @ts-expect-error -- "gold" is not a plan
export const wrongPlan: Authorize<Plans> = () => ({ claims: { plan: "gold" } });
// @ts-expect-error -- rights are an object or null
export const yes: Authorize = () => true;
// @ts-expect-error -- undefined is not a result
export const forgotten: Authorize = async () => undefined;
// @ts-expect-error -- authorizeAt is "issue" or "request"
void (() => new AuthManager({ ...key, authorize: () => null, authorizeAt: "login" }));

// `onEvent`: `type` tells the kinds apart.
type Kinds = "issued" | "refreshed" | "reused" | "revoked" | "denied" | "store-failed" | "keys-failed" | "http-allowed";
holds<Equal<AuthEvent["type"], Kinds>>();
export function describeEvent(event: AuthEvent): string {
  holds<Equal<typeof event.at, number>>();
  // @ts-expect-error -- no event contains a token
  void event.token;
  // @ts-expect-error -- not every event has a sid
  void event.sid;
  switch (event.type) {
    case "issued":
      holds<Equal<typeof event.tokens, "pair" | "auth" | "refresh">>();
      return `${event.subject} ${event.sid ?? "without a session"}`;
    case "refreshed":
      return `${event.sid} ${event.repeated}`;
    case "reused":
      return `${event.subject} ${event.sid}`;
    case "revoked":
      return `${event.subject ?? "an unknown user"} ${event.sids.join()}`;
    case "denied":
      holds<Equal<typeof event.reason, Reason>>();
      holds<Equal<typeof event.status, 400 | 401 | 403 | 503>>();
      return `${event.subject}`;
    case "store-failed":
      holds<Equal<typeof event.operation, keyof SessionStore | "authorize">>();
      holds<Equal<typeof event.error, unknown>>();
      return event.operation;
    case "keys-failed":
      holds<Equal<typeof event.error, Error>>();
      return event.issuer;
    case "http-allowed":
      holds<Equal<typeof event.url, string>>();
      return event.issuer;
    default:
      return event satisfies never;
  }
}
export function forgetfulHandler(event: AuthEvent): void {
  if (event.type === "issued" || event.type === "refreshed" || event.type === "reused") return;
  if (event.type === "revoked" || event.type === "denied" || event.type === "http-allowed") return;
  // @ts-expect-error -- one kind of event is not handled
  event satisfies never;
}
void (() => new AuthManager({ ...key, onEvent: async (event) => event.type }));

// `responses`.
void (() => [
  new AuthManager({
    ...key,
    responses: {
      expired: () => ({ message: "Sign in again" }),
      invalid: ({ reason, status }) => ({ message: `${reason} ${status}`, extensions: { help: { url: "/help" } } }),
      unauthorized: () => ({}),
    },
  }),
]);
// @ts-expect-error -- a loader cannot change the code
export const ownCode: RefusalWords = { message: "a", code: "OK" };
// @ts-expect-error -- unknown loader
void (() => new AuthManager({ ...key, responses: { forbidden: () => ({ message: "a" }) } }));
// @ts-expect-error -- a loader is synchronous
void (() => new AuthManager({ ...key, responses: { expired: async () => ({ message: "a" }) } }));

// Cookies.
const inCookies = { auth: "auth", refresh: "refresh" } as const;
void (() => [
  new AuthManager({ ...key, cookies: { auth: "auth" } }),
  new AuthManager({ ...key, sessions: memorySessionStore(), cookies: inCookies }),
  new AuthManager({
    ...key,
    sessions: memorySessionStore(),
    cookies: { ...inCookies, domain: "example.com", path: "/api", sameSite: "strict", secure: false },
  }),
]);
// @ts-expect-error -- sameSite is in lower case
export const wrongSite: CookieConfig = { ...inCookies, sameSite: "Lax" };
holds<Equal<CookieConfig["former"], readonly FormerCookies[] | undefined>>();
const changedCookies = (): AuthManager =>
  new AuthManager({
    ...key,
    sessions: memorySessionStore(),
    cookies: {
      ...inCookies,
      sameSite: "none",
      partitioned: true,
      former: [{ until: 1_800_000_000 }, { names: { refresh: "__Host-refresh" }, domain: "example.com", until: 1 }],
    },
    csrf: { origins: ["https://app.example.com"], allow: (origin) => origin.endsWith(".example.com") },
  });
export const allowed = (csrf: CsrfConfig): AuthManager => new AuthManager({ ...key, cookies: { auth: "a" }, csrf });
// @ts-expect-error -- until is required
export const noUntil: CookieConfig = { ...inCookies, former: [{ domain: "a.test" }] };
// @ts-expect-error -- allow is synchronous
void (() => allowed({ allow: async () => true }));
// @ts-expect-error -- until is a number of seconds, not a Date
export const untilDate: FormerCookies = { until: new Date() };
export const begun = (): unknown => [
  changedCookies().login("ann", { remember: false, sessionMaxAge: 3600 }),
  changedCookies().forRequest().login("ann", { remember: false, sessionMaxAge: 3600, deliver: "body" }),
  // @ts-expect-error -- sessionMaxAge is a number of seconds
  changedCookies().login("ann", { sessionMaxAge: "1h" }),
  // @ts-expect-error -- only a login has remember
  changedCookies().forRequest().refresh({ remember: true }),
];

// @ts-expect-error -- cookies are always HttpOnly
export const forScript: CookieConfig = { ...inCookies, httpOnly: false };
export const inAction = (setParts: (name: string, value: string, options: object) => void): Promise<Expiries> =>
  auth
    .forRequest({
      headers: new Headers(),
      setCookie: (_header, { name, value, attributes }) => setParts(name, value, attributes),
    })
    .login("ann", { deliver: "cookies" });

// Partial options, as an application's helper has them.
export const withDefaults = (config: AuthManagerOptions): AuthManager =>
  new AuthManager({ ...key, sessions: memorySessionStore(), cookies: inCookies, refreshGrace: 0, ...config });
void (() => [
  withDefaults({
    sessionCheck: "always",
    sessionCheckTtl: 1,
    storeTimeout: 0.5,
    sessionMaxAge: 60,
    adoptRefresh: true,
  }),
  withDefaults({ authorize: async (subject) => (subject === "gone" ? null : {}), authorizeAt: "issue" }),
]);
// @ts-expect-error -- sessionCheck is "refresh" or "always"
void (() => withDefaults({ sessionCheck: "never" }));
// @ts-expect-error -- unknown option
void (() => withDefaults({ refreshGraceSeconds: 10 }));
