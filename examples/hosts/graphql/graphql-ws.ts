/** graphql-ws on the sockets of ws: queries, mutations and subscriptions over WebSockets. */
import { createServer } from "node:http";
import type { AuthManager } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { execute, type FormattedExecutionResult, type GraphQLError } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { WebSocketServer } from "ws";
import { listen } from "../listen.ts";
import type { HostOptions, RunningHost } from "./host.ts";
import { maskError } from "./mask-error.ts";
import { createSchema } from "./schema.ts";

const maskAll = (errors: readonly GraphQLError[]) => errors.map((error) => maskError(error).toJSON());

export async function start(auth: AuthManager, options: HostOptions = {}): Promise<RunningHost> {
  const { port = 0, schema = createSchema() } = options;
  const createContext = createGraphQLContext(auth, { schema });
  const server = createServer((_, response) => response.writeHead(426, { upgrade: "websocket" }).end());
  const sockets = useServer(
    {
      schema,
      // Made for each operation, so that each asks anew who may.
      context: (connection) => ({ ...createContext(connection) }),
      // The fields of a list would otherwise each wait for a token that nobody has seen yet.
      execute: async (args) => {
        await createContext.prepare(args);
        return execute(args);
      },
      onNext(_connection, _id, _payload, _args, { errors, ...result }) {
        return (errors ? { ...result, errors: maskAll(errors) } : result) as FormattedExecutionResult;
      },
      onError: (_connection, _id, _payload, errors) => maskAll(errors),
    },
    new WebSocketServer({ server, path: "/graphql" }),
  );
  const running = await listen(server, { port, path: "/graphql", stop: async () => sockets.dispose() });
  return { ...running, wsUrl: running.url.replace("http:", "ws:") };
}
