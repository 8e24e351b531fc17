/** GraphQL Yoga on node:http with one field: open, guarded by claimgate, or guarded by hand. */
import { createServer as createHttpServer, type Server } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { GraphQLError } from "graphql";
import { createYoga, type YogaInitialContext } from "graphql-yoga";
import type { JWTPayload } from "jose";
import { createReadUser, mayRead } from "./by-hand.ts";
import { ITEM, type Site } from "./site.ts";

const ITEM_TYPE = "type Item { id: ID! name: String! price: Int! }";

export async function createServer(site: Site): Promise<Server> {
  if (site.guard === "none") return createOpen();
  return site.guard.startsWith("claimgate") ? createGuarded(site) : createByHand(site);
}

function createOpen(): Server {
  const typeDefs = `type Query { item: Item } ${ITEM_TYPE}`;
  const schema = makeExecutableSchema({ typeDefs, resolvers: { Query: { item: () => ITEM } } });
  return createHttpServer(createYoga({ schema, logging: false }));
}

function createGuarded({ auth }: Site): Server {
  const requireToken = requireTokenDirective();
  const typeDefs = [
    requireToken.typeDefs,
    `type Query { item: Item @requireToken(scope: { read: true }) } ${ITEM_TYPE}`,
  ];
  const schema = requireToken.apply(makeExecutableSchema({ typeDefs, resolvers: { Query: { item: () => ITEM } } }));
  return createHttpServer(createYoga({ schema, logging: false, plugins: [useAuth(auth)] }));
}

async function createByHand(site: Site): Promise<Server> {
  const readUser = await createReadUser(site);
  const typeDefs = `type Query { item: Item } ${ITEM_TYPE}`;
  const schema = makeExecutableSchema({ typeDefs, resolvers: { Query: { item: itemOfReaders } } });
  const context = async ({ request }: YogaInitialContext): Promise<{ user: JWTPayload | null }> => ({
    user: await readUser(request.headers.get("authorization")),
  });
  return createHttpServer(createYoga({ schema, logging: false, context }));
}

function itemOfReaders(_: unknown, __: unknown, { user }: { readonly user: JWTPayload | null }): typeof ITEM {
  if (!user) throw refuse("UNAUTHENTICATED", 401);
  if (!mayRead(user)) throw refuse("FORBIDDEN", 403);
  return ITEM;
}

function refuse(code: string, status: number): GraphQLError {
  return new GraphQLError(code, { extensions: { code, http: { status } } });
}
