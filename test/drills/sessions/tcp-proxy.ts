/** A TCP proxy that can hold back data and release it later, to simulate a store that hangs. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** `requests` holds back the data of the clients, `replies` that of the server. */
export type Held = "requests" | "replies";

export interface TCPProxy {
  readonly port: number;
  /** Holds back data on every connection, including new ones, from now on. */
  hold(what: Held): void;
  /**
   * Holds back data on each connection from the first request that matches `pattern`. The text of a
   * prepared statement counts as part of each request that names it.
   */
  holdFrom(pattern: RegExp, what: Held): void;
  /** Closes every connection, current and new. Held data is lost. */
  drop(): void;
  /**
   * Closes every connection on the clients' side, current and new. Held requests still reach the
   * server, after `milliseconds`. A client sees the same when its server is slow to read data that
   * has already arrived.
   */
  dropAndDeliver(milliseconds: number): void;
  /** Releases held data, and passes on everything again. */
  release(): void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  readonly requests: Buffer[];
  readonly replies: Buffer[];
  held: Held | undefined;
}

// "Parse" of PostgreSQL: a connection sends the text of a named statement once.
const PARSE = /P[^]{4}(claimgate_[0-9a-f]+)\0([^\0]*)\0/g;

/** A proxy on a free port of loopback, in front of another port there. */
export async function startProxy(target: number): Promise<TCPProxy> {
  const pairs = new Set<Pair>();
  let held: Held | undefined;
  let trigger: { readonly pattern: RegExp; readonly what: Held } | undefined;
  let isRefusing = false;
  const statements = new Map<string, string>();

  const textOf = (bytes: Buffer): string => {
    const request = bytes.toString("latin1");
    for (const [, name = "", text = ""] of request.matchAll(PARSE)) statements.set(name, text);
    const named = [...statements].filter(([name]) => request.includes(name)).map(([, text]) => text);
    return [request, ...named].join("\0");
  };

  const listener = createServer((client) => {
    if (isRefusing) {
      client.on("error", () => undefined).destroy();
      return;
    }
    const server = connect(target, "127.0.0.1");
    const pair: Pair = { client, server, requests: [], replies: [], held: undefined };
    pairs.add(pair);
    client.setNoDelay(true);
    server.setNoDelay(true);
    client.on("data", (bytes) => {
      const text = textOf(bytes);
      if (trigger?.pattern.test(text)) pair.held = trigger.what;
      if ((held ?? pair.held) === "requests") pair.requests.push(bytes);
      else server.write(bytes);
    });
    server.on("data", (bytes) => {
      if ((held ?? pair.held) === "replies") pair.replies.push(bytes);
      else if (!client.destroyed) client.write(bytes);
    });
    client.on("error", () => undefined);
    server.on("error", () => undefined);
    client.on("close", () => {
      // Sent data still arrives, although no client waits for the answer.
      if (pair.requests.length === 0) server.destroy();
    });
    server.on("close", () => {
      pairs.delete(pair);
      client.destroy();
    });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");

  const drop = (): void => {
    isRefusing = true;
    for (const { client, server } of pairs) {
      client.destroy();
      server.destroy();
    }
  };

  return {
    port: (listener.address() as AddressInfo).port,
    hold(what) {
      held = what;
    },
    holdFrom(pattern, what) {
      trigger = { pattern, what };
    },
    drop,
    dropAndDeliver(milliseconds) {
      isRefusing = true;
      const cut = [...pairs];
      for (const { client } of cut) client.destroy();
      setTimeout(() => {
        for (const { server, requests } of cut) if (requests.length > 0) server.end(Buffer.concat(requests.splice(0)));
      }, milliseconds);
    },
    release() {
      held = undefined;
      trigger = undefined;
      isRefusing = false;
      for (const pair of pairs) {
        pair.held = undefined;
        for (const bytes of pair.requests.splice(0)) pair.server.write(bytes);
        for (const bytes of pair.replies.splice(0)) if (!pair.client.destroyed) pair.client.write(bytes);
        if (pair.client.destroyed) pair.server.end();
      }
    },
    async close() {
      const closed = once(listener, "close");
      listener.close();
      drop();
      await closed;
    },
  };
}
