/** Clients for Redis: those that the store accepts work, and any other is a TypeError. */
import { once } from "node:events";
import { UnsentError } from "claimgate";
import { type NodeRedisLike, type RedisClientLike, redisSessionStore } from "claimgate/redis";
import { makeSessionRecord, sessionStoreSuite } from "claimgate/testing";
import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster, createSentinel, RESP_TYPES } from "redis";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { describeWithService } from "../../../support/describe-with-service.ts";
import { REDIS_URL, uniqueName } from "../../../support/open-stores.ts";
import { probeRedis } from "../../../support/probes.ts";
import { refusalOf } from "../../../support/refusal-of.ts";

const soon = () => ({ now: Date.now() / 1000, deadline: Date.now() + 5000 });

interface Opened {
  readonly client: RedisClientLike;
  close(): unknown;
}

const openClient = async (url = REDIS_URL) => {
  const client = createClient({ url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
};

const GOOD: readonly (readonly [what: string, open: () => Promise<Opened>])[] = [
  [
    "redis that returns buffers",
    async () => {
      const client = await openClient();
      const mapped = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
      return { client: mapped as unknown as NodeRedisLike, close: () => client.destroy() };
    },
  ],
  [
    "redis that returns numbers as texts",
    async () => {
      const client = await openClient();
      const mapped = client.withTypeMapping({ [RESP_TYPES.NUMBER]: String });
      return { client: mapped as unknown as NodeRedisLike, close: () => client.destroy() };
    },
  ],
  [
    "a pool of redis",
    async () => {
      const pool = createClientPool({ url: REDIS_URL });
      pool.on("error", () => undefined);
      await pool.connect();
      return { client: pool, close: () => pool.destroy() };
    },
  ],
  [
    "ioredis with stringNumbers and a prefix of its own",
    async () => {
      const client = new Redis(REDIS_URL, { stringNumbers: true, keyPrefix: `${uniqueName()}:` });
      await client.ping();
      return { client, close: () => client.disconnect() };
    },
  ],
  [
    "a Proxy of ioredis",
    async () => {
      const client = new Redis(REDIS_URL);
      await client.ping();
      return { client: new Proxy(client, {}), close: () => client.disconnect() };
    },
  ],
  [
    "an object around sendCommand",
    async () => {
      const client = await openClient();
      const run = (
        command: string,
        script: string,
        { keys, arguments: values }: { keys: string[]; arguments: string[] },
      ) => client.sendCommand([command, script, String(keys.length), ...keys, ...values]);
      const wrapped: NodeRedisLike = {
        eval: (script, options) => run("EVAL", script, options),
        evalSha: (sha1, options) => run("EVALSHA", sha1, options),
      };
      return { client: wrapped, close: () => client.destroy() };
    },
  ],
];

describeWithService("Redis through", probeRedis, () => {
  describe.each(GOOD)("%s", (_, open) => {
    const prefix = uniqueName();
    let opened: Opened;
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(async () => {
      await opened.close();
      const client = await openClient();
      for await (const keys of client.scanIterator({ MATCH: `*${prefix}:*`, COUNT: 1000 }))
        if (keys.length > 0) await client.del(keys);
      client.destroy();
    });

    it.each(sessionStoreSuite({ open: () => redisSessionStore(opened.client, { prefix }) }))("$name", ({ run }) =>
      run());
  });

  it.each<[what: string, client: (real: NodeRedisLike) => NodeRedisLike]>([
    [
      "parses texts that look like JSON",
      (real) => {
        const parsed = (reply: unknown): unknown => {
          if (Array.isArray(reply)) return reply.map(parsed);
          try {
            return JSON.parse(String(reply)) as unknown;
          } catch {
            return reply;
          }
        };
        return {
          eval: async (...given) => parsed(await real.eval(...given)),
          evalSha: async (...given) => parsed(await real.evalSha(...given)),
        };
      },
    ],
    [
      "returns only the first value",
      (real) => ({
        eval: async (...given) => ((await real.eval(...given)) as unknown[])[0],
        evalSha: async (...given) => ((await real.evalSha(...given)) as unknown[])[0],
      }),
    ],
    ["takes callbacks", () => ({ eval: (() => undefined) as never, evalSha: (() => true) as never })],
  ])("a client that %s is a TypeError of the first operation", async (_, wrap) => {
    const real = await openClient();
    onTestFinished(() => real.destroy());
    const store = redisSessionStore(wrap(real), { prefix: uniqueName() });
    const error = await refusalOf(store.create(await makeSessionRecord(), soon()));
    expect(error).toBeInstanceOf(TypeError);
    expect(String(error)).toContain("must return a promise of the reply of a script, with texts as strings or buffers");
  });

  it("a user without rights is a TypeError, and the rights of the message suffice", async () => {
    const [admin, user, prefix] = [await openClient(), uniqueName(), uniqueName()];
    const url = new URL(REDIS_URL);
    Object.assign(url, { username: user, password: "test" });
    onTestFinished(async () => {
      await admin.sendCommand(["ACL", "DELUSER", user]);
      admin.destroy();
    });
    const open = async () => {
      const client = await openClient(url.href);
      onTestFinished(() => client.destroy());
      return redisSessionStore(client, { prefix });
    };
    await admin.sendCommand(["ACL", "SETUSER", user, "on", ">test", "+hello", "+client", "+auth"]);
    const record = await makeSessionRecord();
    const store = await open();
    expect(String(await refusalOf(store.create(record, soon())))).toMatch(/TypeError: .*\+@scripting/);
    await admin.sendCommand(["ACL", "SETUSER", user, "+@scripting", "+time"]);
    expect(String(await refusalOf(store.create(record, soon())))).toMatch(/TypeError: .*\+@read/);
    await admin.sendCommand(["ACL", "SETUSER", user, "+@read", "+@write", `~${prefix}:*`]);
    expect(await store.create(record, soon())).toBe(true);
    expect(await store.end(record.id, soon())).toBe(true);
  });

  it("a key of another program is a TypeError that names the prefix", async () => {
    const [client, prefix, record] = [await openClient(), uniqueName(), await makeSessionRecord()];
    const key = `${prefix}:{${record.id.split(".")[0]}}:session:${record.id}`;
    await client.set(key, "text");
    onTestFinished(async () => {
      await client.del(key);
      client.destroy();
    });
    const store = redisSessionStore(client, { prefix });
    expect(String(await refusalOf(store.find(record.id, soon())))).toMatch(/TypeError: .*set another prefix/);
  });

  it("a client that has lost its connection stays an outage, and one that was never connected is a TypeError", async () => {
    const lost = await openClient();
    const store = redisSessionStore(lost);
    lost.destroy();
    expect(await refusalOf(store.find("x.1", soon()))).toBeInstanceOf(UnsentError);
    const ended = new Redis(REDIS_URL);
    await ended.ping();
    const closed = once(ended, "end");
    ended.disconnect();
    await closed;
    expect(await refusalOf(redisSessionStore(ended).find("x.1", soon()))).toBeInstanceOf(UnsentError);
    const never: RedisClientLike[] = [
      createClient({ url: REDIS_URL }),
      createClientPool({ url: REDIS_URL }),
      createCluster({ rootNodes: [{ url: REDIS_URL }] }),
      createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: 1 }] }),
      new Redis(REDIS_URL, { lazyConnect: true }),
      new Cluster([{ host: "127.0.0.1", port: 1 }], { lazyConnect: true }),
    ];
    for (const client of never)
      expect(await refusalOf(redisSessionStore(client).find("x.1", soon()))).toEqual(
        new TypeError("redisSessionStore: the client must be connected; await client.connect() first"),
      );
  });

  it("a client that cannot reach its server yet is an outage, and not a TypeError", async () => {
    const client = createClient({ url: "redis://127.0.0.1:1" });
    client.on("error", () => undefined);
    client.connect().catch(() => undefined);
    onTestFinished(() => client.destroy());
    expect(await refusalOf(redisSessionStore(client).find("x.1", soon()))).toBeInstanceOf(UnsentError);
  });
});

