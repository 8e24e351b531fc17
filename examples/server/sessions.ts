/** The session store: Redis if `REDIS_URL` is set, else a database server, else memory. */
import { memorySessionStore, type SessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import { redisSessionStore } from "claimgate/redis";
import { createClient } from "redis";
import type { Database } from "./database.ts";

const HOUR_MS = 3_600_000;

export interface OpenSessions {
  readonly store: SessionStore;
  close(): void;
}

export async function openSessions(
  database: Database,
  redisUrl: string | undefined = process.env["REDIS_URL"],
): Promise<OpenSessions> {
  if (redisUrl) return openRedis(redisUrl);
  return database.isServer ? openPostgres(database) : { store: memorySessionStore(), close: () => undefined };
}

async function openRedis(url: string): Promise<OpenSessions> {
  let isStarted = false;
  // The client reconnects after the start. Before it, a failed connection must fail the start.
  const reconnectStrategy = (retries: number, cause: Error) => (isStarted ? Math.min(100 * retries, 2000) : cause);
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy } });
  // Without a listener, the error of a lost connection would end the process.
  client.on("error", (error: Error) => console.error("Redis:", error.message));
  await client.connect();
  isStarted = true;
  return { store: redisSessionStore(client, { prefix: "claimgate-example" }), close: () => client.destroy() };
}

async function openPostgres(database: Database): Promise<OpenSessions> {
  const store = postgresSessionStore(database, { table: "claimgate_example_sessions" });
  await store.migrate();
  const deleteExpired = (): void => {
    store.deleteExpired().catch((error: Error) => console.error("Could not delete expired sessions:", error.message));
  };
  const timer = setInterval(deleteExpired, HOUR_MS).unref();
  return { store, close: () => clearInterval(timer) };
}
