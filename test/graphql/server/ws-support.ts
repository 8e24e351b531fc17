/** A Yoga that serves WebSockets with graphql-ws, and clients that connect to it. */
import { createServer } from "node:http";
import { type Client, createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import type { YogaServerInstance } from "graphql-yoga";
import { WebSocket, WebSocketServer } from "ws";
import { listen } from "../../support/listen.ts";
import type { StreamEvent } from "./stream-support.ts";

/** A server on loopback. */
export interface WsServer {
  /** The host with the port. */
  readonly host: string;
  /** Connects with headers of the upgrade request and connection parameters. */
  connect(options?: ConnectOptions): Client;
  close(): Promise<void>;
}

/** The credentials of a client when it connects. */
export interface ConnectOptions {
  readonly headers?: Record<string, string>;
  readonly connectionParams?: Record<string, unknown>;
}

type Enveloped = { execute(args: unknown): never; subscribe(args: unknown): never };
type EnvelopedArgs = { readonly rootValue: Enveloped };

/** Starts a server for HTTP and WebSockets. */
export async function serveWs(yoga: YogaServerInstance<object, object>): Promise<WsServer> {
  const server = createServer(yoga);
  const sockets = new WebSocketServer({ server, path: "/graphql" });
  const running = useServer(
    {
      execute: (args) => (args as unknown as EnvelopedArgs).rootValue.execute(args),
      subscribe: (args) => (args as unknown as EnvelopedArgs).rootValue.subscribe(args),
      onSubscribe: async (ctx, _id, params) => {
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          ...ctx,
          req: ctx.extra.request,
          socket: ctx.extra.socket,
          params,
        });
        const args = {
          schema,
          operationName: params.operationName,
          document: parse(params.query),
          variableValues: params.variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
        const errors = validate(args.schema, args.document);
        return errors.length > 0 ? errors : args;
      },
    },
    sockets,
  );
  const { url, close } = await listen(server);
  const { host } = new URL(url);
  const clients: Client[] = [];
  return {
    host,
    connect({ headers = {}, connectionParams } = {}) {
      class HeaderSocket extends WebSocket {
        constructor(url: string, protocols?: string | string[]) {
          super(url, protocols, { headers });
        }
      }
      const client = createClient({
        url: `ws://${host}/graphql`,
        webSocketImpl: HeaderSocket,
        retryAttempts: 0,
        ...(connectionParams === undefined ? {} : { connectionParams }),
      });
      clients.push(client);
      return client;
    },
    async close() {
      await Promise.all(clients.map((client) => client.dispose()));
      await running.dispose();
      await close();
    },
  };
}

/** Reads the events of an operation; a refusal before the first event is an event with errors. */
export function openSocketEvents(client: Client, query: string): () => Promise<StreamEvent | undefined> {
  const events = client.iterate({ query });
  return async () => {
    try {
      const { done, value } = await events.next();
      return done ? undefined : (value as StreamEvent);
    } catch (errors) {
      if (!Array.isArray(errors)) throw errors;
      return { errors: errors as NonNullable<StreamEvent["errors"]> };
    }
  };
}
