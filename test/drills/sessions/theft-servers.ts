/** The doors of a real application: tRPC for the attacker, GraphQL for the victim, two servers. */
import { createServer, type Server } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { AuthContext, AuthManager } from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { createYoga } from "graphql-yoga";
import { listen } from "../../support/listen.ts";
import type { DoorAnswer, Doors, OpenDoors, Tokens } from "./theft-stage.ts";

/** tRPC's standalone server for the attacker, Yoga for the victim. */
export const serverDoors: OpenDoors = async (auth) => {
  const [trpc, yoga] = await Promise.all([listen(serveTRPC(auth)), listen(serveYoga(auth))]);
  return {
    doors: { A: doorsOverTRPC(trpc.url), V: doorsOverGraphQL(yoga.url) },
    async close() {
      await Promise.all([trpc.close(), yoga.close()]);
    },
  };
};

function routerOf() {
  const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
  const { publicProcedure, protectedProcedure, refreshProcedure } = authProcedures(t.procedure);
  return t.router({
    refresh: publicProcedure.mutation(({ ctx }) => ctx.auth.refresh({ deliver: "body" })),
    guard: refreshProcedure.query(() => "in" as const),
    enter: protectedProcedure.query(() => "in" as const),
  });
}

function serveTRPC(auth: AuthManager): Server {
  return createHTTPServer({ router: routerOf(), createContext: createTRPCContext(auth) });
}

function serveYoga(auth: AuthManager): Server {
  const requireToken = requireTokenDirective();
  const typeDefs = `
    type Tokens { authToken: String!, refreshToken: String! }
    type Query { guard: String @requireToken(type: "refresh"), enter: String @requireToken }
    type Mutation { refresh: Tokens }`;
  const resolvers = {
    Query: { guard: () => "in", enter: () => "in" },
    Mutation: { refresh: (_: unknown, __: unknown, ctx: GraphQLAuthContext) => ctx.auth.refresh({ deliver: "body" }) },
  };
  const schema = requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }));
  const yoga = createYoga({ schema, plugins: [useAuth(auth)], logging: false });
  return createServer((req, res) => void yoga(req, res));
}

function doorsOverTRPC(url: string): Doors {
  const client = (token: string) =>
    createTRPCClient<ReturnType<typeof routerOf>>({
      links: [httpLink({ url, headers: { authorization: `Bearer ${token}` } })],
    });
  const answerOf = async (call: Promise<Tokens | "in">): Promise<DoorAnswer> => {
    try {
      return await call;
    } catch (error) {
      if (!(error instanceof TRPCClientError)) throw error;
      const { httpStatus, auth } = error.data as { httpStatus: number; auth?: { reason: string } };
      return { refused: `${httpStatus} ${auth?.reason}` };
    }
  };
  return {
    refresh: (token) => answerOf(client(token).refresh.mutate()),
    guard: (token) => answerOf(client(token).guard.query()),
    enter: (token) => answerOf(client(token).enter.query()),
  };
}

function doorsOverGraphQL(url: string): Doors {
  const ask = async (token: string, query: string, refusedWith: number): Promise<DoorAnswer> => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as {
      data?: Record<string, Tokens | "in" | null> | null;
      errors?: { extensions?: { code?: string; auth?: { reason: string } } }[];
    };
    const [answer] = Object.values(data ?? {});
    if (answer) return answer;
    const { code, auth } = errors?.[0]?.extensions ?? {};
    const isAsDocumented = code === "UNAUTHENTICATED" && response.status === refusedWith;
    return { refused: `${isAsDocumented ? 401 : `${response.status} ${code}`} ${auth?.reason}` };
  };
  return {
    // A mutation that ran is never reported as 401, even if it rejected the caller itself; the code
    // shows it.
    refresh: (token) => ask(token, "mutation { refresh { authToken refreshToken } }", 200),
    guard: (token) => ask(token, "{ guard }", 401),
    enter: (token) => ask(token, "{ enter }", 401),
  };
}
