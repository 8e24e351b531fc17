/** tRPC on Hono with @hono/node-server. On Bun, Deno and Cloudflare Workers, serve `app` itself. */
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { trpcServer } from "@hono/trpc-server";
import type { AuthManager } from "claimgate";
import { createTRPCContext } from "claimgate/trpc";
import { Hono } from "hono";
import { listen, type Running } from "../listen.ts";
import { appRouter } from "./router.ts";

export function createApp(auth: AuthManager): Hono {
  const app = new Hono();
  app.use("/trpc/*", trpcServer({ router: appRouter, createContext: createTRPCContext(auth) }));
  return app;
}

export function start(auth: AuthManager, port = 0): Promise<Running> {
  return listen(createServer(getRequestListener(createApp(auth).fetch)), { port, path: "/trpc" });
}
