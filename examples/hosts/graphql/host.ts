/** What every host here takes and gives, and how those on a plain Node server listen. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { GraphQLSchema } from "graphql";

/** How a host is started. */
export interface HostOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** A guarded schema. Default: the one of schema.ts. */
  readonly schema?: GraphQLSchema;
  /** Whether an array of operations is answered in one response, where the host can do that. Default `false`. */
  readonly batching?: boolean;
}

/** A host that is running. */
export interface RunningHost {
  readonly url: string;
  /** Where it takes WebSockets. */
  readonly wsUrl?: string;
  close(): Promise<void>;
}

/** Listens on loopback. `stop` ends what listens on the server besides itself. */
export async function listen(server: Server, port: number, stop?: () => Promise<void>): Promise<RunningHost> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async close() {
      await stop?.();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
