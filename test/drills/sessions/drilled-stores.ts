/** The stores of the drills, each with a view of its stored data that bypasses its operations. */
import { PGlite } from "@electric-sql/pglite";
import { memorySessionStore, type SessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import pg from "pg";
import { createClient } from "redis";
import {
  DATABASE_URL,
  openIORedis,
  openNodeRedis,
  openPostgres,
  REDIS_URL,
  uniqueName,
} from "../../support/open-stores.ts";
import { probeDatabase, probeRedis } from "../../support/probes.ts";

/** A store that is open for one drill. */
export interface DrilledStore {
  readonly store: SessionStore;
  /** The key prefix or table by which another process finds it. */
  readonly place: string;
  /** Every stored session, as text. */
  sessions(): Promise<readonly string[]>;
  /** All other stored data, such as indexes and the names of keys. */
  rest(): Promise<readonly string[]>;
  /** Closes the store and removes its data. */
  close(): Promise<void>;
}

export interface StoreKind {
  readonly store: string;
  /**
   * The kind for `openShared` in another process, or `undefined` when processes cannot share it.
   */
  readonly shared: SharedKind | undefined;
  readonly probe: () => string | undefined;
  open(): Promise<DrilledStore>;
}

/** A kind of store that processes can share. */
export type SharedKind = "redis" | "ioredis" | "postgres";

export const STORE_KINDS: readonly StoreKind[] = [
  { store: "memory", shared: undefined, probe: () => undefined, open: async () => openCountedMemory() },
  { store: "PGlite", shared: undefined, probe: () => undefined, open: openCountedPGlite },
  { store: "Redis (redis)", shared: "redis", probe: probeRedis, open: () => openCountedRedis("redis") },
  { store: "Redis (ioredis)", shared: "ioredis", probe: probeRedis, open: () => openCountedRedis("ioredis") },
  { store: "PostgreSQL", shared: "postgres", probe: probeDatabase, open: openCountedPostgres },
];

/** Opens a store that another process has already opened, until this process ends. */
export async function openShared(kind: SharedKind, place: string): Promise<SessionStore> {
  const open = { redis: openNodeRedis, ioredis: openIORedis, postgres: openPostgres }[kind];
  return (await open(place)).store;
}

/** The store in memory, and the maps with all its data. */
export function openCountedMemory(): DrilledStore & { readonly maps: readonly ReadonlyMap<unknown, unknown>[] } {
  const maps: Map<unknown, unknown>[] = [];
  const { Map: Original } = globalThis;
  class Counted<K, V> extends Original<K, V> {
    constructor(entries?: Iterable<readonly [K, V]> | null) {
      super(entries);
      maps.push(this);
    }
  }
  // The store creates its maps in its constructor and keeps them private.
  globalThis.Map = Counted;
  let store: SessionStore;
  try {
    store = memorySessionStore();
  } finally {
    globalThis.Map = Original;
  }
  const [records, ...others] = maps;
  if (!records) throw new TypeError("The store in memory keeps its sessions in something other than a Map");
  return {
    store,
    place: "",
    maps,
    sessions: async () => [...records.values()].map((record) => JSON.stringify(record)),
    rest: async () => [records, ...others].flatMap((map) => [...map.keys()].map(String)),
    close: async () => undefined,
  };
}

/** A store in PostgreSQL that can delete the sessions expired at a given time, in seconds. */
export interface DrilledPostgres extends DrilledStore {
  deleteExpired(now: number): Promise<number>;
}

export async function openCountedPGlite(): Promise<DrilledPostgres> {
  const pglite = await PGlite.create();
  const store = postgresSessionStore(pglite);
  await store.migrate();
  return {
    store,
    place: "",
    ...lookInto(pglite, "claimgate_sessions"),
    deleteExpired: (now) => store.deleteExpired({ now }),
    close: () => pglite.close(),
  };
}

export async function openCountedPostgres(): Promise<DrilledPostgres> {
  const place = uniqueName();
  const opened = await openPostgres(place);
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 1 });
  return {
    store: opened.store,
    place,
    ...lookInto(pool, place),
    deleteExpired: (now) => postgresSessionStore(pool, { table: place }).deleteExpired({ now }),
    async close() {
      await pool.end();
      await opened.close();
    },
  };
}

