/** One HTTP server for both APIs: tRPC at /trpc, GraphQL at /graphql, and the public keys at /.well-known/jwks.json. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createServerAdapter } from "@whatwg-node/server";
import { jwksHandler } from "claimgate";
import { type Auth, createAuth } from "./auth.ts";
import { type Database, openDatabase } from "./database.ts";
import { createGraphQLHandler } from "./graphql.ts";
import { createTRPCHandler } from "./trpc.ts";
import { openUsers } from "./users.ts";

export interface ServerOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Default: one with the keys of `JWT_KEYS`, or a new key. */
  readonly auth?: Auth;
  /** Default: the one of `DATABASE_URL`, or one in memory. */
  readonly database?: Database;
}

export interface RunningServer {
  readonly url: string;
  /** Stops the server and closes the database, unless that was given. */
  close(): Promise<void>;
}

export async function startServer({ port, auth = createAuth(), database }: ServerOptions): Promise<RunningServer> {
  const opened = database ?? (await openDatabase());
  const closeDatabase = async (): Promise<void> => {
    if (!database) await opened.close();
  };
  try {
    // A key that cannot be had stops the start, not the first request.
    await auth.ready();
    const users = await openUsers(opened);
    const trpc = createTRPCHandler(auth, users);
    const graphql = createGraphQLHandler(auth, users);
    const jwks = createServerAdapter(jwksHandler(auth));

    const server = createServer((req, res) => {
      const path = req.url?.split("?", 1)[0] ?? "";
      if (path.startsWith("/trpc/")) trpc(req, res);
      else if (path === "/graphql") void graphql(req, res);
      else if (path === "/.well-known/jwks.json") void jwks(req, res);
      else res.writeHead(404).end("Try /graphql or /trpc\n");
    });
    server.listen(port, "127.0.0.1");
    await once(server, "listening");

    return {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      async close() {
        server.close();
        server.closeAllConnections();
        await graphql.dispose();
        await closeDatabase();
      },
    };
  } catch (error) {
    await closeDatabase();
    throw error;
  }
}
