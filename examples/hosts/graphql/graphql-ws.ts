/** graphql-ws on the sockets of ws: all operations over WebSockets. */
import { createServer } from "node:http";
import type { AuthManager } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { execute, type FormattedExecutionResult, type GraphQLError, subscribe } from "graphql";
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
      // A context for each operation, so that each operation checks its caller again.
      context: (connection) => ({ ...createContext(connection) }),
      // Verifies the token before execution, so that no field has to wait for the verification.
      execute: async (args) => {
        await createContext.prepare(args);
        return execute(args);
      },
      subscribe: async (args) => {
        await createContext.prepare(args);
        return subscribe(args);
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
