/** Starts a Node server for the hosts. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A running server. */
export interface Running {
  /** The URL of the endpoint, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts `server` on loopback. Port 0 takes a free port. `stop` closes everything else that uses
 * the server, such as a WebSocket server.
 */
export async function listen(
  server: Server,
  { port = 0, path = "", stop }: { port?: number; path?: string; stop?: () => Promise<void> },
): Promise<Running> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      await stop?.();
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
