/** How the hosts on a plain Node server listen. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that listens. */
export interface Running {
  /** Where it is called, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts `server` on loopback; port 0 takes a free one. `stop` ends what listens on the server
 * besides itself.
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
