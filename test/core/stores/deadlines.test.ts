/** Deadlines of store operations: late writes have no effect, and one waiting write wins. */
import { DeadlineError, type SessionRecord, type SessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import { type NodeRedisLike, redisSessionStore } from "claimgate/redis";
import { makeSessionRecord } from "claimgate/testing";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { DATABASE_URL, REDIS_URL, uniqueName } from "../../support/open-stores.ts";
import { probeDatabase, probeRedis } from "../../support/probes.ts";
import { refusalOf } from "../../support/refusal-of.ts";

const soon = () => ({ now: Date.now() / 1000, deadline: Date.now() + 5000 });
const LATE_MS = 150;

type Work = (store: SessionStore, record: SessionRecord, operation: ReturnType<typeof soon>) => Promise<unknown>;
const next = { rid: "late", issuedAt: 1, expiresAt: 2e9, replacedAt: 1 };
const WRITES: readonly [name: string, work: Work][] = [
  ["create", (store, record, operation) => store.create({ ...record, id: `${record.id}x` }, operation)],
  ["rotate", (store, { id, rid }, operation) => store.rotate(id, rid, next, operation)],
  ["claim", (store, { id, version }, operation) => store.claim(id, version, "late", operation)],
  ["end", (store, { id }, operation) => store.end(id, operation)],
  ["endAll", (store, { subject }, operation) => store.endAll(String(subject), operation)],
];

interface Delayed {
  readonly store: SessionStore;
  /** Delays every later command by so many milliseconds. */
  delay(milliseconds: number): void;
  close(): Promise<void>;
}

function createDelay() {
  let milliseconds = 0;
  return {
    delay: (value: number): void => void (milliseconds = value),
    async send<T>(work: () => Promise<T>): Promise<T> {
      if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
      return work();
    },
  };
}

async function openRedis(): Promise<Delayed> {
  const [{ delay, send }, prefix] = [createDelay(), uniqueName()];
  const client = createClient({ url: REDIS_URL });
  await client.connect();
  const late: NodeRedisLike = {
    evalSha: (...given) => send(() => client.evalSha(...given)),
    eval: (...given) => send(() => client.eval(...given)),
  };
  const close = async (): Promise<void> => {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}:*` })) if (keys.length > 0) await client.del(keys);
    client.destroy();
  };
  return { store: redisSessionStore(late, { prefix }), delay, close };
}

async function openPostgres(table: string): Promise<Delayed> {
  const { delay, send } = createDelay();
  const pool = new pg.Pool({ connectionString: DATABASE_URL });
  const store = postgresSessionStore(
    { query: (...given) => send(() => pool.query(...given)) },
    { table, preparedStatements: true },
  );
  await store.migrate();
  const close = async (): Promise<void> => {
    await pool.query(`drop table "${table}", "${table}_version"`);
    await pool.end();
  };
  return { store, delay, close };
}

function itIsNeverTooLate(open: () => Promise<Delayed>): void {
  let opened: Delayed;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  it.each(WRITES)("%s writes nothing after its deadline, and writes before it", async (_, work) => {
    const { store, delay } = opened;
    const record = await makeSessionRecord({ claimedBy: null });
    // The server learns the script, and the store its clock.
    await work(store, await makeSessionRecord({ claimedBy: null }), soon());
    await store.create(record, soon());
    delay(2 * LATE_MS);
    const operation = { ...soon(), deadline: Date.now() + LATE_MS };
    expect(await refusalOf(work(store, record, operation))).toBeInstanceOf(DeadlineError);
    delay(0);
    expect(await store.list(String(record.subject), soon())).toEqual([record]);
    await work(store, record, soon());
    expect(await store.list(String(record.subject), soon())).not.toEqual([record]);
  });
}

describeWithService("deadlines on Redis", probeRedis, () => itIsNeverTooLate(openRedis));

describeWithService("deadlines on PostgreSQL", probeDatabase, () => {
  const table = uniqueName();
  itIsNeverTooLate(() => openPostgres(table));

  /** Does the work while another transaction holds the session's lock for a while. */
  const whileLocked = async <T>(work: (store: SessionStore, record: SessionRecord) => Promise<T>) => {
    const pool = new pg.Pool({ connectionString: DATABASE_URL });
    const store = postgresSessionStore(pool, { table });
    const client = await pool.connect();
    try {
      const record = await makeSessionRecord({ claimedBy: null });
      await store.create(record, soon());
      await client.query("begin");
      await client.query(`select 1 from "${table}" where id = $1 for update`, [record.id]);
      const working = work(store, record);
      await new Promise((resolve) => setTimeout(resolve, 2 * LATE_MS));
      await client.query("commit");
      return { answer: await working, record, after: await store.find(record.id, soon()) };
    } finally {
      client.release();
      await pool.end();
    }
  };

  it.each(
    WRITES.filter(([name]) => name !== "create"),
  )("%s writes nothing when it waits for a lock until after its deadline", async (_, work) => {
    const { answer, record, after } = await whileLocked((store, record) =>
      refusalOf(work(store, record, { ...soon(), deadline: Date.now() + LATE_MS })),
    );
    expect(answer).toBeInstanceOf(DeadlineError);
    expect(after).toEqual(record);
  });

  it("one of several rotations that wait for a lock takes place, and all of them return its result", async () => {
    const rids = ["a", "b", "c", "d"];
    const { answer, record, after } = await whileLocked((store, { id, rid }) =>
      Promise.all(rids.map((other) => store.rotate(id, rid, { ...next, rid: other }, soon()))),
    );
    expect(rids).toContain(after?.rid);
    expect(after).toMatchObject({ version: 2, previous: { rid: record.rid } });
    expect(answer).toEqual(rids.map(() => after));
  });

  it("one of several claims that wait for a lock succeeds", async () => {
    const names = ["a", "b", "c", "d"];
    const { answer, record, after } = await whileLocked((store, { id, version }) =>
      Promise.all(names.map((name) => store.claim(id, version, name, soon()))),
    );
    expect(answer.filter(Boolean)).toHaveLength(1);
    expect(after).toEqual({ ...record, version: 2, claimedBy: names[answer.indexOf(true)] });
  });
});