it.each<[what: string, message: string]>([
  ["MOVED 866 127.0.0.1:7001", "one for a Redis Cluster"],
  ["ERR unknown command 'EVALSHA', with args beginning with: ", "must support scripts"],
  ["Connection in subscriber mode, only subscriber commands may be used", "a client of its own"],
  ["ERR Can't execute 'evalsha': only (P|S)SUBSCRIBE / PING / QUIT are allowed in this context", "a client of its own"],
])("an error %s of a client for one server is a TypeError, and CLUSTERDOWN stays as it is", async (text, says) => {
  const failing = (message: string) => {
    const fail = async (): Promise<never> => {
      throw new Error(message);
    };
    return redisSessionStore({ status: "ready", eval: fail, evalsha: fail });
  };
  expect(String(await refusalOf(failing(text).find("x.1", soon())))).toContain(says);
  const down = "CLUSTERDOWN The cluster is down";
  expect(await refusalOf(failing(down).find("x.1", soon()))).toEqual(new Error(down));
});

it("an error MOVED of a cluster client stays as it is, because a failover causes it", async () => {
  const fail = async (): Promise<never> => {
    throw new Error("MOVED 866 127.0.0.1:7001");
  };
  const error = await refusalOf(redisSessionStore({ eval: fail, evalSha: fail }).find("x.1", soon()));
  expect(error).toEqual(new Error("MOVED 866 127.0.0.1:7001"));
});

const NO_CLIENT =
  "redisSessionStore: client must be a client of redis (version 4 or later) or ioredis. An HTTP client, such as that of @upstash/redis, cannot be used; connect to its TCP endpoint with redis or ioredis";

// Their shapes: of @upstash/redis 1, redis 3, ioredis-mock 8 and @valkey/valkey-glide 2.
it.each<[what: string, client: unknown, message: string]>([
  ["@upstash/redis", { evalsha: async () => [], eval: async () => [], ping: async () => "PONG" }, NO_CLIENT],
  ["redis 3", { evalsha: () => true, eval: () => true, connected: true, ready: true }, NO_CLIENT],
  ["a client of Valkey GLIDE", { invokeScript: async () => [], customCommand: async () => [] }, NO_CLIENT],
  ["nothing", undefined, NO_CLIENT],
  ["a URL", "redis://127.0.0.1:6379", NO_CLIENT],
  [
    "redis 4 in legacy mode",
    { evalSha: () => undefined, evalsha: () => undefined, eval: () => undefined, isReady: true },
    "redisSessionStore: the client is in legacy mode, with callbacks; pass the client itself, in redis 4 client.v4",
  ],
  [
    "legacy() of redis 5 or later",
    createClient().legacy(),
    "redisSessionStore: the client is in legacy mode, with callbacks; pass the client itself, in redis 4 client.v4",
  ],
])("rejects %s when the store is created, with a remedy", (_, client, message) => {
  expect(() => redisSessionStore(client as RedisClientLike)).toThrow(new TypeError(message));
});
