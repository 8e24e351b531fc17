/** A connection remembers no rejection of its token: each of its operations decides anew. */
import { createTRPCClient, type TRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import type { AuthContext, AuthManager, AuthManagerConfig, KeyConfig } from "claimgate";
import type { TestClock } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, it, onTestFinished } from "vitest";
import { openSocketEvents, serveWs } from "../graphql/server/ws-support.ts";
import { createBreakableStore } from "../support/breakable-store.ts";
import { createAuth, NOW } from "../support/create-auth.ts";
import { createGuardedSchema, createGuardedYoga } from "../support/graphql.ts";
import { serve, socketAdapters } from "../trpc/adapters.ts";
import { openSocket } from "../trpc/sockets.ts";

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure, optionalProcedure } = authProcedures(t.procedure);

const router = t.router({
  guarded: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  optional: optionalProcedure.query(({ ctx }) => ctx.auth.token?.sub),
  required: publicProcedure.query(async ({ ctx }) => (await ctx.auth.require()).sub),
  authenticated: publicProcedure.query(async ({ ctx }) => (await ctx.auth.authenticate())?.sub),
  // Without claimgate's procedures, a call has the `ctx.auth` of the connection itself.
  ownRequired: t.procedure.query(async ({ ctx }) => (await ctx.auth.require()).sub),
  ownAuthenticated: t.procedure.query(async ({ ctx }) => (await ctx.auth.authenticate())?.sub),
});

const schema = createGuardedSchema(
  `type Query {
    guarded: String @requireToken
    optional: String @requireToken(optional: true)
    required: String
    authenticated: String
  }`,
  {
    Query: {
      guarded: (_, __, { auth }) => auth.token?.sub,
      optional: (_, __, { auth }) => auth.token?.sub,
      required: async (_, __, { auth }) => (await auth.require()).sub,
      authenticated: async (_, __, { auth }) => (await auth.authenticate())?.sub,
    },
  },
);

const common = ["guarded", "optional", "required", "authenticated"] as const;
const own = ["ownRequired", "ownAuthenticated"] as const;
type Operation = (typeof common | typeof own)[number];

/** Runs an operation of one open connection: the subject, or the reason of the rejection. */
type Ask = (operation: Operation) => Promise<unknown>;

async function openTRPC(
  auth: AuthManager,
  token: string,
  start: (typeof socketAdapters)[number]["start"],
): Promise<Ask> {
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, start);
  const links = [wsLink<typeof router>({ client: openSocket(url, { token }) })];
  const client: TRPCClient<typeof router> = createTRPCClient({ links });
  return (operation) =>
    client[operation].query().catch((error: { data?: { auth?: { reason: string } } }) => error.data?.auth?.reason);
}

async function openGraphQL(auth: AuthManager, token: string): Promise<Ask> {
  const server = await serveWs(createGuardedYoga(schema, auth));
  onTestFinished(() => server.close());
  const client = server.connect({ connectionParams: { authorization: `Bearer ${token}` } });
  return async (operation) => {
    const event = await openSocketEvents(client, `{ ${operation} }`)();
    return event?.errors?.[0]?.extensions?.auth?.reason ?? event?.data?.[operation];
  };
}

type Open = (auth: AuthManager, token: string) => Promise<Ask>;

const connections: readonly [string, readonly Operation[], Open][] = [
  ...socketAdapters.map(({ name, start }): [string, readonly Operation[], Open] => [
    `tRPC over ${name}`,
    [...common, ...own],
    (auth, token) => openTRPC(auth, token, start),
  ]),
  ["GraphQL over graphql-ws", common, openGraphQL],
];

/** A cause of rejections from `begin` to `end`. */
interface Cause {
  readonly reason: string;
  readonly config: Partial<AuthManagerConfig>;
  readonly claims?: Record<string, number>;
  begin?(clock: TestClock): void;
  end(clock: TestClock): void;
}

const KEY: KeyConfig = { kid: "own", algorithm: "HS256", secret: "own".padEnd(32, "k") };
const OTHER: KeyConfig = { kid: "other", algorithm: "HS256", secret: "other".padEnd(32, "k") };

const causes: readonly [string, () => Cause][] = [
  [
    "is not valid yet",
    () => ({
      reason: "TOKEN_NOT_YET_VALID",
      config: { keys: [KEY] },
      claims: { nbf: NOW + 10 },
      end: (clock) => clock.advance(10),
    }),
  ],
  [
    "has expired by a clock that is then set back",
    () => ({
      reason: "TOKEN_EXPIRED",
      config: { keys: [KEY] },
      begin: (clock) => clock.advance(100_000),
      end: (clock) => clock.set(NOW),
    }),
  ],
  [
    "cannot be verified without keys",
    () => {
      let isDown = true;
      const keys = async (): Promise<KeyConfig[]> => (isDown ? Promise.reject(new Error("down")) : [KEY]);
      const end = (clock: TestClock): void => {
        isDown = false;
        clock.advance(5);
      };
      return { reason: "KEYS_UNAVAILABLE", config: { keys }, end };
    },
  ],
  [
    "has a key that is loaded later",
    () => {
      let listed = [OTHER];
      const end = (clock: TestClock): void => {
        listed = [OTHER, KEY];
        clock.advance(61);
      };
      return { reason: "SIGNATURE_INVALID", config: { keys: async () => listed }, end };
    },
  ],
  [
    "has a session that cannot be looked up",
    () => {
      const sessions = createBreakableStore();
      return {
        reason: "STORE_UNAVAILABLE",
        config: { keys: [KEY], sessions, sessionCheck: "always" },
        begin: () => void (sessions.isDown = true),
        end: () => void (sessions.isDown = false),
      };
    },
  ],
  [
    "has rights that cannot be looked up",
    () => {
      let isDown = true;
      const authorize = async (): Promise<object> => (isDown ? Promise.reject(new Error("down")) : {});
      return {
        reason: "STORE_UNAVAILABLE",
        config: { keys: [KEY], authorize, authorizeAt: "request" },
        end: () => void (isDown = false),
      };
    },
  ],
  [
    "has no rights at first",
    () => {
      let rights: object | null = null;
      return {
        reason: "TOKEN_REVOKED",
        config: { keys: [KEY], authorize: async () => rights, authorizeAt: "request" },
        end: () => void (rights = {}),
      };
    },
  ],
];

async function mint(auth: AuthManager, { config, claims = {} }: Cause): Promise<string> {
  if (config.sessions) return (await auth.login("ada")).authToken;
  // The manager may have no key yet.
  return (await createAuth({ keys: [KEY] }).auth.authToken("ada", { claims })).signed;
}

describe.each(connections)("%s", (_, operations, open) => {
  it.each(causes)("accepts a token again after rejections, if it %s", async (_cause, begin) => {
    for (const operation of operations) {
      const cause = begin();
      const { auth, clock } = createAuth(cause.config);
      const ask = await open(auth, await mint(auth, cause));
      cause.begin?.(clock);
      expect([operation, await ask(operation)]).toEqual([operation, cause.reason]);
      expect([operation, await ask(operation)]).toEqual([operation, cause.reason]);
      cause.end(clock);
      expect([operation, await ask(operation)]).toEqual([operation, "ada"]);
      expect([operation, await ask(operation)]).toEqual([operation, "ada"]);
    }
  });
});
