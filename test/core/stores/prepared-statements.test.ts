/** Named statements on PostgreSQL: which pools get them, and how a store does without them. */
import { setTimeout } from "node:timers/promises";
import { DeadlineError, type SessionRecord } from "claimgate";
import {
  type PostgresPoolLike,
  type PostgresSessionStore,
  type PostgresSessionStoreOptions,
  postgresSessionStore,
} from "claimgate/postgres";
import { makeSessionRecord } from "claimgate/testing";
import pg from "pg";
import { expect, it, onTestFinished, vi } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { DATABASE_URL, uniqueName } from "../../support/open-stores.ts";
import { probeDatabase } from "../../support/probes.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const soon = () => ({ now: Date.now() / 1000, deadline: Date.now() + 5000 });
const next = { rid: "next", issuedAt: 1, expiresAt: 2e9, replacedAt: 1 };
const NAME = /^claimgate_[0-9a-f]{40}$/;

/** A statement as the pool gets it. */
type Given = string | { readonly name: string; readonly text: string };

interface Stage {
  readonly store: PostgresSessionStore;
  readonly table: string;
  readonly pool: pg.Pool;
  /** The names of the connection's prepared statements. */
  names(): Promise<string[]>;
}

/** A store with a new table on a pool of one connection. `wrap` puts an object before the pool. */
async function openStage(
  options: PostgresSessionStoreOptions = {},
  wrap: (pool: pg.Pool) => PostgresPoolLike = (pool) => pool,
): Promise<Stage> {
  const [table, pool] = [uniqueName(), new pg.Pool({ connectionString: DATABASE_URL, max: 1 })];
  onTestFinished(async () => {
    await pool.query(`drop table "${table}", "${table}_version"`);
    await pool.end();
  });
  const store = postgresSessionStore(wrap(pool), { table, ...options });
  await store.migrate();
  const names = async () => {
    const { rows } = await pool.query<{ name: string }>("select name from pg_prepared_statements order by name");
    return rows.map(({ name }) => name);
  };
  return { store, table, pool, names };
}

/** Runs each operation on a new session, and checks what it returns. */
async function useAll(store: PostgresSessionStore): Promise<void> {
  const record = await makeSessionRecord();
  const { id, rid, subject } = record;
  expect(await store.create(record, soon())).toBe(true);
  expect(await store.rotate(id, rid, next, soon())).toMatchObject({ rid: "next", version: 2 });
  expect(await store.claim(id, 2, "me", soon())).toBe(true);
  expect(await store.find(id, soon())).toMatchObject({ claimedBy: "me" });
  expect((await store.list(String(subject), soon())).map((found) => found.id)).toEqual([id]);
  expect(await store.endAll(String(subject), soon())).toEqual([id]);
  expect(await store.end(id, soon())).toBe(false);
}

function watchWarnings() {
  const spy = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  onTestFinished(() => spy.mockRestore());
  return spy;
}

