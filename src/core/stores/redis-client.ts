/** Speaks with Redis through the user's own client: node-redis or ioredis, one server or a cluster. */
import { UnsentError } from "./session-store.ts";

/** What is used of a node-redis client (`redis`), a cluster or a pool. */
export interface NodeRedisLike {
  /** Whether commands are sent, not queued. */
  readonly isReady?: boolean;
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** What is used of an `ioredis` client or cluster. */
export interface IORedisLike {
  /** `"ready"` where commands are sent, not queued. */
  readonly status: string;
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** A client of either kind. */
export type RedisClientLike = NodeRedisLike | IORedisLike;

/**
 * Runs a script. Rejects where the client is not connected: a command that waits in a queue may run
 * when nobody expects it.
 */
export type RunScript = (script: string, keys: string[], values: string[]) => Promise<unknown>;

/** Throws `TypeError` for a client of neither kind. */
export function createScriptRunner(client: RedisClientLike): RunScript {
  const call = callerOf(client);
  const hashes = new Map<string, string>();
  return async (script, keys, values) => {
    const sha1 = hashes.get(script) ?? (await sha1Of(script));
    hashes.set(script, sha1);
    try {
      return await call.bySha(sha1, keys, values);
    } catch (error) {
      // Each server learns a script once.
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
      if (redis.isReady === false) throw new UnsentError("The Redis client is not connected");
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
      if (redis.status !== "ready") throw new UnsentError(`The Redis client is not connected: ${redis.status}`);
      return redis;
    };
    return {
      bySha: async (sha1, keys, values) => connected().evalsha(sha1, keys.length, ...keys, ...values),
      byText: async (script, keys, values) => connected().eval(script, keys.length, ...keys, ...values),
    };
  }
  throw new TypeError("redisSessionStore needs a client of redis or ioredis");
}

// How Redis names a script (EVALSHA). It protects nothing.
async function sha1Of(script: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", new TextEncoder().encode(script)));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
