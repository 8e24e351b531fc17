/** What guards cost in GraphQL: a list of 100 objects of 10 guarded fields and one small query, through Yoga and through its executor alone. */
import { EMPTY_CALL, emptyCall } from "../harness/empty-call.ts";
import type { Case, Goal, Table, Work } from "../harness/types.ts";
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
  "claimgate, warm": async () => (await claimgate()).claimgate(true),
  "generic-auth, warm": async () => (await genericAuth()).genericAuth("a cache"),
  "Pothos scope-auth, warm": async () => (await pothos()).pothosScopeAuth(true),
  "graphql-shield, warm": async () => (await shield()).graphqlShield(true),
  "checks by hand, cold": async () => (await byHand()).byHand(false),
  "claimgate, cold": async () => (await claimgate()).claimgate(false),
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
  "claimgate, cold": async () => (await claimgate()).claimgate(false, "ES256"),
  "plugin-jwt + generic-auth, cold": async () => (await genericAuth()).genericAuth("plugin-jwt", "ES256"),
};

const notes = [
  "64 callers take turns, so that no two calls in flight carry the same token.",
  "Warm: the token was verified before. By hand, Pothos and graphql-shield have a Map of verified tokens in front, generic-auth a plugin with one in place of plugin-jwt.",
  "Cold: each request's token is verified, as all but claimgate do by their documentation: generic-auth by plugin-jwt, the others by jose with an imported key.",
];
const secretNote =
  "plugin-jwt is given the secret as text, as its types ask; jsonwebtoken tries that as a public key first, which a key object spares it.";
const genericAuthNote =
  "generic-auth guards the operation before it is executed; for the executor alone it is called by way of Yoga's hooks, as it cannot be otherwise.";

export const tables: readonly Table[] = [
  ...ways((way) => listTable("guarded list", "guardedList", way)),
  ...ways((way) => listTable("open list", "openList", way)),
  ...ways((way) => smallTable(1, way)),
  ...ways((way) => smallTable(16, way)),
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
    goals: [
      { case: "claimgate, warm", atMost: way === "executor" ? 1.06 : 1.1 },
      ...(query === "openList" ? [{ case: "claimgate, cold", atMost: 1.3 }] : []),
    ],
    notes: notesFor(way),
  };
}

function smallTable(inFlight: number, way: Way): Table {
  const goals: readonly Goal[] = [
    { case: "claimgate, warm", atMost: 1.05 },
    { case: "claimgate, cold", atMost: 1.35 },
  ];
  return {
    name: `graphql/small ${inFlight} ${way}`,
    title: `A small query, HS256, ${inFlight} in flight, ${WAYS[way]}`,
    base: "no auth",
    unit: "request",
    // Next to the executor alone a turn of the event loop is not little.
    ...(way === "executor" ? { netOf: EMPTY_CALL } : {}),
    cases: [
      ...(way === "executor" ? [emptyCall(inFlight)] : []),
      ...casesOf({ "no auth": noAuth, ...guards, ...keyObjectGuard }, "small", way, inFlight),
    ],
    ...(inFlight === 16 && way === "yoga" ? { goals } : {}),
    notes: notesFor(way),
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
