/** Sessions in Redis or a Redis Cluster, through a client of redis or ioredis (`claimgate/redis`). */
import { createScriptRunner, type RedisClientLike } from "./redis-client.ts";
import { CREATE, END, END_ALL, FIND, LIST, REPLACE, TIME } from "./redis-scripts.ts";
import { createServerClock, type TimedReply } from "./server-clock.ts";
import { tagIn, tagOf } from "./session-id.ts";
import { keptUntil, readRecord, type SessionRecord, type SessionStore, type StoreOperation } from "./store.ts";

export type { IORedisLike, NodeRedisLike, RedisClientLike } from "./redis-client.ts";

/** Options of `redisSessionStore`. */
export interface RedisSessionStoreOptions {
  /** What every key begins with. Default `"claimgate"`. It may hold no braces. */
  readonly prefix?: string;
}

/**
 * A store on the user's own client, which stays theirs to connect, to listen to for errors and to close. Each operation is one script;
 * all keys of a subject have one hash tag, and expire with what they are for. Throws `TypeError` for a client that is neither kind.
 */
export function redisSessionStore(client: RedisClientLike, options: RedisSessionStoreOptions = {}): SessionStore {
  const prefix = checkOptions(options);
  const runScript = createScriptRunner(client);
  const indexKey = (tag: string): string => `${prefix}:{${tag}}:sessions`;
  const keyOf = (id: string): string => `${prefix}:{${tagIn(id)}}:session:${id}`;

  // Any key serves to ask for the time: on a cluster each server has a clock, and those of one cluster have to agree.
  const clock = createServerClock(async () => Number(await runScript(TIME, [indexKey("")], [])));

  const run = (
    operation: StoreOperation,
    script: string,
    keys: string[],
    values: readonly string[],
  ): Promise<unknown[]> =>
    clock.run(operation, async (serverDeadline): Promise<TimedReply<unknown[]>> => {
      const limits = [milliseconds(serverDeadline), milliseconds(operation.now * 1000)];
      const [time, state, ...rest] = (await runScript(script, keys, [...limits, ...values])) as unknown[];
      const serverTime = Number(time);
      if (!Number.isFinite(serverTime)) throw new TypeError("Redis answered something else than the script gives");
      return { serverTime, outcome: state === "ok" ? rest : "late" };
    });

  const write = async (script: string, record: SessionRecord, operation: StoreOperation): Promise<boolean> => {
    const ttl = Math.max(1, Math.ceil((keptUntil(record) - operation.now) * 1000));
    const values = [
      record.id,
      String(record.version),
      String(record.subject),
      milliseconds((record.reservedUntil ?? 0) * 1000),
      JSON.stringify(record),
      milliseconds(record.expiresAt * 1000),
      milliseconds(keptUntil(record) * 1000),
      String(ttl),
      record.ended ? "1" : "",
    ];
    const [done] = await run(operation, script, [keyOf(record.id), indexKey(tagIn(record.id))], values);
    return Number(done) === 1;
  };

  return {
    create: (record, operation) => write(CREATE, record, operation),
    replace: (record, operation) => write(REPLACE, record, operation),
    async find(id, operation) {
      const [text, ended] = await run(operation, FIND, [keyOf(id)], []);
      if (text === undefined) return null;
      const record = parseRecord(text);
      return ended === "1" ? { ...record, ended: true } : record;
    },
    async end(id, operation) {
      const [done] = await run(operation, END, [keyOf(id), indexKey(tagIn(id))], [id]);
      return Number(done) === 1;
    },
    async list(subject, operation) {
      const texts = await run(operation, LIST, [indexKey(await tagOf(subject))], [subject]);
      return texts.map(parseRecord).toSorted((a, b) => a.createdAt - b.createdAt);
    },
    async endAll(subject, operation) {
      return (await run(operation, END_ALL, [indexKey(await tagOf(subject))], [subject])).map(String);
    },
  };
}

function checkOptions(options: RedisSessionStoreOptions): string {
  const unknown = Object.keys(options).find((key) => key !== "prefix");
  if (unknown !== undefined) throw new TypeError(`redisSessionStore has no option "${unknown}"`);
  const { prefix = "claimgate" } = options;
  if (typeof prefix !== "string" || prefix === "" || /[{}]/.test(prefix))
    throw new TypeError("redisSessionStore: prefix must be text without braces");
  return prefix;
}

function milliseconds(value: number): string {
  return String(Math.round(value));
}

function parseRecord(text: unknown): SessionRecord {
  return readRecord(JSON.parse(String(text)));
}
