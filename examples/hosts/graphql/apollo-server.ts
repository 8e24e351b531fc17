/** Apollo Server 5 with its own HTTP server. */
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import { unwrapResolverError } from "@apollo/server/errors";
import { startStandaloneServer } from "@apollo/server/standalone";
import { type AuthManager, isAuthError } from "claimgate";
import { authHttpResponse, createGraphQLContext, type GraphQLAuthContext } from "claimgate/graphql";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { HostOptions, RunningHost } from "./host.ts";
import { createSchema } from "./schema.ts";

/**
 * Sets the status of a rejected operation. The operations of a batch share one response, whose
 * status stays 200.
 */
export const refusals: ApolloServerPlugin = {
  requestDidStart: async () => ({
    async willSendResponse({ response, errors, operation, requestIsBatched }) {
      if (response.body.kind !== "single" || requestIsBatched) return;
      const { singleResult } = response.body;
      const { status, headers } = authHttpResponse({ data: singleResult.data, errors }, { operation });
      if (status === 200) return;
      response.http.status = status;
      for (const [name, value] of Object.entries(headers)) response.http.headers.set(name, value);
      delete singleResult.data;
    },
  }),
};

/** Hides unexpected errors from callers. */
function formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GraphQLError || isAuthError(cause)) return formatted;
  return { ...formatted, message: "Unexpected error.", extensions: { code: "INTERNAL_SERVER_ERROR" } };
}

export async function start(auth: AuthManager, options: HostOptions = {}): Promise<RunningHost> {
  const { port = 0, schema = createSchema(), batching = false } = options;
  const createContext = createGraphQLContext(auth, { schema });
  // Verifies the token before execution, so that no field has to wait for the verification.
  const preparation: ApolloServerPlugin<GraphQLAuthContext> = {
    requestDidStart: async () => ({
      async didResolveOperation({ schema: served, document, operationName, request, contextValue }) {
        await createContext.prepare({
          schema: served,
          document,
          operationName,
          variableValues: request.variables,
          contextValue,
        });
      },
    }),
  };
  const server = new ApolloServer<GraphQLAuthContext>({
    schema,
    plugins: [refusals, preparation],
    formatError,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: batching,
  });
  const { url } = await startStandaloneServer(server, {
    context: async ({ req, res }) => createContext({ req, res }),
    listen: { port, host: "127.0.0.1" },
  });
  return { url, close: () => server.stop() };
}
