/** Sessions with cookies on tRPC and GraphQL Yoga: fetch handlers without Node built-ins. */
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import {
  type AuthContext,
  AuthManager,
  type Deliver,
  isAuthError,
  memorySessionStore,
  type SessionStore,
} from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { postgresSessionStore } from "claimgate/postgres";
import { redisSessionStore } from "claimgate/redis";
import { createTestAuth, sessionStoreSuite } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { buildSchema, GraphQLError, type GraphQLFieldResolver } from "graphql";
import { createYoga } from "graphql-yoga";

/** The path of the application. */
export const SESSIONS = "/sessions";

// Created when the module loads, where a worker may neither draw random numbers nor wait.
const auth = new AuthManager({
  issuer: "test",
  algorithm: "HS256",
  secret: "s".repeat(32),
  sessions: memorySessionStore(),
  sessionCheck: "always",
  cookies: { auth: "auth", refresh: "refresh" },
});

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);

/** The same operations as in GraphQL. */
export const router = t.router({
  login: publicProcedure.input(asDeliver).mutation(({ ctx, input }) => ctx.auth.login("alice", { deliver: input })),
  refresh: publicProcedure
    .input((raw: unknown) => raw as { readonly token?: string; readonly deliver: Deliver })
    .mutation(({ ctx, input }) => ctx.auth.refresh(input)),
  logout: publicProcedure.mutation(async ({ ctx }) => {
    await ctx.auth.logout();
    return "bye";
  }),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  devices: protectedProcedure.query(async ({ ctx }) => (await auth.sessions(ctx.auth.token.sub)).length),
  logoutAll: protectedProcedure.mutation(async ({ ctx }) => {
    await auth.revoke({ subject: ctx.auth.token.sub });
    return "bye";
  }),
});

/** For the adapter of a Node server, next to the fetch adapter's. */
export const createContext: ReturnType<typeof createTRPCContext<Record<string, unknown>>> = createTRPCContext(auth);

type Resolver = GraphQLFieldResolver<unknown, GraphQLAuthContext>;

const directive = requireTokenDirective();
const schema = buildSchema(`${directive.typeDefs}
  type Query { me: String @requireToken keepsExtensions: Boolean }
  type Mutation { login: Int refresh: Int logout: String }
`);
const RESOLVERS: Readonly<Record<"Query" | "Mutation", Readonly<Record<string, Resolver>>>> = {
  Query: {
    me: (_, __, ctx) => ctx.auth.token?.sub,
    // Whether Yoga's copies of errors keep their extensions, as from graphql 16.3 on; older
    // versions lose them.
    keepsExtensions: () => "kept" in new GraphQLError("", { extensions: { kept: true } }).extensions,
  },
  Mutation: {
    login: async (_, __, ctx) => (await ctx.auth.login("alice", { deliver: "cookies" })).expiresIn,
    refresh: async (_, __, ctx) => (await ctx.auth.refresh({ deliver: "cookies" })).expiresIn,
    logout: async (_, __, ctx) => {
      await ctx.auth.logout();
      return "bye";
    },
  },
};
for (const type of [schema.getQueryType(), schema.getMutationType()]) {
  for (const [name, field] of Object.entries(type?.getFields() ?? {}))
    field.resolve = RESOLVERS[type?.name as "Query" | "Mutation"][name] as GraphQLFieldResolver<unknown, unknown>;
}

/** Yoga, as a fetch handler and a Node one. */
export const yoga = createYoga({
  schema: directive.apply(schema),
  plugins: [useAuth(auth)],
  graphqlEndpoint: `${SESSIONS}/graphql`,
  graphiql: false,
  landingPage: false,
  logging: false,
});

/**
 * Answers a request to `/sessions/trpc`, `/sessions/graphql`, `/sessions/suite` or
 * `/sessions/outage`.
 */
export async function handleSessions(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === `${SESSIONS}/suite`) return Response.json(await runSuite());
  if (pathname === `${SESSIONS}/outage`) return Response.json(await meetOutage());
  if (pathname === `${SESSIONS}/graphql`) return yoga.fetch(request);
  return fetchRequestHandler({ endpoint: `${SESSIONS}/trpc`, req: request, router, createContext });
}

/** The parts of the contract that the memory store violates. */
async function runSuite(): Promise<string[]> {
  const broken: string[] = [];
  for (const { name, run } of sessionStoreSuite({ open: memorySessionStore }))
    await run().catch((error: unknown) => broken.push(`${name}: ${String(error)}`));
  return broken;
}

/** The result of a login when Redis, by either client, or PostgreSQL cannot be reached. */
async function meetOutage(): Promise<string[]> {
  const lost = (): Promise<never> => Promise.reject(new Error("The connection was lost"));
  const stores: readonly SessionStore[] = [
    redisSessionStore({ isReady: false, eval: lost, evalSha: lost }),
    redisSessionStore({ status: "end", eval: lost, evalsha: lost }),
    postgresSessionStore({ query: lost }),
  ];
  return Promise.all(
    stores.map((sessions) =>
      createTestAuth({ sessions })
        .auth.login("alice")
        .then(
          () => "accepted",
          (error: unknown) => (isAuthError(error) ? `${error.reason} ${error.status}` : String(error)),
        ),
    ),
  );
}

function asDeliver(raw: unknown): Deliver {
  return raw === "body" ? "body" : "cookies";
}
