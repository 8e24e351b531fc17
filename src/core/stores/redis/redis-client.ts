/** Runs scripts on Redis or a Redis Cluster through a client of node-redis or ioredis. */
import { UnsentError } from "../session-store.ts";
import { hexDigest } from "../text-digest.ts";

/** The part of a node-redis client, cluster or pool (`redis`) that the store uses. */
export interface NodeRedisLike {
  /** Whether the client sends commands at once; `false` if it queues them. */
  readonly isReady?: boolean;
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
 * Runs a script. Rejects with `UnsentError` if the client is not connected, because a queued
 * command could run after its caller has given up.
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
  return async (script, keys, values) => {
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
}

type Call = (script: string, keys: string[], values: string[]) => Promise<unknown>;

function callerOf(client: RedisClientLike): { readonly bySha: Call; readonly byText: Call } {
  const given = client as Partial<NodeRedisLike & IORedisLike> | null | undefined;
  if (typeof given?.evalSha === "function") {
    const redis = client as NodeRedisLike;
    const connected = (): NodeRedisLike => {
      if (redis.isReady === false)
        throw new UnsentError("The Redis client is not connected: await connect(), or wait until it reconnects");
      return redis;
    };
    return {
      bySha: async (sha1, keys, values) => connected().evalSha(sha1, { keys, arguments: values }),
      byText: async (script, keys, values) => connected().eval(script, { keys, arguments: values }),
    };
  }
  if (typeof given?.evalsha === "function") {
    const redis = client as IORedisLike;
    const connected = (): IORedisLike => {
      if (redis.status !== "ready")
        throw new UnsentError(`The Redis client has the status ${redis.status}: wait until it is ready`);
      return redis;
    };
    return {
      bySha: async (sha1, keys, values) => connected().evalsha(sha1, keys.length, ...keys, ...values),
      byText: async (script, keys, values) => connected().eval(script, keys.length, ...keys, ...values),
    };
  }
  throw new TypeError("redisSessionStore: client must be a client of the package redis or ioredis");
}
