/** Sessions in Redis through a client of redis or ioredis (`claimgate/redis`). */
import { checkOptionNames } from "../util/check-options.ts";
import { parseMembers, readRecord } from "./read-record.ts";
import { createScriptRunner, type RedisClientLike } from "./redis/redis-client.ts";
import { CLAIM, CREATE, END, END_ALL, FIND, LIST, PROBE, ROTATE } from "./redis/redis-scripts.ts";
import { createServerClock, type TimedReply } from "./server-clock.ts";
import { tagIn, tagOf } from "./session-id.ts";
import type { SessionRecord, SessionStore, StoreOperation } from "./session-store.ts";
import { storeMisuse } from "./store-error.ts";

// Clients and the session store

export type { IORedisLike, NodeRedisLike, RedisClientLike } from "./redis/redis-client.ts";
export type { SessionRecord, SessionRotation, SessionStore, StoreOperation } from "./session-store.ts";

/** Options of `redisSessionStore`. */
export interface RedisSessionStoreOptions {
  /**
   * The beginning of every key. Must not be empty, and must not contain braces.
   *
   * @default "claimgate"
   */
  readonly prefix?: string;
}

/**
 * Creates a session store in Redis or a Redis Cluster. Each operation is one script. All keys of a
 * subject share one hash tag, and Redis removes them after they expire. The application connects
 * and closes the client, and handles its `error` events.
 *
 * Each operation of the store rejects with `UnsentError` if the client has lost its connection, and
 * with `DeadlineError` after its deadline. It rejects with the client's error if a script fails. A
 * mistake of the application, such as a client that was never connected, is a `TypeError`.
 *
 * @throws `TypeError` if `client` is not a client of redis or ioredis, or an option is unknown or
 *   invalid. An HTTP client, such as that of `@upstash/redis`, is rejected
 *
 * @example
 * ```ts
 * import { createClient } from "redis";
 * import { redisSessionStore } from "claimgate/redis";
 *
 * const client = createClient({ url: "redis://localhost:6379" });
 * client.on("error", console.error);
 * await client.connect();
 * const sessions = redisSessionStore(client);
 * ```
 */
export function redisSessionStore(client: RedisClientLike, options: RedisSessionStoreOptions = {}): SessionStore {
  const prefix = readPrefix(options);
  const runScript = createScriptRunner(client);
  const indexKey = (tag: string): string => `${prefix}:{${tag}}:sessions`;
  const keyOf = (id: string): string => `${prefix}:{${tagIn(id)}}:session:${id}`;

  // A cluster routes by key. Any key will do, because the clocks of one cluster must agree.
  const clock = createServerClock(async () => readProbe(await runScript(PROBE, [indexKey("")], [SENT]), indexKey("")));

  const run = (
    operation: StoreOperation,
    script: string,
    keys: string[],
    values: readonly string[],
  ): Promise<unknown[]> =>
    clock.run(operation, async (serverDeadline): Promise<TimedReply<unknown[]>> => {
      const limits = [milliseconds(serverDeadline), milliseconds(operation.now * 1000)];
      const { serverTime, state, rest } = readReply(await runScript(script, keys, [...limits, ...values]));
      return { serverTime, outcome: state === "ok" ? rest : "late" };
    });

  const keysOf = (id: string): string[] => [keyOf(id), indexKey(tagIn(id))];

  return {
    async create(record, operation) {
      const { id, subject, reservedUntil, endsAt } = record;
      const values = [id, String(subject), String(reservedUntil ?? 0), String(endsAt ?? ""), ...textsOf(record)];
      const [done] = await run(operation, CREATE, keysOf(id), values);
      return Number(done) === 1;
    },
    async find(id, operation) {
      const [texts] = await run(operation, FIND, [keyOf(id)], []);
      return texts === undefined ? null : recordOf(texts);
    },
    async rotate(id, rid, next, operation) {
      const { issuedAt, expiresAt, replacedAt } = next;
      const values = [id, rid, next.rid, String(issuedAt), String(expiresAt), String(replacedAt)];
      const [texts] = await run(operation, ROTATE, keysOf(id), values);
      return texts === undefined ? null : recordOf(texts);
    },
    async claim(id, version, claimedBy, operation) {
      const [done] = await run(operation, CLAIM, [keyOf(id)], [String(version), claimedBy]);
      return Number(done) === 1;
    },
    async end(id, operation) {
      const [done] = await run(operation, END, keysOf(id), [id]);
      return Number(done) === 1;
    },
    async list(subject, operation) {
      const sessions = await run(operation, LIST, [indexKey(await tagOf(subject))], [subject]);
      return sessions.map(recordOf).toSorted((a, b) => a.createdAt - b.createdAt);
    },
    async endAll(subject, operation) {
      return (await run(operation, END_ALL, [indexKey(await tagOf(subject))], [subject])).map(String);
    },
  };
}

