/** The schema and servers of the session suites: Yoga, Apollo Server and graphql-http. */
import { createServer, type RequestListener, STATUS_CODES } from "node:http";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { type AuthManager, type AuthManagerConfig, type Deliver, isAuthError } from "claimgate";
import { authHttpResponse, createGraphQLContext, type GraphQLAuthContext } from "claimgate/graphql";
import express from "express";
import { type GraphQLSchema, getOperationAST } from "graphql";
import { createHandler } from "graphql-http/lib/use/express";
import type { Plugin } from "graphql-yoga";
import { onTestFinished } from "vitest";
import { refusals } from "../../../examples/hosts/graphql/apollo-server.ts";
import type { BrowserRequest, CookieBrowser, Exchange } from "../../support/cookie-browser.ts";
import { type Answer, type Context, createGuardedSchema, createGuardedYoga } from "../../support/graphql.ts";
import { listenForTest } from "../../support/listen.ts";
import { openSessionStage, pairIn, type SessionStage } from "../../support/session-stage.ts";

/** The parts of a server. */
export interface Served {
  readonly schema: GraphQLSchema;
  readonly auth: AuthManager;
  readonly plugins?: readonly Plugin[];
}

/** A server that can serve a schema. */
export interface GraphQLHost {
  readonly name: string;
  /** Returns its address; stops it when the test ends. */
  start(served: Served): Promise<string>;
}

/** Yoga, with its plugin. */
export const yoga: GraphQLHost = {
  name: "Yoga",
  async start({ schema, auth, plugins = [] }) {
    return serve(createGuardedYoga(schema, auth, { batching: true, plugins }));
  },
};

/** Apollo Server, whose own plugin writes `Cache-Control` after claimgate. */
export const apollo: GraphQLHost = {
  name: "Apollo Server",
  async start({ schema, auth }) {
    const createContext = createGraphQLContext(auth, { schema });
    const server = new ApolloServer<GraphQLAuthContext>({
      schema,
      plugins: [refusals],
      includeStacktraceInErrorResponses: false,
    });
    const { url } = await startStandaloneServer(server, {
      context: async ({ req, res }) => createContext({ req, res }),
      listen: { port: 0, host: "127.0.0.1" },
    });
    onTestFinished(() => server.stop());
    return url;
  },
};

/** graphql-http on Express. */
export const graphqlHttp: GraphQLHost = {
  name: "graphql-http on Express",
  async start({ schema, auth }) {
    const createContext = createGraphQLContext(auth, { schema });
    const handler = createHandler({
      schema,
      context: ({ raw, context: { res } }) => ({ ...createContext({ req: raw, res }) }),
      onOperation(_request, { document, operationName }, result) {
        const operation = getOperationAST(document, operationName);
        const { status, headers, body } = authHttpResponse(result, { operation });
        if (status === 200) return undefined;
        const init = { status, statusText: STATUS_CODES[status] ?? "" };
        return [JSON.stringify(body), { ...init, headers: { ...headers, "content-type": "application/json" } }];
      },
    });
    return serve(express().all("/graphql", handler));
  },
};

const typeDefs = `
  type Query {
    open: String
    me: String @requireToken
    greet: String @requireToken(optional: true)
    late: Tokens
    lateMe: String
  }
  type Mutation {
    login(user: String = "alice", deliver: String): Tokens
    refresh(deliver: String, token: String): Tokens
    logout(deliver: String): Boolean
    act: String @requireToken
    renew: String @requireToken(type: "refresh")
  }
  type Subscription { tick: Int @requireToken, loginInStream: Int }
  type Tokens { expiresIn: Int, refreshExpiresIn: Int, authToken: String, refreshToken: String }
`;

/** The fields that every suite selects. */
export const TOKENS = "{ expiresIn refreshExpiresIn authToken refreshToken }";

/** The result of a login by cookie, without its cookies. */
export const EXPIRIES = { expiresIn: 3600, refreshExpiresIn: 604_800, authToken: null, refreshToken: null };

/** Resolvers that a suite can replace. */
export interface SessionResolvers {
  readonly late?: (context: Context) => Promise<unknown>;
  readonly lateMe?: (context: Context) => Promise<unknown>;
  readonly tick?: () => AsyncIterable<number>;
}

