/** Clients for PostgreSQL: those that the store accepts work, and any other is a TypeError. */
import { memorySessionStore } from "claimgate";
import {
  type PostgresClientLike,
  type PostgresSessionStore,
  type PostgresSessionStoreOptions,
  postgresSessionStore,
} from "claimgate/postgres";
import { makeSessionRecord, sessionStoreSuite } from "claimgate/testing";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createAuth } from "../../../support/create-auth.ts";
import { describeWithService } from "../../../support/describe-with-service.ts";
import { DATABASE_URL, uniqueName } from "../../../support/open-stores.ts";
import { probeDatabase } from "../../../support/probes.ts";
import { refusalOf } from "../../../support/refusal-of.ts";

const WRAP = "{ query: async (text, values) => ({ rows: await … }) }";
const soon = () => ({ now: Date.now() / 1000, deadline: Date.now() + 5000 });

interface Opened {
  readonly client: PostgresClientLike;
  close(): Promise<unknown>;
}

const openPool = (config: pg.PoolConfig = {}): { pool: pg.Pool; close: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 2, ...config });
  return { pool, close: () => pool.end() };
};

const openPostgresJs = (options: postgres.Options<Record<string, postgres.PostgresType>> = {}): Opened => {
  const sql = postgres(DATABASE_URL, { max: 2, ...options });
  return { client: sql, close: () => sql.end() };
};

/** Text for every type, as drivers without type parsers return it. */
const RAW_TYPES = { getTypeParser: () => (value: unknown) => value } as unknown as pg.CustomTypesConfig;

const GOOD: readonly (readonly [what: string, open: () => Promise<Opened>])[] = [
  ["postgres.js", async () => openPostgresJs()],
  [
    "postgres.js with camelCase and bigints",
    async () => openPostgresJs({ transform: postgres.camel, types: { bigint: postgres.BigInt } }),
  ],
  ["postgres.js without prepared statements", async () => openPostgresJs({ prepare: false })],
  [
    "an object around unsafe of postgres.js",
    async () => {
      const sql = postgres(DATABASE_URL, { max: 2 });
      return { client: { query: async (text, values) => sql.unsafe(text, values as never[]) }, close: () => sql.end() };
    },
  ],
  [
    "a connected Client of pg",
    async () => {
      const client = new pg.Client(DATABASE_URL);
      await client.connect();
      return { client, close: () => client.end() };
    },
  ],
  [
    "a pool of pg that returns every value as text",
    async () => {
      const { pool, close } = openPool({ types: RAW_TYPES });
      return { client: pool, close };
    },
  ],
  [
    "a client that resolves to frozen rows in a plain list",
    async () => {
      const { pool, close } = openPool();
      const query = async (text: string, values?: unknown[]) =>
        Object.freeze((await pool.query<object>(text, values)).rows.map((row) => Object.freeze(row)));
      return { client: { query }, close };
    },
  ],
];

/** A store on a new table, which is dropped before the client closes. */
async function openStore(
  { client, close }: Opened,
  options: PostgresSessionStoreOptions = {},
): Promise<{ store: PostgresSessionStore; table: string; close(): Promise<void> }> {
  const table = uniqueName();
  const store = postgresSessionStore(client, { table, ...options });
  await store.migrate();
  return {
    store,
    table,
    async close() {
      await close();
      const { pool, close: end } = openPool();
      await pool.query(`drop table "${table}", "${table}_version"`);
      await end();
    },
  };
}

