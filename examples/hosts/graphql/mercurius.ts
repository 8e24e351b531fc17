/** Mercurius on Fastify: all operations over HTTP and WebSockets. */
import type { AuthManager } from "claimgate";
import { authHttpResponse, createGraphQLContext, type GraphQLAuthContext } from "claimgate/graphql";
import fastify, { type FastifyRequest } from "fastify";
import { type DocumentNode, type GraphQLError, getOperationAST } from "graphql";
import mercurius, { type MercuriusContext, type MercuriusOptions } from "mercurius";
import type { HostOptions, RunningHost } from "./host.ts";
import { maskError } from "./mask-error.ts";
import { createSchema } from "./schema.ts";

/** The members of a context that the types of Mercurius lack. */
type Context = Partial<GraphQLAuthContext> & {
  document?: DocumentNode;
  /**
   * On a WebSocket: the upgraded request and the payload of `connection_init`.
   */
  readonly request?: FastifyRequest;
  readonly _connectionInit?: unknown;
};

// Callers may see errors of Mercurius and Fastify, such as those of an invalid query.
function isHostsOwn({ originalError }: GraphQLError): boolean {
  return /^(MER|FST)_/.test(String((originalError as { code?: unknown } | undefined)?.code));
}

const formatErrors: NonNullable<MercuriusOptions["errorFormatter"]> = (execution, context) => {
  const { reply, operationsCount, document } = context as MercuriusContext & Context;
  // The operations of a batch share one status, and those on a WebSocket have none.
  if (reply && document && operationsCount === undefined) {
    const { operationName } = (reply.request.body ?? reply.request.query) as { operationName?: string };
    const operation = getOperationAST(document, operationName);
    const { status, headers, body } = authHttpResponse(execution, { operation });
    if (status !== 200) {
      void reply.headers(headers);
      return { statusCode: status, response: body };
    }
  }
  const errors = execution.errors.map((error) => (isHostsOwn(error) ? error : maskError(error)));
  return mercurius.defaultErrorFormatter({ ...execution, errors }, context);
};

export async function start(
  auth: AuthManager,
  options: HostOptions & Pick<MercuriusOptions, "jit"> = {},
): Promise<RunningHost> {
  const { port = 0, schema = createSchema(), batching = false, jit = 0 } = options;
  const app = fastify();
  await app.register(mercurius, {
    schema,
    context: (request) => createContext({ req: request }),
    errorFormatter: formatErrors,
    subscription: { fullWsTransport: true },
    allowBatchedQueries: batching,
    jit,
  });
  // Checks the schema as served: resolvers and loaders of the options replace guarded resolvers.
  const createContext = createGraphQLContext(auth, { schema: app.graphql.schema });
  // On a WebSocket, each operation has its own context.
  const addAuth = (context: Context): unknown =>
    Object.assign(context, createContext({ req: context.request, connectionParams: context._connectionInit }));
  app.graphql.addHook("preSubscriptionExecution", async (served, document, context: Context) => {
    addAuth(context);
    await createContext.prepare({ schema: served, document, contextValue: context });
  });
  app.graphql.addHook("preExecution", async (served, document, context: Context, variableValues) => {
    context.document ??= document;
    if (!context.auth) addAuth(context);
    // Verifies the token before execution, so that no field has to wait for the verification.
    await createContext.prepare({ schema: served, document, variableValues, contextValue: context });
  });
  const address = await app.listen({ port, host: "127.0.0.1" });
  const url = `${address}/graphql`;
  return { url, wsUrl: url.replace("http:", "ws:"), close: () => app.close() };
}