describeWithService("prepared statements on PostgreSQL", probeDatabase, () => {
  it("a pool of pg prepares each of the seven operations once, and nothing else", async () => {
    const { store, names } = await openStage();
    await useAll(store);
    await useAll(store);
    await store.deleteExpired();
    const prepared = await names();
    expect(prepared).toHaveLength(7);
    for (const name of prepared) expect(name).toMatch(NAME);
  });

  it("another table has other names", async () => {
    const [one, other] = [await openStage(), await openStage()];
    await useAll(one.store);
    await useAll(other.store);
    expect(new Set([...(await one.names()), ...(await other.names())]).size).toBe(14);
  });

  it("another schema has other names, and the same table the same ones", async () => {
    const { store, table, pool, names } = await openStage();
    await store.find("x", soon());
    await postgresSessionStore(pool, { table }).find("x", soon());
    expect(await names()).toHaveLength(1);
    await postgresSessionStore(pool, { table, schema: "public" }).find("x", soon());
    expect(await names()).toHaveLength(2);
  });

  it("prepares nothing with preparedStatements: false", async () => {
    const { store, names } = await openStage({ preparedStatements: false });
    await useAll(store);
    expect(await names()).toEqual([]);
  });

  it("prepares nothing on an object that only has the method query, unless told to", async () => {
    const given: Given[] = [];
    const wrap = (pool: pg.Pool): PostgresPoolLike => ({
      query: (...args) => {
        given.push(args[0]);
        return pool.query(...args);
      },
    });
    const { store, names } = await openStage({}, wrap);
    await useAll(store);
    expect(await names()).toEqual([]);
    expect(new Set(given.map((statement) => typeof statement))).toEqual(new Set(["string"]));
    const told = await openStage({ preparedStatements: true }, wrap);
    await useAll(told.store);
    expect(await told.names()).toHaveLength(7);
  });

  it("rejects a preparedStatements that is not true or false", () => {
    const pool = new pg.Pool({ connectionString: DATABASE_URL });
    expect(() => postgresSessionStore(pool, { preparedStatements: "no" as unknown as boolean })).toThrow(
      new TypeError(
        "postgresSessionStore: preparedStatements must be true or false; set false behind a pooler without them",
      ),
    );
    expect(() => postgresSessionStore(pool, { preparedStatement: false } as object)).toThrow(
      'did you mean "preparedStatements"?',
    );
  });

  // A pooler in transaction mode sends a statement to a connection that never prepared it, or on
  // which another client has. These are the server's errors for it.
  it.each<[code: string, what: string, upset: (stage: Stage) => Promise<unknown>]>([
    ["26000", "has lost its statements", ({ pool }) => pool.query("deallocate all")],
    [
      "42P05",
      "has a statement of another client",
      async ({ store, pool, names }) => {
        await store.create(await makeSessionRecord(), soon());
        const [name] = await names();
        await replaceConnection(pool);
        await pool.query(`prepare ${name} as select 1`);
      },
    ],
    [
      "0A000",
      "prepared them before a column changed",
      ({ pool, table }) => pool.query(`alter table ${table} alter id type varchar(99)`),
    ],
  ])("goes on without names after %s, when the connection %s", async (code, _, upset) => {
    const warned = watchWarnings();
    const stage = await openStage();
    const { store, pool, names } = stage;
    await useAll(store);
    expect(warned).not.toHaveBeenCalled();
    await upset(stage);
    await useAll(store);
    await useAll(store);
    await replaceConnection(pool);
    await useAll(store);
    expect(await names()).toEqual([]);
    expect(warned.mock.calls).toEqual([
      [
        expect.stringContaining(`rejected a prepared statement (${code})`),
        { type: "ClaimgateWarning", code: "CLAIMGATE_PREPARED_STATEMENTS" },
      ],
    ]);
  });

  it("goes on without names after PgBouncer's own error", async () => {
    const warned = watchWarnings();
    const given: Given[] = [];
    const { store } = await openStage({ preparedStatements: true }, (pool) => ({
      query: async (...args) => {
        given.push(args[0]);
        if (typeof args[0] !== "string")
          throw Object.assign(new Error("prepared statement did not exist"), { code: "08P01" });
        return pool.query(...args);
      },
    }));
    await useAll(store);
    expect(given.filter((statement) => typeof statement !== "string")).toHaveLength(1);
    expect(warned).toHaveBeenCalledTimes(1);
  });

  it.each([
    ["another protocol error", { code: "08P01", message: "invalid message format" }],
    ["a feature that the server does not have", { code: "0A000", routine: "check_feature" }],
    ["a lost connection", { message: "Connection terminated unexpectedly" }],
  ])("does not send a statement again after %s, and still names the next one", async (_, fields) => {
    const warned = watchWarnings();
    const given: Given[] = [];
    const failure = Object.assign(new Error("failed"), fields);
    let isFailing = false;
    const { store, names } = await openStage({ preparedStatements: true }, (pool) => ({
      query: async (...args) => {
        given.push(args[0]);
        if (isFailing) throw failure;
        return pool.query(...args);
      },
    }));
    const record = await makeSessionRecord();
    expect(await store.create(record, soon())).toBe(true);
    [isFailing, given.length] = [true, 0];
    expect(await refusalOf(store.end(record.id, soon()))).toBe(failure);
    expect(given).toHaveLength(1);
    isFailing = false;
    expect(await store.end(record.id, soon())).toBe(true);
    expect(await names()).toHaveLength(2);
    expect(warned).not.toHaveBeenCalled();
  });

  it("a write that is sent again writes nothing after its deadline, and writes before it", async () => {
    watchWarnings();
    const rotateLate = async (milliseconds: number): Promise<[unknown, SessionRecord | null]> => {
      const { store, table, pool } = await openStage({ preparedStatements: true }, (pool) => ({
        query: async (...args) => {
          if (typeof args[0] === "string") return pool.query(...args);
          const failed = await refusalOf(() => pool.query("execute claimgate_unknown"));
          await setTimeout(milliseconds);
          throw failed;
        },
      }));
      const record = await makeSessionRecord();
      await postgresSessionStore(pool, { table }).create(record, soon());
      const operation = { ...soon(), deadline: Date.now() + 200 };
      const answer = await store.rotate(record.id, record.rid, next, operation).catch((error: unknown) => error);
      return [answer, await store.find(record.id, soon())];
    };
    const [late, unchanged] = await rotateLate(400);
    expect(late).toBeInstanceOf(DeadlineError);
    expect(unchanged).toMatchObject({ version: 1 });
    const [inTime, changed] = await rotateLate(0);
    expect(inTime).toEqual(changed);
    expect(changed).toMatchObject({ version: 2, rid: "next" });
  });
});

/** Replaces the pool's only connection. */
async function replaceConnection(pool: pg.Pool): Promise<void> {
  (await pool.connect()).release(true);
}
