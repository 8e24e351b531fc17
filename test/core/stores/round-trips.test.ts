/** The cost of a refresh: the number of store answers that it waits for. */
import { setImmediate } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import type { AuthManager, AuthManagerConfig, SessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import { type IORedisLike, type NodeRedisLike, redisSessionStore } from "claimgate/redis";
import { Redis } from "ioredis";
import pg from "pg";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { describeWithService } from "../../support/describe-with-service.ts";
import { DATABASE_URL, REDIS_URL, uniqueName } from "../../support/open-stores.ts";
import { probeDatabase, probeRedis } from "../../support/probes.ts";
import { watchRejections } from "../../support/watch-rejections.ts";

watchRejections();

/** Counts commands, and holds back every answer after the first `passing`. */
class Turnstile {
  passing = Number.POSITIVE_INFINITY;
  sent = 0;
  /** Answers that have arrived, including those held back. */
  answered = 0;
  #waiting: (() => void)[] = [];

  async pass<T>(work: Promise<T>): Promise<T> {
    this.sent++;
    const answer = await work;
    if (++this.answered > this.passing) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return answer;
  }

  /** Starts a new count and releases the answers that are held back. */
  reset(passing: number): void {
    [this.passing, this.sent, this.answered] = [passing, 0, 0];
    for (const go of this.#waiting.splice(0)) go();
  }

  async until(answered: number): Promise<void> {
    while (this.answered < answered) await setImmediate();
  }

  /** Waits for all answers, also for those of commands that a call sends after its result. */
  async untilQuiet(): Promise<void> {
    for (let before = -1; before !== this.sent; ) {
      before = this.sent;
      for (let turn = 0; turn < 20; turn++) await setImmediate();
      await this.until(this.sent);
    }
  }
}

interface Counted {
  readonly store: SessionStore;
  readonly turnstile: Turnstile;
  close(): Promise<void>;
}

async function openRedis(): Promise<Counted> {
  const [turnstile, prefix] = [new Turnstile(), uniqueName()];
  const client = createClient({ url: REDIS_URL });
  await client.connect();
  const counting: NodeRedisLike = {
    evalSha: (...given) => turnstile.pass(client.evalSha(...given)),
    eval: (...given) => turnstile.pass(client.eval(...given)),
  };
  const close = async (): Promise<void> => {
    for await (const keys of client.scanIterator({ MATCH: `${prefix}:*` })) if (keys.length > 0) await client.del(keys);
    client.destroy();
  };
  return { store: redisSessionStore(counting, { prefix }), turnstile, close };
}

async function openIORedis(): Promise<Counted> {
  const [turnstile, prefix] = [new Turnstile(), uniqueName()];
  const client = new Redis(REDIS_URL);
  await client.ping();
  const counting: IORedisLike = {
    status: "ready",
    evalsha: (...given) => turnstile.pass(client.evalsha(...given)),
    eval: (...given) => turnstile.pass(client.eval(...given)),
  };
  const close = async (): Promise<void> => {
    for await (const keys of client.scanStream({ match: `${prefix}:*` })) if (keys.length > 0) await client.del(keys);
    client.disconnect();
  };
  return { store: redisSessionStore(counting, { prefix }), turnstile, close };
}

async function openPostgres(): Promise<Counted> {
  const [turnstile, table] = [new Turnstile(), uniqueName()];
  const pool = new pg.Pool({ connectionString: DATABASE_URL });
  const store = postgresSessionStore(
    { query: (...given) => turnstile.pass(pool.query(...given)) },
    { table, preparedStatements: true },
  );
  await store.migrate();
  const close = async (): Promise<void> => {
    await pool.query(`drop table "${table}", "${table}_version"`);
    await pool.end();
  };
  return { store, turnstile, close };
}

async function openPGlite(): Promise<Counted> {
  const turnstile = new Turnstile();
  const pglite = await PGlite.create();
  const store = postgresSessionStore({ query: (...given) => turnstile.pass(pglite.query(...given)) });
  await store.migrate();
  return { store, turnstile, close: () => pglite.close() };
}

function describeCosts(open: () => Promise<Counted>): void {
  let opened: Counted;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  /** A manager whose server knows every script, and whose store knows the server's clock. */
  const openManager = async (config: Partial<AuthManagerConfig>): Promise<AuthManager> => {
    // Half of the default grace period: a busy machine is not an outage.
    const { auth } = createAuth({ sessions: opened.store, storeTimeout: 5, now: () => Date.now() / 1000, ...config });
    opened.turnstile.reset(Number.POSITIVE_INFINITY);
    await auth.refresh((await auth.login("ada")).refreshToken);
    await opened.turnstile.untilQuiet();
    return auth;
  };

  it.each<[what: string, waitsFor: number, claimsAside: number, config: Partial<AuthManagerConfig>]>([
    ["one answer, and not for the claim", 1, 1, {}],
    ["one more answer with an authorize function", 2, 1, { authorize: () => ({}) }],
    ["the claim too without a grace period", 2, 0, { refreshGrace: 0 }],
    [
      "three answers with an authorize function and without a grace period",
      3,
      0,
      { refreshGrace: 0, authorize: () => ({}) },
    ],
  ])("waits for %s", async (_, waitsFor, claimsAside, config) => {
    const { turnstile } = opened;
    const auth = await openManager(config);
    const { refreshToken } = await auth.login("ada");
    await turnstile.untilQuiet();
    // Not fewer: without the last answer there are no tokens.
    turnstile.reset(waitsFor - 1);
    let isGiven = false;
    const refreshing = auth.refresh(refreshToken).then((pair) => {
      isGiven = true;
      return pair;
    });
    await turnstile.until(waitsFor);
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    expect([turnstile.sent, isGiven]).toEqual([waitsFor, false]);
    // Not more: the tokens arrive while every other answer is held back.
    turnstile.reset(0);
    const next = await refreshing;
    expect(turnstile.sent).toBe(claimsAside);
    await turnstile.until(claimsAside);

    turnstile.reset(waitsFor);
    const last = await auth.refresh(next.refreshToken);
    await turnstile.until(waitsFor + claimsAside);
    expect(turnstile.sent).toBe(waitsFor + claimsAside);
    turnstile.reset(Number.POSITIVE_INFINITY);
    expect((await auth.refresh(last.refreshToken)).expiresIn).toBe(3600);
    // So that its claim does not count for the next test.
    await turnstile.untilQuiet();
  });
}

describe("a refresh on", () => {
  describeWithService("Redis through redis", probeRedis, () => describeCosts(openRedis));
  describeWithService("Redis through ioredis", probeRedis, () => describeCosts(openIORedis));
  describeWithService("PostgreSQL", probeDatabase, () => describeCosts(openPostgres));
  describe("PGlite", () => {
    describeCosts(openPGlite);
  });
});
