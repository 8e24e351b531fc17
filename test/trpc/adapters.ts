/** Starts a router behind each of tRPC's adapters on loopback, and connects real clients to it. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import websocket from "@fastify/websocket";
import type { AnyRouter } from "@trpc/server";
import { createExpressMiddleware } from "@trpc/server/adapters/express";
import { type FastifyTRPCPluginOptions, fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import type { TRPCContextOptions } from "claimgate/trpc";
import express from "express";
import fastify from "fastify";
import { onTestFinished } from "vitest";
import { WebSocketServer } from "ws";
import { type Listening, listen } from "../support/listen.ts";

/** The parts of a server that every adapter receives. */
export interface Served {
  readonly router: AnyRouter;
  readonly createContext: (opts: TRPCContextOptions) => Promise<object>;
  /** Headers that the application adds to every response. */
  readonly responseMeta?: () => { readonly headers: Headers };
}

/** An adapter that serves a router. */
export interface Adapter {
  readonly name: string;
  start(served: Served): Promise<Listening>;
}

/** The adapters that answer HTTP requests. */
export const httpAdapters: readonly Adapter[] = [
  { name: "fetch", start: startFetch },
  { name: "standalone", start: startStandalone },
  { name: "express", start: startExpress },
  { name: "fastify", start: startFastify },
];

/** The adapters in which one context serves a whole WebSocket. */
export const socketAdapters: readonly Adapter[] = [
  { name: "ws", start: startSockets },
  { name: "fastify with useWSS", start: startFastifySockets },
];

/** Starts a server that stops when the test ends. */
export async function serve(
  served: Served,
  start: Adapter["start"] = startStandalone,
): Promise<{ readonly url: string }> {
  const listening = await start(served);
  onTestFinished(() => listening.close());
  return listening;
}

/** The Fetch adapter, behind a Node server that creates a `Request`. */
async function startFetch(served: Served): Promise<Listening> {
  const server = createServer((req, res) => {
    const answer = async (): Promise<void> => {
      const request = await toFetchRequest(req, res);
      const response = await fetchRequestHandler({ endpoint: "/trpc", req: request, ...served });
      res.writeHead(response.status, {
        ...Object.fromEntries(response.headers),
        "set-cookie": response.headers.getSetCookie(),
      });
      if (response.body) Readable.fromWeb(response.body as never).pipe(res);
      else res.end();
    };
    answer().catch((error: unknown) => res.destroy(error as Error));
  });
  return listenAt(server, "/trpc");
}

/** The standalone adapter. */
export function startStandalone(served: Served): Promise<Listening> {
  return listenAt(createHTTPServer({ ...served }), "");
}

/** The ws adapter. */
export async function startSockets({ router, createContext }: Served): Promise<Listening> {
  const wss = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  applyWSSHandler({ wss, router, createContext });
  await new Promise((resolve) => wss.once("listening", resolve));
  return {
    url: `ws://127.0.0.1:${(wss.address() as AddressInfo).port}`,
    close: async () => {
      for (const socket of wss.clients) socket.terminate();
      await new Promise((resolve) => wss.close(resolve));
    },
  };
}

function startExpress(served: Served): Promise<Listening> {
  const app = express();
  app.use("/trpc", createExpressMiddleware({ ...served }));
  return listenAt(createServer(app), "/trpc");
}

async function startFastify(served: Served): Promise<Listening> {
  // A batch names all its procedures in one path parameter.
  const app = fastify({ forceCloseConnections: true, routerOptions: { maxParamLength: 5000 } });
  await app.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: { ...served },
  } satisfies FastifyTRPCPluginOptions<AnyRouter>);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url: `${url}/trpc`, close: async () => app.close() };
}

async function startFastifySockets({ router, createContext }: Served): Promise<Listening> {
  const app = fastify({ forceCloseConnections: true });
  await app.register(websocket);
  await app.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    useWSS: true,
    trpcOptions: { router, createContext },
  } satisfies FastifyTRPCPluginOptions<AnyRouter>);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  return { url: `${url.replace("http", "ws")}/trpc`, close: async () => app.close() };
}

async function listenAt(server: Server, path: string): Promise<Listening> {
  const { url, close } = await listen(server);
  return { url: `${url}${path}`, close };
}

// Appends repeated headers, which joins them by commas as every Fetch server does.
async function toFetchRequest(req: IncomingMessage, res: ServerResponse): Promise<Request> {
  const left = new AbortController();
  res.on("close", () => left.abort());
  const headers = new Headers();
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    headers.append(req.rawHeaders[i] as string, req.rawHeaders[i + 1] as string);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
  const { method = "GET" } = req;
  return new Request(`http://${req.headers.host}${req.url}`, { method, headers, signal: left.signal, ...body });
}
