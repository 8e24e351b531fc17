/** A guarded schema of plain `graphql`, and a minimal HTTP server without other packages. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type AuthManager, currentToken } from "claimgate";
import {
  authHttpResponse,
  createGraphQLContext,
  type GraphQLAuthContext,
  requireTokenDirective,
  type ServerContext,
} from "claimgate/graphql";
import {
  buildSchema,
  execute,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getOperationAST,
  isObjectType,
  parse,
  validate,
} from "graphql";

const TYPE_DEFS = /* GraphQL */ `
  type Query {
    open: String
    me: String @requireToken
    current: String @requireToken
    stats: Int @requireToken(scope: { admin: true })
    byHand: Int
    user(id: ID!): User @requireToken(args: { sub: "id" }, override: { scope: { admin: true } })
    users: [User!]!
    found: [Found!]!
  }
  type User {
    id: ID!
    email: String @requireToken(parent: { sub: "id" }, onDeny: NULL)
    notes: String @requireToken(scope: { admin: true })
  }
  type Vault @requireToken(scope: { admin: true }) {
    code: String
  }
  union Found = User | Vault
  type Mutation {
    rotate: String @requireToken(type: "refresh")
  }
  type Subscription {
    ticks: Int @requireToken
  }
`;

type Resolver = GraphQLFieldResolver<unknown, GraphQLAuthContext, never>;

/** The calls that the resolvers counted. */
export interface Seen {
  /** Reads of the notes, which only an admin may read. */
  notes: number;
  /** Starts of the source of `ticks`. */
  ticks: number;
}

/** The guarded schema. */
export function createSchema(seen: Seen): GraphQLSchema {
  const requireToken = requireTokenDirective();
  const schema = buildSchema(`${requireToken.typeDefs} ${TYPE_DEFS}`);
  const user = (id: string): object => ({
    __typename: "User",
    id,
    email: `${id}@example.com`,
    notes: () => {
      seen.notes++;
      return "GUARDED";
    },
  });
  setResolvers(schema, "Query", {
    open: () => "open",
    me: (_, __, ctx) => ctx.auth.token?.sub,
    current: async () => {
      await Promise.resolve();
      return currentToken()?.sub;
    },
    stats: () => 42,
    byHand: async (_, __, ctx) => {
      await ctx.auth.require({ scope: { admin: true } });
      return 42;
    },
    user: (_, { id }: { id: string }) => user(id),
    users: () => [user("alice"), user("bob")],
    found: () => [user("alice"), { __typename: "Vault", code: "1234" }],
  });
  setResolvers(schema, "Mutation", { rotate: (_, __, ctx) => ctx.auth.token?.tokenType });
  const ticks = schema.getSubscriptionType()?.getFields()["ticks"];
  if (ticks)
    ticks.subscribe = async function* () {
      seen.ticks++;
      yield { ticks: 1 };
      yield { ticks: 2 };
    };
  return requireToken.apply(schema);
}

/** A server that answers POSTed operations. */
export async function serveGraphQL(
  schema: GraphQLSchema,
  auth: AuthManager,
): Promise<{ readonly url: string; close(): void }> {
  const createContext = createGraphQLContext(auth, { schema });
  const server = createServer((req, res) => {
    answer(schema, createContext, req, res).catch((error: unknown) => res.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.close();
      server.closeAllConnections?.();
    },
  };
}

async function answer(
  schema: GraphQLSchema,
  createContext: (server: ServerContext) => GraphQLAuthContext,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  let text = "";
  for await (const chunk of req) text += String(chunk);
  const { query, variables } = JSON.parse(text) as { query: string; variables?: Record<string, unknown> };
  const document = parse(query);
  const errors = validate(schema, document);
  const result =
    errors.length > 0
      ? { errors }
      : await execute({ schema, document, contextValue: createContext({ req }), variableValues: variables ?? {} });
  const operation = getOperationAST(document);
  const { status, headers, body } = authHttpResponse(result, operation ? { operation } : {});
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify(body));
}

function setResolvers(schema: GraphQLSchema, typeName: string, resolvers: Readonly<Record<string, Resolver>>): void {
  const type = schema.getType(typeName);
  if (!isObjectType(type)) throw new TypeError(`${typeName} is not an object type`);
  for (const [name, resolve] of Object.entries(resolvers)) {
    const field = type.getFields()[name];
    if (!field) throw new TypeError(`${typeName} has no field ${name}`);
    field.resolve = resolve as GraphQLFieldResolver<unknown, unknown>;
  }
}
