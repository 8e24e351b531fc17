/** A TCP proxy that can keep back what passes through it, and let it go later: between an application and a store that hangs. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** `requests`: what clients send is kept back; `replies`: what the server answers is. */
export type Held = "requests" | "replies";

export interface TCPProxy {
  readonly port: number;
  /** From now on, on every connection, new ones included. */
  hold(what: Held): void;
  /** The same, on each connection from the request on that `pattern` is found in. */
  holdFrom(pattern: RegExp, what: Held): void;
  /** Closes every connection, and each that comes. What is held is lost. */
  drop(): void;
  /**
   * Closes every connection on the clients' side, and each that comes. The requests that are held
   * reach the server all the same, after `milliseconds`: so it looks to a client when its server is
   * slow to read what has arrived already.
   */
  dropAndDeliver(milliseconds: number): void;
  /** Lets go of what is held, and passes everything on again. */
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

/** A proxy on a free port of loopback, in front of another port there. */
export async function startProxy(target: number): Promise<TCPProxy> {
  const pairs = new Set<Pair>();
  let held: Held | undefined;
  let trigger: { readonly pattern: RegExp; readonly what: Held } | undefined;
  let isRefusing = false;

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
      if (trigger?.pattern.test(bytes.toString("latin1"))) pair.held = trigger.what;
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
      // What was sent was sent: it arrives though nobody waits for the answer.
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
