/** Real WebSocket clients of the tRPC suites, closed when their test ends. */
import { createWSClient, type TRPCWebSocketClient } from "@trpc/client";
import { onTestFinished } from "vitest";
import WebSocket from "ws";

/** The credentials of a socket. */
export interface SocketOptions {
  /** Sent as `connectionParams`, not as a header. */
  readonly token?: string;
  readonly connectionParams?: Record<string, string>;
  /** Headers of the upgrade request, which a browser would set by itself. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One WebSocket, for `wsLink`. */
export function openSocket(
  url: string,
  { token, connectionParams, headers = {} }: SocketOptions = {},
): TRPCWebSocketClient {
  const params = connectionParams ?? (token === undefined ? undefined : { authorization: `Bearer ${token}` });
  class SocketWithHeaders extends WebSocket {
    constructor(address: string | URL, protocols?: string | string[]) {
      super(address, protocols, { headers: { ...headers } });
    }
  }
  const client = createWSClient({
    url,
    // The client expects the browser's class; ws has all that it uses.
    WebSocket: SocketWithHeaders as unknown as typeof globalThis.WebSocket,
    ...(params ? { connectionParams: params } : {}),
  });
  onTestFinished(() => client.close());
  return client;
}
