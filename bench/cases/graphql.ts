/** The cost of guards in GraphQL: a large list and a small query, through Yoga and its executor. */
import { EMPTY_CALL, emptyCall } from "../harness/empty-call.ts";
import type { Case, Table, Work } from "../harness/types.ts";
import type { QUERIES } from "./graphql/schema.ts";
import type { Server } from "./graphql/server.ts";

type QueryName = keyof typeof QUERIES;
type Way = "yoga" | "executor";
type OpenServer = () => Promise<Server>;

const WAYS = { yoga: "through yoga.fetch", executor: "through Yoga's executor alone" } as const;

const unguarded = () => import("./graphql/unguarded.ts");
const claimgate = () => import("./graphql/claimgate.ts");
const byHand = () => import("./graphql/by-hand.ts");
const genericAuth = () => import("./graphql/generic-auth.ts");
const shield = () => import("./graphql/shield.ts");
const pothos = () => import("./graphql/pothos.ts");

const noAuth: OpenServer = async () => (await unguarded()).noAuth();

const wrappers: Readonly<Record<string, OpenServer>> = {
  "identity wrapper": async () => (await unguarded()).identityWrapper(),
  "async wrapper": async () => (await unguarded()).asyncWrapper(),
};

const guards: Readonly<Record<string, OpenServer>> = {
  "checks by hand, warm": async () => (await byHand()).byHand(true),
  "claimgate, warm": async () => (await claimgate()).claimgate("warm"),
  "generic-auth, warm": async () => (await genericAuth()).genericAuth("a cache"),
  "Pothos scope-auth, warm": async () => (await pothos()).pothosScopeAuth(true),
  "graphql-shield, warm": async () => (await shield()).graphqlShield(true),
  "checks by hand, cold": async () => (await byHand()).byHand(false),
  "claimgate, cold": async () => (await claimgate()).claimgate("cold"),
  "plugin-jwt + generic-auth, cold": async () => (await genericAuth()).genericAuth("plugin-jwt"),
  "Pothos scope-auth, cold": async () => (await pothos()).pothosScopeAuth(false),
  "graphql-shield, cold": async () => (await shield()).graphqlShield(false),
};

const pothosAlone: Readonly<Record<string, OpenServer>> = {
  "Pothos without scope-auth": async () => (await pothos()).pothosAlone(),
};

const keyObjectGuard: Readonly<Record<string, OpenServer>> = {
  "plugin-jwt by key object + generic-auth, cold": async () =>
    (await genericAuth()).genericAuth("plugin-jwt with a key object"),
};

const ecGuards: Readonly<Record<string, OpenServer>> = {
  "checks by hand, cold": async () => (await byHand()).byHand(false, "ES256"),
  "claimgate, cold": async () => (await claimgate()).claimgate("cold", "ES256"),
  "plugin-jwt + generic-auth, cold": async () => (await genericAuth()).genericAuth("plugin-jwt", "ES256"),
};

const notes = [
  "64 callers take turns, so that no two calls in flight carry the same token. claimgate's cold cases have 10,240, more than its cache holds.",
  "Warm: the token was verified before. By hand, Pothos and graphql-shield look into a Map of verified tokens first; generic-auth has a plugin with one in place of plugin-jwt.",
  "Cold: each request verifies its token, which is the documented way of all but claimgate. generic-auth uses plugin-jwt, the others use jose with an imported key.",
];
const secretNote =
  "plugin-jwt gets the secret as text, as its types require. jsonwebtoken tries text as a public key first; a key object avoids that.";
const genericAuthNote =
  "generic-auth guards the operation before it is executed, so the executor alone calls it through Yoga's hooks.";

export const tables: readonly Table[] = [
  ...ways((way) => listTable("guarded list", "guardedList", way)),
  ...ways((way) => listTable("open list", "openList", way)),
  ...ways((way) => smallTable(1, way)),
  ...ways((way) => smallTable(16, way)),
  addedTable(),
  {
    name: "graphql/small ES256 yoga",
    title: `A small query, ES256, 16 in flight, ${WAYS.yoga}`,
    base: "no auth",
    unit: "request",
    cases: casesOf({ "no auth": noAuth, ...ecGuards }, "small", "yoga", 16),
    notes,
  },
];

function listTable(name: string, query: QueryName, way: Way): Table {
  const parent = query === "guardedList" ? "a guarded" : "an unguarded";
  return {
    name: `graphql/${name} ${way}`,
    title: `100 objects of 10 guarded fields below ${parent} field, HS256, ${WAYS[way]}`,
    base: "no auth",
    unit: "request",
    cases: casesOf({ "no auth": noAuth, ...wrappers, ...pothosAlone, ...guards }, query, way),
    notes: notesFor(way),
  };
}

function smallTable(inFlight: number, way: Way): Table {
  return {
    name: `graphql/small ${inFlight} ${way}`,
    title: `A small query, HS256, ${inFlight} in flight, ${WAYS[way]}`,
    base: "no auth",
    unit: "request",
    // A turn of the event loop is expensive, compared with the executor alone.
    ...(way === "executor" ? { netOf: EMPTY_CALL } : {}),
    cases: [
      ...(way === "executor" ? [emptyCall(inFlight)] : []),
      ...casesOf({ "no auth": noAuth, ...guards, ...keyObjectGuard }, "small", way, inFlight),
    ],
    notes: notesFor(way),
  };
}

function addedTable(): Table {
  return {
    name: "graphql/added by a request",
    title: `A small query, HS256, ${WAYS.executor}: the CPU time that claimgate adds to no auth`,
    base: "claimgate, warm",
    unit: "request",
    cases: (["warm", "cold"] as const).map((callers) => ({
      name: `claimgate, ${callers}`,
      load: async () => (await import("./graphql/added.ts")).loadAdded(callers),
    })),
    notes: ["Both servers take turns in one process. The reference is a bare createHmac of the token."],
  };
}

function notesFor(way: Way): readonly string[] {
  return [...notes, secretNote, ...(way === "executor" ? [genericAuthNote] : [])];
}

function ways(tableOf: (way: Way) => Table): readonly Table[] {
  return [tableOf("executor"), tableOf("yoga")];
}

function casesOf(
  servers: Readonly<Record<string, OpenServer>>,
  query: QueryName,
  way: Way,
  inFlight = 1,
): readonly Case[] {
  return Object.entries(servers).map(([name, open]) => ({ name, load: async () => drive(open, query, way, inFlight) }));
}

async function drive(open: OpenServer, name: QueryName, way: Way, inFlight: number): Promise<Work> {
  const server = await open();
  const { QUERIES } = await import("./graphql/schema.ts");
  const query = QUERIES[name];
  if (way === "yoga") return (await import("./graphql/over-yoga.ts")).overYoga(server, query, inFlight);
  return (await import("./graphql/over-executor.ts")).overExecutor(server, query, inFlight);
}
