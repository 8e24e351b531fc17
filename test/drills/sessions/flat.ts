/** The flatness drills: a store does not grow over thousands of sessions that end. */

import { probeDatabase, probeRedis } from "../../support/probes.ts";
import type { Drill } from "./drill.ts";
import { runMemory } from "./flat-memory.ts";
import { runPostgres } from "./flat-postgres.ts";
import { runRedis } from "./flat-redis.ts";

export const flatDrills: readonly Drill[] = [
  { drill: "flat", store: "memory", probe: () => undefined, run: runMemory },
  { drill: "flat", store: "PGlite", probe: () => undefined, run: (length) => runPostgres("PGlite", length) },
  ...(["redis", "ioredis"] as const).map(
    (client): Drill => ({
      drill: "flat",
      store: `Redis (${client})`,
      probe: probeRedis,
      run: (length) => runRedis(`Redis (${client})`, client, length),
    }),
  ),
  { drill: "flat", store: "PostgreSQL", probe: probeDatabase, run: (length) => runPostgres("PostgreSQL", length) },
];
