/** Refreshes sessions on the three stores: refreshes a second, and round trips per refresh. */
import type { Case, Table } from "../harness/types.ts";
import type { StoreName } from "./sessions/stores.ts";

const STORES: readonly StoreName[] = ["memory", "Redis", "PostgreSQL"];

export const tables: readonly Table[] = [
  toTable("refresh", "one after another", 1),
  toTable("refresh, 64 at once", "64 at once, each of another session", 64),
];

function toTable(name: string, how: string, inFlight: number): Table {
  const refreshes = STORES.map(
    (store): Case => ({
      name: store,
      isClaimgate: true,
      load: async () => (await import("./sessions/refresh.ts")).loadRefresh(store, inFlight),
    }),
  );
  return {
    name: `sessions/${name}`,
    title: `refreshes, HS256, ${how}`,
    base: "memory",
    unit: "refresh",
    cases: inFlight === 1 ? [...refreshes, toPing("Redis", "PING"), toPing("PostgreSQL", "SELECT 1")] : refreshes,
    notes: ["CPU time of the process with the manager. Server: that of PostgreSQL's processes for its connections."],
  };
}

function toPing(store: StoreName, command: string): Case {
  return {
    name: `${store}, ${command} alone`,
    load: async () => (await import("./sessions/refresh.ts")).loadPing(store),
  };
}
