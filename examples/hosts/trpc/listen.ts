/** Lets a server listen on loopback. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that listens. */
export interface Running {
  /** Where its procedures are, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts `server`; port 0 takes a free one. */
export async function listen(
  server: Server,
  { port = 0, path = "" }: { port?: number; path?: string },
): Promise<Running> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
