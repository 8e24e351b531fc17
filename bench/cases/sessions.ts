/** Refreshing sessions on the three stores: how many a second, and how often each asks its store. */
import { REFRESH_ROUND_TRIPS } from "../goals.ts";
import type { Case, Goal, Table } from "../harness/types.ts";
import type { StoreName } from "./sessions/stores.ts";

const STORES: readonly StoreName[] = ["memory", "Redis", "PostgreSQL"];

export const tables: readonly Table[] = [
  toTable("refresh", "one after another", 1, REFRESH_ROUND_TRIPS),
  toTable("refresh, 64 at once", "64 at once, each of another session", 64, []),
];

function toTable(name: string, how: string, inFlight: number, goals: readonly Goal[]): Table {
  const refreshes = STORES.map(
    (store): Case => ({
      name: store,
      load: async () => (await import("./sessions/refresh.ts")).loadRefresh(store, inFlight),
    }),
  );
  return {
    name: `sessions/${name}`,
    title: `refreshes, HS256, ${how}`,
    base: "memory",
    unit: "refresh",
    cases: inFlight === 1 ? [...refreshes, toPing("Redis", "PING"), toPing("PostgreSQL", "SELECT 1")] : refreshes,
    goals,
    notes: ["CPU is that of the process with the manager, not of the store."],
  };
}

function toPing(store: StoreName, command: string): Case {
  return {
    name: `${store}, ${command} alone`,
    load: async () => (await import("./sessions/refresh.ts")).loadPing(store),
  };
}
