/** The real stores of the store suite and the drills, opened and closed again. */
import { PGlite } from "@electric-sql/pglite";
import type { SessionStore } from "claimgate";
import { memorySessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import { redisSessionStore } from "claimgate/redis";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";

export const REDIS_URL = process.env["REDIS_URL"] || "redis://127.0.0.1:6379";
export const DATABASE_URL = process.env["DATABASE_URL"] || "postgres://postgres@127.0.0.1:5432/postgres";

export interface OpenStore {
  readonly store: SessionStore;
  close(): Promise<void>;
}

/** A name that no other run uses. */
export function uniqueName(): string {
  return `claimgate_test_${crypto.randomUUID().replaceAll("-", "").slice(0, 12)}`;
}

export async function openMemory(): Promise<OpenStore> {
  return { store: memorySessionStore(), close: async () => undefined };
}

export async function openNodeRedis(prefix: string, url: string = REDIS_URL): Promise<OpenStore> {
  const client = createClient({ url });
  client.on("error", () => undefined);
  await client.connect();
  return { store: redisSessionStore(client, { prefix }), close: async () => client.destroy() };
}

export async function openIORedis(prefix: string, url: string = REDIS_URL): Promise<OpenStore> {
  const client = new Redis(url, { lazyConnect: true });
  client.on("error", () => undefined);
  await client.connect();
  return { store: redisSessionStore(client, { prefix }), close: async () => client.disconnect() };
}

/** With a new table, which is dropped when the store closes. */
export async function openPostgres(table: string, url: string = DATABASE_URL): Promise<OpenStore> {
  const pool = new pg.Pool({ connectionString: url });
  pool.on("error", () => undefined);
  const store = postgresSessionStore(pool, { table });
  await store.migrate();
  return {
    store,
    async close() {
      await pool.query(`drop table if exists "${table}", "${table}_version"`);
      await pool.end();
    },
  };
}

export async function openPGlite(): Promise<OpenStore> {
  const pglite = await PGlite.create();
  const store = postgresSessionStore(pglite);
  await store.migrate();
  return { store, close: () => pglite.close() };
}
