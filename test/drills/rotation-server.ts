/** One process of the rotation drill: tRPC at /trpc, GraphQL at /graphql, keys from a key file. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { type AuthContext, AuthManager, keysFromFile } from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { createYoga } from "graphql-yoga";
import * as z from "zod";

const auth = new AuthManager({
  issuer: "https://drill.example",
  keys: keysFromFile(process.argv[2] ?? ""),
  keyRefresh: { interval: 1, cooldown: 0.2 },
  maxTokenAge: 600,
});
await auth.ready();

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, protectedProcedure } = authProcedures(t.procedure);
const router = t.router({
  login: publicProcedure.mutation(async ({ ctx }) => (await ctx.auth.manager.authToken("ada")).signed),
  me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
  retire: publicProcedure.input(z.string()).mutation(({ input }) => auth.retire(input)),
});
/** The type that the drill's client imports. */
export type DrillRouter = typeof router;

const requireToken = requireTokenDirective();
const yoga = createYoga({
  schema: requireToken.apply(
    makeExecutableSchema({
      typeDefs: [requireToken.typeDefs, "type Query { me: String @requireToken }"],
      resolvers: { Query: { me: (_: unknown, __: unknown, ctx: GraphQLAuthContext) => ctx.auth.token?.sub } },
    }),
  ),
  plugins: [useAuth(auth)],
  logging: false,
});
const trpc = createHTTPHandler({ router, basePath: "/trpc/", createContext: createTRPCContext(auth) });

const server = createServer((req, res) => {
  if (req.url?.startsWith("/trpc/")) trpc(req, res);
  else void yoga(req, res);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
