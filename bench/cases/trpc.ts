/** The cost of guards in tRPC: one query and a batch of 20, through `fetchRequestHandler`. */
import type { Case, Table } from "../harness/types.ts";
import type { Api } from "./trpc/api.ts";

type OpenApi = () => Promise<Api>;

const unguarded = () => import("./trpc/unguarded.ts");
const claimgate = () => import("./trpc/claimgate.ts");
const byHand = () => import("./trpc/by-hand.ts");
const shield = () => import("./trpc/shield.ts");

const noAuth: OpenApi = async () => (await unguarded()).unguarded(0);

const apis: Readonly<Record<string, OpenApi>> = {
  "no auth": noAuth,
  "one empty middleware": async () => (await unguarded()).unguarded(1),
  "two empty middlewares": async () => (await unguarded()).unguarded(2),
  "claimgate, token, warm": async () => (await claimgate()).claimgate({ callers: "warm", guard: "token" }),
  "claimgate, token then scope, warm": async () =>
    (await claimgate()).claimgate({ callers: "warm", guard: "token, then scope" }),
  "claimgate, scope alone, warm": async () => (await claimgate()).claimgate({ callers: "warm", guard: "scope" }),
  "jose once a request, warm": async () => (await byHand()).oncePerRequest(true),
  "jose once a procedure, warm": async () => (await byHand()).oncePerProcedure(true),
  "trpc-shield, warm": async () => (await shield()).trpcShield(true),
  "claimgate, token, cold": async () => (await claimgate()).claimgate({ callers: "cold", guard: "token" }),
  "claimgate, token then scope, cold": async () =>
    (await claimgate()).claimgate({ callers: "cold", guard: "token, then scope" }),
  "jose once a request, cold": async () => (await byHand()).oncePerRequest(false),
  "jose once a procedure, cold": async () => (await byHand()).oncePerProcedure(false),
  "trpc-shield, cold": async () => (await shield()).trpcShield(false),
};

const ecApis: Readonly<Record<string, OpenApi>> = {
  "no auth": noAuth,
  "claimgate, token then scope, cold": async () =>
    (await claimgate()).claimgate({ callers: "cold", guard: "token, then scope", algorithm: "ES256" }),
  "jose once a request, cold": async () => (await byHand()).oncePerRequest(false, "ES256"),
  "jose once a procedure, cold": async () => (await byHand()).oncePerProcedure(false, "ES256"),
};

const notes = [
  "A new Request for each call; 64 callers take turns. claimgate's cold cases have 10,240, more than its cache holds.",
  "Token: protectedProcedure. Token then scope: protectedProcedure.use(requireToken({ scope })), two middlewares. Scope alone: t.procedure.use(requireToken({ scope })), one middleware, like the peers, which check the scope too.",
  "Warm: the token was verified before; all but claimgate look into a Map of verified tokens first. Cold: each request verifies its token; all but claimgate use jose with an imported key. trpc-shield itself verifies no token: its user is in the context, as with jose once a request.",
];

export const tables: readonly Table[] = [
  {
    name: "trpc/one query",
    title: "One guarded query, HS256",
    base: "no auth",
    unit: "request",
    cases: casesOf(apis, 1),
    notes,
  },
  {
    name: "trpc/batch of 20",
    title: "A batch of 20 guarded queries, HS256",
    base: "no auth",
    unit: "request",
    cases: casesOf(apis, 20),
    notes,
  },
  {
    name: "trpc/batch of 20 ES256",
    title: "A batch of 20 guarded queries, ES256",
    base: "no auth",
    unit: "request",
    cases: casesOf(ecApis, 20),
    notes,
  },
];

function casesOf(opened: Readonly<Record<string, OpenApi>>, batch: number): readonly Case[] {
  return Object.entries(opened).map(([name, open]) => ({
    name,
    load: async () => (await import("./trpc/over-fetch.ts")).overFetch(await open(), batch),
  }));
}