function lookInto(
  pool: { query(text: string): Promise<{ readonly rows: readonly unknown[] }> },
  table: string,
): Pick<DrilledStore, "sessions" | "rest"> {
  const texts = async (query: string): Promise<string[]> => {
    const { rows } = await pool.query(query);
    return (rows as { text: string }[]).map(({ text }) => text);
  };
  return {
    sessions: () => texts(`select t::text as text from "${table}" t`),
    rest: () => texts(`select t::text as text from "${table}_version" t`),
  };
}

/** A store in Redis, with a view of its keys. */
export interface DrilledRedis extends DrilledStore {
  keys(): Promise<RedisKey[]>;
  /** Makes Redis expire a session's key at once. */
  expire(id: string): Promise<void>;
}

export async function openCountedRedis(kind: "redis" | "ioredis"): Promise<DrilledRedis> {
  const place = uniqueName();
  const opened = await (kind === "redis" ? openNodeRedis : openIORedis)(place);
  const eyes = await openRedisEyes(place);
  return {
    store: opened.store,
    place,
    keys: eyes.keys,
    expire: eyes.expire,
    sessions: eyes.sessions,
    rest: eyes.rest,
    async close() {
      await eyes.close();
      await opened.close();
    },
  };
}

export interface RedisKey {
  readonly key: string;
  /** Milliseconds until it expires; -1 without an expiry. */
  readonly ttl: number;
  /** The number of sessions in an index; 0 for other keys. */
  readonly members: number;
}

/** A view of the keys with a prefix, on its own connection. */
export interface RedisEyes {
  keys(): Promise<RedisKey[]>;
  expire(id: string): Promise<void>;
  sessions(): Promise<string[]>;
  rest(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens a view of the keys that begin with `prefix`. */
async function openRedisEyes(prefix: string): Promise<RedisEyes> {
  const client = createClient({ url: REDIS_URL });
  client.on("error", () => undefined);
  await client.connect();
  const names = async (): Promise<string[]> => {
    const found = new Set<string>();
    for await (const some of client.scanIterator({ MATCH: `${prefix}:*`, COUNT: 1000 }))
      for (const key of some) found.add(key);
    return [...found];
  };
  const contents = async (key: string): Promise<string> => {
    const type = await client.type(key);
    if (type === "hash") return JSON.stringify(await client.hGetAll(key));
    // A key may have expired since the scan found it.
    return type === "none" ? "" : JSON.stringify(await client.zRange(key, 0, -1));
  };
  const isSession = (key: string): boolean => key.includes(":session:");
  return {
    async keys() {
      const look = async (key: string): Promise<RedisKey> => {
        const members = isSession(key) ? 0 : await client.zCard(key);
        return { key, ttl: await client.pTTL(key), members };
      };
      const all = await Promise.all((await names()).map(look));
      // -2: the key has expired meanwhile.
      return all.filter(({ ttl }) => ttl !== -2);
    },
    async expire(id) {
      const key = (await names()).find((one) => isSession(one) && one.endsWith(`:${id}`));
      if (!key) throw new Error(`There is no session ${id}`);
      await client.pExpire(key, 1);
      while (await client.exists(key)) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    async sessions() {
      return Promise.all((await names()).filter(isSession).map(contents));
    },
    async rest() {
      const keys = await names();
      return [...keys, ...(await Promise.all(keys.filter((key) => !isSession(key)).map(contents)))];
    },
    async close() {
      const keys = await names();
      if (keys.length > 0) await client.del(keys);
      await client.close();
    },
  };
}
