/** Hosts that execute another schema than the one of `createGraphQLContext` check that one too. */
import { createServer } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { createGraphQLContext, type GraphQLContextFactory, requireTokenDirective } from "claimgate/graphql";
import fastify from "fastify";
import { type ExecutionArgs, execute, type GraphQLSchema, subscribe } from "graphql";
import { createHandler } from "graphql-http/lib/use/http";
import { createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import mercurius from "mercurius";
import { afterEach, beforeEach, describe, expect, type MockInstance, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { createAuth } from "../../support/create-auth.ts";
import { listenForTest } from "../../support/listen.ts";

const requireToken = requireTokenDirective();
const { auth } = createAuth();
const ran = vi.fn<() => number>();

function build(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: [
      requireToken.typeDefs,
      "type Query { secret: Int @requireToken } type Subscription { secret: Int @requireToken }",
    ],
    resolvers: {
      Query: { secret: ran },
      Subscription: {
        secret: {
          subscribe: async function* () {
            yield { secret: ran() };
          },
        },
      },
    },
  });
}

interface Running {
  /** Makes the host execute `schema` from now on. */
  replace(schema: GraphQLSchema): void;
  /** The text of the answer. */
  ask(query: string): Promise<string>;
}

const prepared =
  <R>({ prepare }: GraphQLContextFactory, run: (args: ExecutionArgs) => R) =>
  async (args: ExecutionArgs): Promise<Awaited<R>> => {
    await prepare(args);
    return await run(args);
  };

async function post(url: string, query: string): Promise<string> {
  const headers = { "content-type": "application/json", accept: "application/json" };
  return (await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) })).text();
}

async function startGraphqlHttp(schema: GraphQLSchema): Promise<Running> {
  const createContext = createGraphQLContext(auth, { schema });
  let current = schema;
  const handler = createHandler({
    schema: () => current,
    context: ({ raw }) => ({ ...createContext({ req: raw }) }),
    execute: prepared(createContext, execute),
  });
  const url = await listenForTest(createServer((req, res) => void handler(req, res)));
  return { replace: (next) => void (current = next), ask: (query) => post(url, query) };
}

async function startGraphqlWs(schema: GraphQLSchema): Promise<Running> {
  const createContext = createGraphQLContext(auth, { schema });
  let current = schema;
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  useServer(
    {
      schema: () => current,
      context: (connection) => ({ ...createContext(connection) }),
      execute: prepared(createContext, execute),
      subscribe: prepared(createContext, subscribe),
    },
    sockets,
  );
  const url = (await listenForTest(server)).replace("http:", "ws:");
  return {
    replace: (next) => void (current = next),
    async ask(query) {
      const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
      onTestFinished(() => void client.dispose());
      // The error of the host closes the connection.
      return client
        .iterate({ query })
        .next()
        .then(({ value }) => JSON.stringify(value), JSON.stringify);
    },
  };
}

async function startMercurius(schema: GraphQLSchema): Promise<Running> {
  const app = fastify();
  await app.register(mercurius, { schema, context: (request) => createContext({ req: request }) });
  const createContext = createGraphQLContext(auth, { schema: app.graphql.schema });
  app.graphql.addHook("preExecution", async (served, document, contextValue) => {
    await createContext.prepare({ schema: served, document, contextValue });
  });
  onTestFinished(() => app.close());
  return {
    replace: (next) => app.graphql.replaceSchema(next),
    ask: async (query) => (await app.inject({ method: "POST", url: "/graphql", payload: { query } })).body,
  };
}

let warn: MockInstance;
beforeEach(() => {
  warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  // Hosts write the error to it.
  vi.spyOn(console, "error").mockImplementation(() => undefined);
  ran.mockClear();
});
afterEach(() => vi.restoreAllMocks());

describe.each([
  ["graphql-http", startGraphqlHttp, ["{ secret }"]],
  ["graphql-ws", startGraphqlWs, ["{ secret }", "subscription { secret }"]],
  ["Mercurius", startMercurius, ["{ secret }"]],
] as const)("%s", (_, start, queries) => {
  test.each(queries)("executes %s in another schema only if that is guarded", async (query) => {
    const host = await start(requireToken.apply(build()));
    expect(await host.ask(query)).toContain("TOKEN_MISSING");
    host.replace(build());
    expect(await host.ask(query)).not.toContain('"secret":');
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("secret, but nothing guards it"), expect.anything());
    expect(ran).not.toHaveBeenCalled();
    host.replace(requireToken.apply(build()));
    expect(await host.ask(query)).toContain("TOKEN_MISSING");
  });
});