describeWithService("PostgreSQL through", probeDatabase, () => {
  describe.each(GOOD)("%s", (_, open) => {
    let opened: Awaited<ReturnType<typeof openStore>>;
    beforeAll(async () => {
      opened = await openStore(await open());
    });
    afterAll(() => opened.close());

    it.each(sessionStoreSuite({ open: () => opened.store }))("$name", ({ run }) => run());

    it("begins, renews and ends sessions, and counts what it deletes", async () => {
      const { auth } = createAuth({ sessions: opened.store, now: () => Date.now() / 1000 });
      const claims = { is_admin: true, big: 2 ** 53 - 1, "odd key": ['"', "é", null] };
      const { refreshToken } = await auth.login("ada", { claims });
      const { authToken } = await auth.refresh(refreshToken);
      // A client that renames the members of JSON must not rename claims.
      expect((await auth.verify(authToken)).claims).toMatchObject(claims);
      await auth.revoke({ subject: "ada" });
      expect(await auth.sessions("ada")).toEqual([]);
      expect(await opened.store.deleteExpired({ now: 4e9 })).toBeGreaterThanOrEqual(0);
    });

    it("never returns an ended session as a live one", async () => {
      const record = await makeSessionRecord({ reservedUntil: 4e9 });
      await opened.store.create(record, soon());
      await opened.store.end(record.id, soon());
      expect(await opened.store.find(record.id, soon())).toMatchObject({ ended: true });
      expect(
        await opened.store.rotate(
          record.id,
          record.rid,
          { rid: "r", issuedAt: 1, expiresAt: 2, replacedAt: 1 },
          soon(),
        ),
      ).toMatchObject({ ended: true });
    });
  });

  it("prepares its statements with postgres.js, unless preparedStatements or prepare is false", async () => {
    const prepared = async (options: PostgresSessionStoreOptions, prepare?: boolean): Promise<number> => {
      const sql = postgres(DATABASE_URL, { max: 1, ...(prepare === undefined ? {} : { prepare }) });
      const { store, close } = await openStore({ client: sql, close: () => sql.end() }, options);
      await store.find("x", soon());
      await store.find("x", soon());
      const rows = await sql.unsafe("select 1 from pg_prepared_statements where statement like '%kept_until%'");
      await close();
      return rows.length;
    };
    expect(await prepared({})).toBe(1);
    expect(await prepared({ preparedStatements: false })).toBe(0);
    expect(await prepared({}, false)).toBe(0);
  });

  it("needs one statement more for the first operation of a process, and none later", async () => {
    const { pool, close } = openPool();
    const { table, close: drop } = await openStore({ client: pool, close });
    let sent = 0;
    const counting = postgresSessionStore({ query: (text, values) => (sent++, pool.query(text, values)) }, { table });
    expect(await counting.find("x", soon())).toBe(null);
    expect(sent).toBe(2);
    expect(await counting.find("x", soon())).toBe(null);
    expect(sent).toBe(3);
    await drop();
  });

  it.each<[what: string, says: RegExp, client: (pool: pg.Pool) => PostgresClientLike]>([
    [
      "serialises texts again",
      /changes texts/,
      (pool) => ({
        query: (text, values = []) =>
          pool.query(
            text,
            values.map((one) => (typeof one === "string" ? JSON.stringify(one) : one)),
          ),
      }),
    ],
    [
      "parses texts that look like JSON",
      /changes JSON/,
      (pool) => ({
        query: async (text, values) =>
          (await pool.query<Record<string, unknown>>(text, values)).rows.map((row) => ({
            ...row,
            record: JSON.parse(String(row["record"])),
          })),
      }),
    ],
    [
      "renames columns",
      /other columns than the statement: TIME, CHANGED/,
      (pool) => ({
        query: async (text, values) =>
          (await pool.query<Record<string, unknown>>(text, values)).rows.map((row) =>
            Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toUpperCase(), value])),
          ),
      }),
    ],
    [
      "rounds numbers",
      /changes numbers/,
      (pool) => ({
        query: (text, values = []) =>
          pool.query(
            text,
            values.map((one) => (typeof one === "number" ? Math.floor(one) : one)),
          ),
      }),
    ],
    [
      "returns rows as lists",
      /rows are lists/,
      (pool) => ({ query: (text, values) => pool.query({ text, values: values ?? [], rowMode: "array" }) }),
    ],
    [
      "returns [rows, fields]",
      /rows are lists/,
      (pool) => ({ query: async (text, values) => [(await pool.query(text, values)).rows, []] }),
    ],
    ["sends no values", /the server rejects the statement.*42P02/, (pool) => ({ query: (text) => pool.query(text) })],
    [
      "sends an empty list of values",
      /the server rejects the statement.*08P01/,
      (pool) => ({ query: (text) => pool.query({ name: uniqueName(), text, values: [] }) }),
    ],
    [
      "wraps the error of the server",
      /42P02/,
      (pool) => ({
        query: (text) =>
          pool.query(text).catch((cause: unknown) => {
            throw Object.assign(new Error("Failed query", { cause: { original: cause } }), { code: "P2010" });
          }),
      }),
    ],
    ["has no answer", /answer is undefined/, () => ({ query: async () => undefined as never })],
    ["answers with a text", /answer is string/, () => ({ query: async () => "SELECT 1" as never })],
    [
      "answers with a number of rows",
      /an object without rows/,
      () => ({ query: async () => ({ rowCount: 1 }) as never }),
    ],
    ["answers without rows", /has no row/, () => ({ query: async () => [] })],
    [
      "has a result whose then throws, as mysql2 has",
      /must return a promise/,
      () => ({
        query: () =>
          ({
            // oxlint-disable-next-line unicorn/no-thenable -- as the result of mysql2 for callbacks
            then() {
              throw new Error("You have tried to call .then()");
            },
          }) as never,
      }),
    ],
  ])("a client that %s is a TypeError of migrate(), which creates nothing, and of the first operation", async (_, says, wrap) => {
    const { pool, close } = openPool();
    onTestFinished(close);
    const table = uniqueName();
    const store = postgresSessionStore(wrap(pool), { table });
    for (const work of [() => store.migrate(), () => store.find("x", soon())]) {
      const error = await refusalOf(work);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(says);
    }
    const { rows } = await pool.query(`select to_regclass('${table}') as found`);
    expect(rows).toEqual([{ found: null }]);
  });

  it("a Client of pg that was never connected is a TypeError, and no operation waits", async () => {
    const store = postgresSessionStore(new pg.Client(DATABASE_URL));
    for (const work of [() => store.migrate(), () => store.find("x", soon())])
      expect(await refusalOf(work)).toEqual(
        new TypeError(
          "postgresSessionStore: the pg.Client is not connected; await client.connect() first, or pass a Pool",
        ),
      );
  });

  it("a DataSource of TypeORM is a TypeError before initialize(), and an outage after destroy()", async () => {
    const { pool, close } = openPool();
    onTestFinished(close);
    const source = {
      isInitialized: false,
      async query(text: string, values?: unknown[]) {
        if (!source.isInitialized) throw new Error("Driver not Connected");
        return (await pool.query(text, values)).rows;
      },
    };
    const store = postgresSessionStore(source, { table: uniqueName() });
    for (const work of [() => store.migrate(), () => store.find("x", soon())])
      expect(await refusalOf(work)).toEqual(
        new TypeError("postgresSessionStore: the DataSource is not initialized; await dataSource.initialize() first"),
      );
    source.isInitialized = true;
    await store.migrate();
    expect(await store.find("x", soon())).toBe(null);
    source.isInitialized = false;
    expect(await refusalOf(() => store.find("x", soon()))).toEqual(new Error("Driver not Connected"));
  });

  it("a Client of pg inside a transaction that has failed is a TypeError", async () => {
    const client = new pg.Client(DATABASE_URL);
    await client.connect();
    onTestFinished(() => client.end());
    await client.query("begin");
    await refusalOf(client.query("select nothing"));
    expect(String(await refusalOf(postgresSessionStore(client).migrate()))).toMatch(/pass a pool, .*25P02/);
  });
});

it.each<[what: string, client: unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a URL", "postgres://127.0.0.1"],
  ["an object without query", {}],
  ["a query builder", { query: { users: {} }, execute: () => undefined }],
  ["a template tag", () => undefined],
  ["a session store", memorySessionStore()],
])("rejects %s when the store is created, and says how to wrap a client", (_, client) => {
  expect(() => postgresSessionStore(client as PostgresClientLike)).toThrow(
    new TypeError(
      `postgresSessionStore: client must be a Pool of pg, the sql function of postgres.js, or an object with query(text, values); wrap any other: ${WRAP}`,
    ),
  );
});
