/** The store suite on a Redis Cluster of three nodes, through both clients. */
import { AuthManager } from "claimgate";
import { redisSessionStore } from "claimgate/redis";
import { sessionStoreSuite } from "claimgate/testing";
import { Cluster, Redis } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import type { OpenStore } from "../../support/open-stores.ts";
import { probeCommand } from "../../support/probes.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { type RedisCluster, startRedisCluster } from "./redis-server.ts";

watchRejections();

const SUBJECTS = Array.from({ length: 60 }, (_, i) => `subject-${i}`);

describeWithService(
  "Redis Cluster",
  () => probeCommand("redis-server") ?? probeCommand("redis-cli"),
  () => {
    let cluster: RedisCluster;
    beforeAll(async () => {
      cluster = await startRedisCluster();
    }, 60_000);
    afterAll(() => cluster?.stop());

    const clients: [string, (prefix: string) => Promise<OpenStore>][] = [
      ["through redis", openNodeRedis],
      ["through ioredis", openIORedis],
    ];

    describe.each(clients)("%s", (client, open) => {
      const prefix = client.replaceAll(" ", "-");
      let opened: OpenStore;
      beforeAll(async () => {
        opened = await open(prefix);
      });
      afterAll(() => opened?.close());

      it.each(sessionStoreSuite({ open: () => opened.store }))("$name", ({ run }) => run());

      it("spreads sessions over all nodes, and keeps the sessions of a subject on one node", async () => {
        const auth = makeAuth(opened);
        const before = await countSessions();
        for (const subject of SUBJECTS) {
          await auth.login(subject, { label: "one" });
          await auth.login(subject, { label: "two" });
        }
        const added = (await countSessions()).map((count, node) => count - (before[node] ?? 0));
        expect(added.reduce((sum, count) => sum + count)).toBe(2 * SUBJECTS.length);
        expect(added.map((count) => [count > 0, count % 2])).toEqual(cluster.nodes.map(() => [true, 0]));

        for (const subject of SUBJECTS) {
          expect(new Set((await auth.sessions(subject)).map(({ label }) => label))).toEqual(new Set(["one", "two"]));
          await auth.revoke({ subject });
          expect(await auth.sessions(subject)).toEqual([]);
        }
        expect(await countSessions()).toEqual(before);
      });

      it("keeps a session from login through refresh to revocation on every node", async () => {
        const auth = makeAuth(opened);
        for (const subject of SUBJECTS) {
          const first = await auth.login(subject);
          const second = await auth.refresh(first.refreshToken);
          const third = await auth.refresh(second.refreshToken);
          expect((await auth.verify(third.authToken)).sub).toBe(subject);
          const other = await auth.login(`${subject}-other`);

          await auth.revoke({ subject });
          expect(await refusalOf(auth.refresh(third.refreshToken))).toMatchObject({
            status: 401,
            reason: "TOKEN_REVOKED",
          });
          expect(await refusalOf(auth.verify(third.authToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
          expect((await auth.verify(other.authToken)).sub).toBe(`${subject}-other`);
        }
      });

      it("ends only the session whose refresh token is reused", async () => {
        const auth = makeAuth(opened);
        for (const subject of SUBJECTS.slice(0, 12)) {
          const [stolen, own] = [await auth.login(subject), await auth.login(subject)];
          const successor = await auth.refresh(stolen.refreshToken);
          expect(await refusalOf(auth.refresh(stolen.refreshToken))).toMatchObject({
            status: 401,
            reason: "TOKEN_REUSED",
          });
          expect(await refusalOf(auth.refresh(successor.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
          expect((await auth.refresh(own.refreshToken)).expiresIn).toBe(3600);
        }
      });

      /** The number of sessions on each node under this prefix. */
      async function countSessions(): Promise<number[]> {
        return Promise.all(
          cluster.nodes.map(async ({ host, port }) => {
            const node = new Redis(port, host);
            try {
              return (await node.keys(`${prefix}:*:session:*`)).length;
            } finally {
              node.disconnect();
            }
          }),
        );
      }
    });

    async function openNodeRedis(prefix: string): Promise<OpenStore> {
      // Only the first node: the client discovers the other nodes.
      const client = createCluster({ rootNodes: cluster.nodes.slice(0, 1).map((socket) => ({ socket })) });
      client.on("error", () => undefined);
      await client.connect();
      return { store: redisSessionStore(client, { prefix }), close: async () => client.destroy() };
    }

    async function openIORedis(prefix: string): Promise<OpenStore> {
      const client = new Cluster(cluster.nodes.slice(0, 1), { lazyConnect: true });
      client.on("error", () => undefined);
      await client.connect();
      return { store: redisSessionStore(client, { prefix }), close: async () => client.disconnect() };
    }
  },
);

function makeAuth({ store }: OpenStore): AuthManager {
  return new AuthManager({
    issuer: "https://cluster.example",
    algorithm: "HS256",
    secret: crypto.getRandomValues(new Uint8Array(32)),
    sessions: store,
    refreshGrace: 0,
    sessionCheck: "always",
    sessionCheckTtl: 0,
  });
}