function readPrefix(options: RedisSessionStoreOptions): string {
  checkOptionNames("redisSessionStore", options, ["prefix"]);
  const { prefix = "claimgate" } = options;
  if (typeof prefix !== "string" || prefix === "" || /[{}]/.test(prefix))
    throw new TypeError("redisSessionStore: prefix must be a text that is not empty and has no braces");
  return prefix;
}

function milliseconds(value: number): string {
  return String(Math.round(value));
}

/** The fields of a record: `s`, `v`, `r`, `i`, `t`, `p`, `a`, `c` and `e`, in this order. */
function textsOf(record: SessionRecord): string[] {
  const { version, rid, issuedAt, expiresAt, previous, claimedBy, ended, ...unchanging } = record;
  return [
    JSON.stringify(unchanging),
    String(version),
    rid,
    String(issuedAt),
    String(expiresAt),
    previous?.rid ?? "",
    String(previous?.replacedAt ?? ""),
    claimedBy ?? "",
    ended ? "1" : "",
  ];
}

// A client that parses JSON, or changes texts in another way, changes this one.
const SENT = '{"a_b":"1"}';

/** The server's time in the reply to `PROBE`. */
function readProbe(reply: unknown, key: string): number {
  const { serverTime, state, rest } = readReply(reply);
  const [texts, one] = rest;
  const [sentKey, sent, empty] = Array.isArray(texts) ? texts.map(String) : [];
  // A client may add a prefix to keys.
  if (state !== "ok" || !sentKey?.endsWith(key) || sent !== SENT || empty !== "" || Number(one) !== 1)
    throw wrongReply();
  return serverTime;
}

interface Reply {
  readonly serverTime: number;
  readonly state: string;
  readonly rest: unknown[];
}

/** The parts of a script's reply. Some clients return texts as buffers, and numbers as texts. */
function readReply(reply: unknown): Reply {
  if (!Array.isArray(reply)) throw wrongReply();
  const [time, state, ...rest] = reply as unknown[];
  const serverTime = Number(time ?? Number.NaN);
  if (!Number.isFinite(serverTime)) throw wrongReply();
  return { serverTime, state: String(state), rest };
}

function wrongReply(): TypeError {
  return storeMisuse(
    "redisSessionStore: the client must return a promise of the reply of a script, with texts as strings or buffers; pass a client of redis or ioredis without transformations",
  );
}

function recordOf(reply: unknown): SessionRecord {
  if (!Array.isArray(reply)) throw wrongReply();
  const [unchanging, version, rid, issuedAt, expiresAt, before, replacedAt, claimedBy, ended] = reply.map(String);
  const changing = {
    version: Number(version),
    rid,
    issuedAt: Number(issuedAt),
    expiresAt: Number(expiresAt),
    previous: before === "" ? null : { rid: before, replacedAt: Number(replacedAt) },
    claimedBy: claimedBy === "" ? null : claimedBy,
    ended: ended === "1",
  };
  // A spread would take eight times as long: V8 first copies the result of `JSON.parse`.
  return readRecord(Object.assign(parseMembers(unchanging), changing));
}
