/** tRPC on its standalone server. */
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import type { AuthManager } from "claimgate";
import { createTRPCContext } from "claimgate/trpc";
import { listen, type Running } from "../listen.ts";
import { appRouter } from "./router.ts";

export function start(auth: AuthManager, port = 0): Promise<Running> {
  const server = createHTTPServer({ router: appRouter, createContext: createTRPCContext(auth) });
  return listen(server, { port });
}