/** A started server. */
export interface SessionServer extends SessionStage {
  readonly url: string;
  /** The errors that `ctx.auth.login`, `refresh` and `logout` threw in a resolver. */
  readonly refused: unknown[];
  /** Sends a query with this browser or another one. */
  ask(query: string, asked?: BrowserRequest, browser?: CookieBrowser): Promise<GraphQLExchange>;
  /** Logs in by cookie, and returns the cookies. */
  login(): Promise<{ readonly auth: string; readonly refresh: string }>;
}

/** The response to a query. */
export interface GraphQLExchange extends Exchange {
  readonly answer: Answer["body"];
}

/** The schema; `refused` collects the errors that its resolvers catch. */
export function createSessionSchema(resolvers: SessionResolvers = {}, refused: unknown[] = []): GraphQLSchema {
  const noting = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      refused.push(error);
      throw error;
    }
  };
  return createGuardedSchema(typeDefs, {
    Query: {
      open: () => "open",
      me: (_, __, { auth }) => auth.token?.sub,
      greet: (_, __, { auth }) => auth.token?.sub ?? "stranger",
      late: (_, __, context) => noting(resolvers.late?.(context) ?? Promise.resolve(null)),
      lateMe: (_, __, context) => resolvers.lateMe?.(context),
    },
    Mutation: {
      login: (_, { user, deliver }: { user: string; deliver?: Deliver }, { auth }) =>
        noting(auth.login(user, deliver ? { deliver } : {})),
      refresh: (_, { deliver, token }: { deliver?: Deliver; token?: string }, { auth }) =>
        noting(auth.refresh({ ...(deliver ? { deliver } : {}), ...(token === undefined ? {} : { token }) })),
      logout: async (_, args: { deliver?: Deliver }, { auth }) => {
        await noting(auth.logout(args));
        return true;
      },
      act: (_, __, { auth }) => auth.token?.sub,
      renew: (_, __, { auth }) => auth.token?.sub,
    },
    Subscription: {
      tick: { subscribe: () => resolvers.tick?.(), resolve: (value: number) => value },
      loginInStream: {
        subscribe: async function* () {
          yield 1;
        },
        resolve: async (value: number, _: unknown, { auth }: Context) => {
          await noting(auth.login("alice"));
          return value;
        },
      },
    },
  });
}

/** Starts a server with sessions and cookies. */
export async function startSessions(
  host: GraphQLHost,
  config: Partial<AuthManagerConfig> = {},
  app: { readonly resolvers?: SessionResolvers; readonly plugins?: readonly Plugin[] } = {},
): Promise<SessionServer> {
  const stage = openSessionStage(config);
  const { auth, browser } = stage;
  const refused: unknown[] = [];
  const schema = createSessionSchema(app.resolvers, refused);
  const url = await host.start({ schema, auth, plugins: app.plugins ?? [] });
  const ask: SessionServer["ask"] = async (query, asked = {}, by = browser) => {
    const isGet = asked.method === "GET";
    const to = isGet ? `${url}?query=${encodeURIComponent(query)}` : url;
    // Apollo accepts a GET only with a header that a form cannot send.
    const headers = isGet ? { "apollo-require-preflight": "1" } : {};
    const body = isGet ? {} : { body: { query } };
    const exchange = await by.send(to, { ...body, ...asked, headers: { ...headers, ...asked.headers } });
    return Object.defineProperty(exchange, "answer", { get: () => exchange.json }) as GraphQLExchange;
  };
  return {
    ...stage,
    url,
    refused,
    ask,
    async login() {
      const { answer } = await ask("mutation { login { expiresIn } }");
      if (answer.errors) throw new Error(`The login was answered with ${answer.errors[0]?.message}`);
      return pairIn(browser);
    },
  };
}

/** The value of a field, or the code and reason of its refusal. */
export function outcomeOf({ answer }: GraphQLExchange, field: string): unknown {
  const error = answer.errors?.find(({ path }) => path?.[0] === field);
  if (!error) return answer.data?.[field];
  return { code: error.extensions?.code, reason: error.extensions?.auth?.reason };
}

/** The reason of a refusal, or the error itself. */
export function reasonOf(error: unknown): unknown {
  return isAuthError(error) ? error.reason : error;
}

async function serve(handler: RequestListener): Promise<string> {
  return `${await listenForTest(createServer(handler))}/graphql`;
}
