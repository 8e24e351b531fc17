/** The session application on a real Node server: tRPC's and Yoga's Node adapters. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import type { Check } from "./checks.ts";
import { createContext, handleSessions, router, SESSIONS, yoga } from "./session-app.ts";
import { checkSessions, checkStores } from "./session-checks.ts";

/** The session checks: by calls of the fetch adapters, and over HTTP by the Node adapters. */
export async function checkSessionsOnServers(check: Check): Promise<void> {
  const called = (path: string, init?: RequestInit): Promise<Response> =>
    handleSessions(new Request(`http://web.test${path}`, init));
  const byFetch: Check = (what, holds) => check(`sessions, fetch: ${what}`, holds);
  await checkStores(byFetch, called);
  await checkSessions(byFetch, called);
  const trpc = createHTTPHandler({ router, createContext, basePath: `${SESSIONS}/trpc/` });
  const server = createServer((req, res) => {
    void (req.url?.startsWith(`${SESSIONS}/trpc/`) ? trpc(req, res) : yoga(req, res));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await checkSessions(
      (what, holds) => check(`sessions, Node: ${what}`, holds),
      (path, init) => fetch(`${origin}${path}`, init),
    );
  } finally {
    server.close();
    server.closeAllConnections?.();
  }
}
