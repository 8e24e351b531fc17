/** Opens stores that count their commands. Their keys and tables are removed at the end. */
import { memorySessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import { redisSessionStore } from "claimgate/redis";
import pg from "pg";
import { createClient } from "redis";
import { SkippedError } from "../../harness/skipped.ts";
import { type Counter, createCounter } from "./counter.ts";
import { isReadable, readServerCpuUs } from "./server-cpu.ts";

export type StoreName = "memory" | "Redis" | "PostgreSQL";

export interface OpenStore {
  readonly store: ReturnType<typeof memorySessionStore>;
  readonly counter: Counter;
  /** The product and its version; undefined for memory. */
  readonly about?: string;
  /** Microseconds of CPU time of the server's processes; undefined where they cannot be read. */
  readonly serverCpuUs?: () => number;
  /** Makes one empty round trip, the least cost of the network and the server. */
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

const REDIS_URL = process.env["REDIS_URL"] || "redis://127.0.0.1:6379";
const DATABASE_URL = process.env["DATABASE_URL"] || "postgres://postgres@127.0.0.1:5432/postgres";
const CONNECT_TIMEOUT_MS = 2000;
const NAME = `claimgate_bench_${process.pid}`;

export function openStore(name: StoreName): Promise<OpenStore> {
  return { memory: openMemory, Redis: openRedis, PostgreSQL: openPostgres }[name]();
}

async function openMemory(): Promise<OpenStore> {
  return { store: memorySessionStore(), counter: createCounter(), ping: doNothing, close: doNothing };
}

async function doNothing(): Promise<void> {}

async function openRedis(): Promise<OpenStore> {
  const socket = { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false as const };
  const client = createClient({ url: REDIS_URL, disableOfflineQueue: true, socket });
  client.on("error", () => undefined);
  await client.connect().catch(skip("Redis", REDIS_URL));
  const counter = createCounter();
  const counted = {
    get isReady() {
      return client.isReady;
    },
    eval: (script: string, options: ScriptOptions) => counter.count(() => client.eval(script, options)),
    evalSha: (sha1: string, options: ScriptOptions) => counter.count(() => client.evalSha(sha1, options)),
  };
  const version = /^redis_version:(.*)$/m.exec(await client.info("server"))?.[1]?.trim();
  return {
    store: redisSessionStore(counted, { prefix: NAME }),
    counter,
    about: `Redis ${version}`,
    ping: () => client.ping(),
    async close() {
      for await (const keys of client.scanIterator({ MATCH: `${NAME}:*`, COUNT: 1000 }))
        if (keys.length > 0) await client.del(keys);
      client.destroy();
    },
  };
}

async function openPostgres(): Promise<OpenStore> {
  const pool = new pg.Pool({
    connectionString: DATABASE_URL,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 0,
  });
  // No connection closes while other cases work, so that its process stays readable.
  const backends = new Set<number>();
  pool.on("connect", (client) => backends.add(backendOf(client)));
  const { rows } = await pool.query("SHOW server_version").catch(skip("PostgreSQL", DATABASE_URL));
  const counter = createCounter();
  // The store gets the pool itself, because it may look at more than its method.
  const send = pool.query.bind(pool) as (...args: readonly unknown[]) => Promise<unknown>;
  pool.query = ((...args: readonly unknown[]) => counter.count(() => send(...args))) as typeof pool.query;
  const store = postgresSessionStore(pool, { table: NAME });
  await store.migrate();
  const serverCpuUs = (): number => readServerCpuUs([...backends]);
  return {
    store,
    counter,
    about: `PostgreSQL ${(rows[0] as { readonly server_version: string }).server_version}`,
    ...([...backends].every(isReadable) ? { serverCpuUs } : {}),
    ping: () => pool.query("SELECT 1"),
    async close() {
      await pool.query(`DROP TABLE ${NAME}, ${NAME}_version`);
      await pool.end();
    },
  };
}

/** pg knows `pg_backend_pid()` of each connection since its start. Its types lack the property. */
function backendOf(client: pg.PoolClient): number {
  return (client as unknown as { readonly processID: number }).processID;
}

interface ScriptOptions {
  readonly keys: string[];
  readonly arguments: string[];
}

/** Skips only a server that is not reachable. A later error is a failure. */
function skip(service: string, url: string): (error: unknown) => never {
  return (error) => {
    const reason = error instanceof Error ? error.message || error.name : String(error);
    throw new SkippedError(`${service} is not reachable at ${new URL(url).host} (${reason})`);
  };
}
