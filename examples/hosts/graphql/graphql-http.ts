/** graphql-http on a plain Node server. */
import { createServer, STATUS_CODES } from "node:http";
import type { AuthManager } from "claimgate";
import { authHttpResponse, createGraphQLContext } from "claimgate/graphql";
import { execute, GraphQLError, getOperationAST } from "graphql";
import { createHandler } from "graphql-http/lib/use/http";
import { listen } from "../listen.ts";
import type { HostOptions, RunningHost } from "./host.ts";
import { maskError } from "./mask-error.ts";
import { createSchema } from "./schema.ts";

const MEDIA_TYPE = "application/graphql-response+json";

export async function start(auth: AuthManager, options: HostOptions = {}): Promise<RunningHost> {
  const { port = 0, schema = createSchema() } = options;
  const createContext = createGraphQLContext(auth, { schema });
  const handler = createHandler({
    schema,
    context: ({ raw }) => ({ ...createContext({ req: raw }) }),
    // Verifies the token before execution, so that no field has to wait for the verification.
    execute: async (args) => {
      await createContext.prepare(args);
      return execute(args);
    },
    formatError: (error) => (error instanceof GraphQLError ? maskError(error) : error),
    onOperation({ raw }, { document, operationName }, result) {
      const operation = getOperationAST(document, operationName);
      const { status, headers, body } = authHttpResponse(result, { operation });
      if (status === 200) return undefined; // graphql-http answers
      const type = raw.headers.accept?.includes(MEDIA_TYPE) ? MEDIA_TYPE : "application/json";
      const init = { status, statusText: STATUS_CODES[status] ?? "" };
      return [JSON.stringify(body), { ...init, headers: { ...headers, "content-type": `${type}; charset=utf-8` } }];
    },
  });
  return listen(createServer(handler), { port, path: "/graphql" });
}
