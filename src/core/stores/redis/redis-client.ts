/** Runs scripts on Redis or a Redis Cluster through a client of node-redis or ioredis. */
import { UnsentError } from "../session-store.ts";
import { storeMisuse } from "../store-error.ts";
import { hexDigest } from "../text-digest.ts";
import { explainFault } from "./redis-faults.ts";

/** The part of a node-redis client, cluster or pool (`redis`) that the store uses. */
export interface NodeRedisLike {
  /** Whether the client sends commands at once; `false` if it queues them. */
  readonly isReady?: boolean;
  /** Whether `connect()` was called, and the client has not been closed since. */
  readonly isOpen?: boolean;
  /** Runs a script by its text. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  /** Runs a script that the server has, by its SHA-1. */
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** The part of an `ioredis` client or cluster that the store uses. */
export interface IORedisLike {
  /** `"ready"` if the client sends commands at once; in any other status it may queue them. */
  readonly status: string;
  /** Runs a script by its text. */
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Runs a script that the server has, by its SHA-1. */
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** A client of node-redis or ioredis. */
export type RedisClientLike = NodeRedisLike | IORedisLike;

/**
 * Runs a script. Rejects with `UnsentError` if the client has lost its connection, because a queued
 * command could run after its caller has given up. Rejects with a `TypeError` for a mistake of the
 * application, such as a client that was never connected.
 */
export type RunScript = (script: string, keys: string[], values: string[]) => Promise<unknown>;

/**
 * Creates a function that runs scripts on `client`.
 *
 * @throws `TypeError` if `client` is not a client of node-redis or ioredis
 */
export function createScriptRunner(client: RedisClientLike): RunScript {
  const call = callerOf(client);
  // Redis identifies a script by its SHA-1 (EVALSHA).
  const hashes = new Map<string, string>();
  const send = async (script: string, keys: string[], values: string[]): Promise<unknown> => {
    const sha1 = hashes.get(script) ?? (await hexDigest("SHA-1", script));
    hashes.set(script, sha1);
    try {
      return await call.bySha(sha1, keys, values);
    } catch (error) {
      // The server does not know the script yet, so it gets the text.
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return call.byText(script, keys, values);
    }
  };
  return (script, keys, values) =>
    send(script, keys, values).catch((error: unknown) => {
      throw explainFault(error, isCluster(client));
    });
}

type LooseClient = { readonly [K in keyof NodeRedisLike | keyof IORedisLike | "connect" | "EVALSHA"]?: unknown };

/** Whether the client may be for a cluster: one for a single server has `isReady` or `status`. */
function isCluster(client: RedisClientLike): boolean {
  const { isReady, status } = client as LooseClient;
  return isReady === undefined && status === undefined;
}

type Call = (script: string, keys: string[], values: string[]) => Promise<unknown>;

interface Calls {
  readonly bySha: Call;
  readonly byText: Call;
}

function callerOf(client: RedisClientLike): Calls {
  const { evalSha, evalsha, status, connect, EVALSHA } = (client ?? {}) as LooseClient;
  // Redis 4 in legacy mode has both spellings; what `legacy()` of redis 5 returns has no `connect`.
  const isLegacy = typeof evalsha === "function" || (EVALSHA !== undefined && connect === undefined);
  if (typeof evalSha === "function" && isLegacy)
    throw new TypeError(
      "redisSessionStore: the client is in legacy mode, with callbacks; pass the client itself, in redis 4 client.v4",
    );
  if (typeof evalSha === "function") return callsOfNodeRedis(client as NodeRedisLike);
  if (typeof evalsha === "function" && typeof status === "string") return callsOfIORedis(client as IORedisLike);
  throw new TypeError(
    "redisSessionStore: client must be a client of redis (version 4 or later) or ioredis. An HTTP client, such as that of @upstash/redis, cannot be used; connect to its TCP endpoint with redis or ioredis",
  );
}

function callsOfNodeRedis(client: NodeRedisLike): Calls {
  let wasOpen = client.isOpen !== false;
  const connected = (): NodeRedisLike => {
    wasOpen ||= client.isOpen !== false;
    if (!wasOpen) throw storeMisuse("redisSessionStore: the client must be connected; await client.connect() first");
    if (client.isReady === false || client.isOpen === false)
      throw new UnsentError("The Redis client is closed, or has lost its connection and reconnects");
    return client;
  };
  return {
    bySha: async (sha1, keys, values) => connected().evalSha(sha1, { keys, arguments: values }),
    byText: async (script, keys, values) => connected().eval(script, { keys, arguments: values }),
  };
}

function callsOfIORedis(client: IORedisLike): Calls {
  const connected = (): IORedisLike => {
    // With `lazyConnect`, the first command would connect; the store sends none before.
    if (client.status === "wait")
      throw storeMisuse("redisSessionStore: the client must be connected; await client.connect() first");
    if (client.status !== "ready")
      throw new UnsentError(`The Redis client has the status ${client.status}: wait until it is ready`);
    return client;
  };
  return {
    bySha: async (sha1, keys, values) => connected().evalsha(sha1, keys.length, ...keys, ...values),
    byText: async (script, keys, values) => connected().eval(script, keys.length, ...keys, ...values),
  };
}
