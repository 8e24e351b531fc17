/** The HTTP server: the page, tRPC, GraphQL and the public keys. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServerAdapter } from "@whatwg-node/server";
import { jwksHandler, type SessionStore } from "claimgate";
import { WebSocketServer } from "ws";
import { type Auth, type AuthOptions, createAuth } from "./auth.ts";
import { type Database, openDatabase } from "./database.ts";
import { createGraphQLHandler } from "./graphql.ts";
import { servePage } from "./page.ts";
import { openSessions } from "./sessions.ts";
import { createTRPCHandler, serveTRPCSockets } from "./trpc.ts";
import { openUsers, type Users } from "./users.ts";

export interface ServerOptions extends AuthOptions {
  /** The port; 0 takes a free port. */
  readonly port: number;
  /** The database. Default: the one of `DATABASE_URL`, or one in memory. */
  readonly database?: Database;
  /** The session store. Default: Redis at `REDIS_URL`, else a database server, else memory. */
  readonly sessions?: SessionStore;
}

export interface RunningServer {
  readonly url: string;
  readonly auth: Auth;
  readonly users: Users;
  readonly sessions: SessionStore;
  /** Stops the server and closes everything that it opened itself. */
  close(): Promise<void>;
}

export async function startServer({ port, ...options }: ServerOptions): Promise<RunningServer> {
  const closers: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const closeOne of closers.splice(0).toReversed()) await closeOne();
  };
  try {
    const database = options.database ?? (await openDatabase());
    if (!options.database) closers.push(() => database.close());
    const users = await openUsers(database);
    const opened = options.sessions ? undefined : await openSessions(database);
    if (opened) closers.push(() => opened.close());
    const sessions = (options.sessions ?? opened?.store) as SessionStore;

    const auth = createAuth(users, sessions, options);
    // A missing key must fail the start, not the first request.
    await auth.ready();
    const trpc = createTRPCHandler(auth, users);
    const graphql = createGraphQLHandler(auth, users);
    closers.push(() => graphql.dispose());
    const jwks = createServerAdapter(jwksHandler(auth));

    const server = createServer((req, res) => {
      const path = req.url?.split("?", 1)[0] ?? "";
      if (path.startsWith("/trpc/")) trpc(req, res);
      else if (path === "/graphql") void graphql(req, res);
      else if (path === "/.well-known/jwks.json") void jwks(req, res);
      else if (!servePage(path, res)) res.writeHead(404).end("Try / or /graphql or /trpc\n");
    });
    const sockets = new WebSocketServer({ server, path: "/trpc" });
    serveTRPCSockets(sockets, auth, users);
    closers.push(() => {
      server.close();
      server.closeAllConnections();
      for (const socket of sockets.clients) socket.terminate();
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");

    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, auth, users, sessions, close };
  } catch (error) {
    await close();
    throw error;
  }
}
