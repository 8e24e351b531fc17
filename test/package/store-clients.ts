/** A user's project with sessions on servers, compiled against the tarball and the real clients. */
import { PGlite } from "@electric-sql/pglite";
import type { SessionStore } from "claimgate";
import { postgresSessionStore } from "claimgate/postgres";
import { redisSessionStore } from "claimgate/redis";
import { Cluster, Redis } from "ioredis";
import pg from "pg";
import postgres from "postgres";
import { createClient, createClientPool, createCluster } from "redis";

export const stores: readonly (() => SessionStore)[] = [
  () => redisSessionStore(createClient({ url: "redis://127.0.0.1:6379" })),
  () => redisSessionStore(createCluster({ rootNodes: [{ url: "redis://127.0.0.1:6379" }] })),
  () => redisSessionStore(createClientPool()),
  () => redisSessionStore(new Redis(), { prefix: "app" }),
  () => redisSessionStore(new Cluster([{ host: "127.0.0.1", port: 6379 }])),
  () => postgresSessionStore(new pg.Pool(), { table: "sessions" }),
  () => postgresSessionStore(new PGlite()),
  () => postgresSessionStore(postgres()),
  () => postgresSessionStore(postgres({ transform: postgres.camel, types: { bigint: postgres.BigInt } })),
];
