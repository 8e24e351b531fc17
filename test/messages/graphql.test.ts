/** The messages of `claimgate/graphql`, with the words of their remedies. */
import { createServer } from "node:http";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { memorySessionStore } from "claimgate";
import { createGraphQLContext, type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { type GraphQLSchema, graphql, parse, subscribe } from "graphql";
import { createYoga, type YogaServerOptions } from "graphql-yoga";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import type { Answer } from "../support/graphql.ts";
import { listenForTest } from "../support/listen.ts";
import { testMessages } from "../support/message-table.ts";
import { send } from "../support/send.ts";

const directive = requireTokenDirective();
const { auth } = createAuth({ sessions: memorySessionStore(), cookies: { auth: "auth", refresh: "refresh" } });

const typeDefs = `
  type Query { me: String @requireToken, node: Node }
  type Mutation { login: Float, logout: Boolean }
  type Subscription { tick: Int @requireToken }
  union Node = Secret
  type Secret @requireToken { id: ID }
`;
const resolvers = {
  Query: { me: () => "a resolver that ran", node: () => ({ __typename: "Secret", id: "1" }) },
  Mutation: {
    login: async (_: unknown, __: unknown, context: GraphQLAuthContext) =>
      (await context.auth.login("ada", { deliver: "cookies" })).expiresIn,
    logout: async (_: unknown, __: unknown, context: GraphQLAuthContext) => {
      await context.auth.logout();
      return true;
    },
  },
};

const buildUnguarded = (): GraphQLSchema =>
  makeExecutableSchema({ typeDefs: [directive.typeDefs, typeDefs], resolvers });
const buildGuarded = (): GraphQLSchema => directive.apply(buildUnguarded());

type Body = Answer["body"];

async function post(url: string, query: string, headers: Readonly<Record<string, string>> = {}): Promise<Body> {
  const type = { accept: "application/json", "content-type": "application/json" };
  const sent = await send(url, { method: "POST", headers: { ...type, ...headers }, body: JSON.stringify({ query }) });
  return JSON.parse(sent.text) as Body;
}

async function askYoga(options: YogaServerOptions<object, object>, query = "{ me }"): Promise<Body> {
  const yoga = createYoga({ logging: false, ...options });
  return post(`${await listenForTest(createServer((req, res) => void yoga(req, res)))}/graphql`, query);
}

type Context = Parameters<typeof startStandaloneServer<GraphQLAuthContext>>[1] extends infer O
  ? NonNullable<O extends { context?: infer F } ? F : never>
  : never;

/** The first message of Apollo Server's answer to a page of its own origin. */
async function apolloMessage(query: string, context: Context): Promise<string | undefined> {
  const server = new ApolloServer<GraphQLAuthContext>({
    schema: buildGuarded(),
    includeStacktraceInErrorResponses: false,
  });
  const { url } = await startStandaloneServer(server, { context, listen: { port: 0, host: "127.0.0.1" } });
  onTestFinished(() => server.stop());
  return (await post(url, query, { origin: new URL(url).origin })).errors?.[0]?.message;
}

/** The warnings of the process that claimgate emits while `work` runs. */
async function warningsOf(work: () => unknown): Promise<string[]> {
  // In place of Node's, which writes them to stderr.
  const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  try {
    await work();
    return emit.mock.calls.map(([warning, options]) => {
      expect(options).toEqual({ type: "ClaimgateWarning", code: "CLAIMGATE_MISUSE" });
      return String(warning);
    });
  } finally {
    emit.mockRestore();
  }
}

const USE_AUTH = ["has no auth", "add useAuth(auth) to plugins"];
const CREATE_CONTEXT = ["has no auth", "return createContext({ req, res })", "createGraphQLContext(auth)"];
const APPLY = ["covers Query.me, but nothing guards it", "Call apply", "serve the schema that it returns"];

describe("a context without auth", () => {
  const contextValue = {};

  testMessages([
    {
      mistake: "a forgotten useAuth, in a warning of the process where Yoga masks the error",
      make: () => warningsOf(() => askYoga({ schema: buildGuarded() })),
      says: USE_AUTH,
    },
    {
      mistake: "a forgotten useAuth, in the log of Yoga",
      async make() {
        const logged: unknown[] = [];
        const ignore = (): void => undefined;
        const logging = { debug: ignore, info: ignore, warn: ignore, error: (error: unknown) => logged.push(error) };
        await warningsOf(() => askYoga({ schema: buildGuarded(), logging }));
        return (logged[0] as Error).message;
      },
      says: USE_AUTH,
    },
    {
      mistake: "a forgotten useAuth, in the answer of a Yoga in development",
      async make() {
        let answer: Body | undefined;
        const ask = async (): Promise<void> => {
          answer = await askYoga({ schema: buildGuarded(), maskedErrors: { isDev: true } });
        };
        await warningsOf(ask);
        return JSON.stringify(answer);
      },
      says: USE_AUTH,
    },
    {
      mistake: "a forgotten useAuth, where a field has a guarded type",
      make: () => warningsOf(() => askYoga({ schema: buildGuarded() }, "{ node { __typename } }")),
      says: USE_AUTH,
    },
    {
      mistake: "a forgotten createGraphQLContext on Apollo Server",
      async make() {
        let message: string | undefined;
        const ask = async (): Promise<void> => {
          message = await apolloMessage("{ me }", async () => ({}) as GraphQLAuthContext);
        };
        await warningsOf(ask);
        return message;
      },
      says: CREATE_CONTEXT,
    },
    {
      mistake: "a manager in place of a request's auth",
      make: () => warningsOf(() => askYoga({ schema: buildGuarded(), context: { auth } })),
      says: USE_AUTH,
    },
    {
      mistake: "a subscription without auth in its context",
      make: () =>
        warningsOf(() => subscribe({ schema: buildGuarded(), document: parse("subscription { tick }"), contextValue })),
      says: CREATE_CONTEXT,
    },
    {
      mistake: "an operation by hand without auth in its context",
      make: () => warningsOf(() => graphql({ schema: buildGuarded(), source: "{ me }", contextValue })),
      says: CREATE_CONTEXT,
    },
  ]);

  test("keeps the field closed and the cause from callers of Yoga", async () => {
    let answer: Body | undefined;
    const ask = async (): Promise<void> => {
      answer = await askYoga({ schema: buildGuarded() });
    };
    expect(await warningsOf(ask)).toHaveLength(1);
    expect(answer).toEqual({
      data: { me: null },
      errors: [
        {
          message: "Unexpected error.",
          path: ["me"],
          locations: [{ line: 1, column: 3 }],
          extensions: { code: "INTERNAL_SERVER_ERROR" },
        },
      ],
    });
  });

  test("is reported once for each schema, whatever the number of requests", async () => {
    const schema = buildGuarded();
    const askTwice = async (): Promise<void> => {
      await askYoga({ schema });
      await askYoga({ schema });
    };
    expect(await warningsOf(askTwice)).toHaveLength(1);
  });

  test("is not reported where useAuth fills it", async () => {
    expect(await warningsOf(() => askYoga({ schema: buildGuarded(), plugins: [useAuth(auth)] }))).toEqual([]);
  });
});

describe("a schema without its guards", () => {
  const plugins = [useAuth(auth)];
  const unguarded = buildUnguarded();

  testMessages([
    {
      mistake: "a forgotten apply at the start of Yoga",
      make: () => createYoga({ schema: buildUnguarded(), plugins: [useAuth(auth)] }),
      error: "TypeError",
      says: APPLY,
    },
    {
      mistake: "a forgotten apply in createGraphQLContext",
      make: () => createGraphQLContext(auth, { schema: buildUnguarded() }),
      error: "TypeError",
      says: APPLY,
    },
    {
      mistake: "a forgotten apply in a schema function of Yoga",
      make: () => warningsOf(() => askYoga({ schema: () => buildUnguarded(), plugins })),
      says: [...APPLY, "schema: () => directive.apply("],
    },
    {
      mistake: "a forgotten apply in an asynchronous schema function of Yoga",
      make: () => warningsOf(() => askYoga({ schema: async () => unguarded, plugins })),
      says: [...APPLY, "schema: () => directive.apply("],
    },
    {
      mistake: "a forgotten apply in the promise of a schema",
      make: () => warningsOf(() => askYoga({ schema: Promise.resolve(buildUnguarded()), plugins })),
      says: APPLY,
    },
    {
      mistake: "a schema that changed after apply",
      make: () =>
        createGraphQLContext(auth, { schema: makeExecutableSchema({ typeDefs: [directive.typeDefs, typeDefs] }) }),
      error: "TypeError",
      says: ["after every other change", "A server that wraps resolvers, as Apollo Server does, changes the schema"],
    },
  ]);

  test("answers nothing in Yoga, and keeps the cause from callers", async () => {
    let answer: Body | undefined;
    const ask = async (): Promise<void> => {
      answer = await askYoga({ schema: () => buildUnguarded(), plugins: [useAuth(auth)] });
    };
    expect(await warningsOf(ask)).toHaveLength(1);
    expect(answer).toEqual({
      errors: [{ message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } }],
    });
  });

  test("is not reported where the schema function applies the guards", async () => {
    expect(await warningsOf(() => askYoga({ schema: () => buildGuarded(), plugins: [useAuth(auth)] }))).toEqual([]);
  });
});

describe("cookies on Apollo Server", () => {
  const createContext = createGraphQLContext(auth);
  const RES = ["no response that could set them", "({ req, res }) => createContext({ req, res })", 'deliver: "body"'];

  testMessages([
    {
      mistake: "a login without res in the context function",
      make: () => apolloMessage("mutation { login }", async ({ req }) => createContext({ req })),
      says: ["Cookies cannot be set", ...RES],
    },
    {
      mistake: "a logout without res in the context function",
      make: () => apolloMessage("mutation { logout }", async ({ req }) => createContext({ req })),
      says: RES,
    },
  ]);

  test("are set where the context function passes res", async () => {
    expect(await apolloMessage("mutation { login }", async ({ req, res }) => createContext({ req, res }))).toBe(
      undefined,
    );
  });
});
