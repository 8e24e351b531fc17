/** Real servers under load: the CPU time of a request with auth, over the same server without. */
import type { Case, Table } from "../harness/types.ts";
import type { Guard, Transport } from "./http/site.ts";

const CASES: readonly { readonly name: string; readonly guard: Guard; readonly note?: string }[] = [
  { name: "no auth", guard: "none", note: "gets the same header and ignores it" },
  { name: "claimgate, warm", guard: "claimgate" },
  {
    name: "by hand, with a cache",
    guard: "by hand",
    note: "jose, with the payloads in an LRU of 10,000 by the token's text; exp is checked every time",
  },
  { name: "claimgate, cache off", guard: "claimgate, cache off" },
  { name: "by hand, no cache", guard: "by hand, no cache" },
];

export const tables: readonly Table[] = [
  toTable("tRPC", "tRPC's standalone server, GET of one procedure"),
  toTable("GraphQL", "GraphQL Yoga on node:http, POST of one field and its three"),
];

function toTable(transport: Transport, title: string): Table {
  return {
    name: `http/${transport}`,
    title: `${title}, HS256, a rule on the scope`,
    base: "no auth",
    unit: "request",
    cases: CASES.map(({ name, guard, note }): Case => {
      const load: Case["load"] = async () => (await import("./http/load.ts")).startServer(transport, guard);
      return { name, load, ...(note === undefined ? {} : { note }) };
    }),
    notes: [
      "CPU time of the server's process alone, all its threads. autocannon loads it over 16 connections from another process.",
    ],
  };
}
