/** A verified refresh token is not the `ctx.auth.token` of other calls of its request. */
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { type AuthContext, type AuthManagerConfig, memorySessionStore, type RequestAuth } from "claimgate";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { describe, expect, it } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { createGuardedSchema, createGuardedYoga, ENDPOINT } from "../support/graphql.ts";
import { serve, startSockets, startStandalone } from "../trpc/adapters.ts";
import { openSocket } from "../trpc/sockets.ts";

type Config = Partial<AuthManagerConfig>;

/** Lets the other calls of the batch run before a resolver reads its token, some turns long. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** The type of the shown token, at once and after the other calls. */
async function seen(given: object): Promise<string> {
  const auth = given as RequestAuth;
  const first = auth.token?.tokenType;
  await settle();
  return `${first} ${auth.token?.tokenType}`;
}

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, refreshProcedure } = authProcedures(t.procedure);

const router = t.router({
  renew: refreshProcedure.query(({ ctx }) => seen(ctx.auth)),
  open: publicProcedure.query(({ ctx }) => seen(ctx.auth)),
  raw: t.procedure.query(({ ctx }) => seen(ctx.auth)),
});

const schema = createGuardedSchema(
  `type Query { renew: String @requireToken(type: "refresh"), open: String, raw: String }`,
  {
    Query: {
      renew: (_, __, { auth }) => seen(auth),
      open: (_, __, { auth }) => seen(auth),
      raw: (_, __, { auth }) => seen(auth),
    },
  },
);

type Call = "renew" | "open" | "raw";
type Ask = (config: Config, calls: readonly Call[]) => Promise<unknown[]>;

async function mint(config: Config) {
  const { auth } = createAuth(config);
  const token = config.sessions ? (await auth.login("ada")).refreshToken : (await auth.refreshToken("ada")).signed;
  return { auth, token };
}

const askTRPC =
  (link: typeof httpBatchLink | typeof httpBatchStreamLink): Ask =>
  async (config, calls) => {
    const { auth, token } = await mint(config);
    const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startStandalone);
    const links = [link({ url, headers: { authorization: `Bearer ${token}` } })];
    const client = createTRPCClient<typeof router>({ links });
    return Promise.all(calls.map((call) => client[call].query()));
  };

const askSocket: Ask = async (config, calls) => {
  const { auth, token } = await mint(config);
  const { url } = await serve({ router, createContext: createTRPCContext(auth) }, startSockets);
  const client = createTRPCClient<typeof router>({ links: [wsLink({ client: openSocket(url, { token }) })] });
  return Promise.all(calls.map((call) => client[call].query()));
};

async function postYoga(config: Config, body: unknown): Promise<unknown> {
  const { auth, token } = await mint(config);
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const yoga = createGuardedYoga(schema, auth, { batching: true });
  return (await yoga.fetch(ENDPOINT, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

const askAliases: Ask = async (config, calls) => {
  const query = `{ ${calls.map((call, i) => `a${i}: ${call}`).join(" ")} }`;
  const { data } = (await postYoga(config, { query })) as { data: Record<string, unknown> };
  return Object.values(data);
};

const askArray: Ask = async (config, calls) => {
  const body = calls.map((call) => ({ query: `{ ${call} }` }));
  const results = (await postYoga(config, body)) as { data: Partial<Record<Call, unknown>> }[];
  return results.map(({ data }) => Object.values(data)[0]);
};

describe.each<[string, Ask]>([
  ["a batch of tRPC", askTRPC(httpBatchLink)],
  ["a streamed batch of tRPC", askTRPC(httpBatchStreamLink)],
  ["a WebSocket of tRPC", askSocket],
  ["the aliases of an operation", askAliases],
  ["an array batch of GraphQL", askArray],
])("in %s", (_, ask) => {
  it.each<[string, () => Config]>([
    ["by default", () => ({})],
    ["without the token cache", () => ({ cache: false })],
    ["with rights of each request", () => ({ authorize: async () => ({}), authorizeAt: "request" })],
    ["with sessions", () => ({ sessions: memorySessionStore(), sessionCheck: "always" })],
  ])("only the guarded call sees the refresh token, %s", async (_config, config) => {
    for (const calls of [
      ["renew", "open", "raw"],
      ["open", "raw", "renew"],
      ["open", "renew", "renew", "raw"],
    ] as const) {
      const expected = calls.map((call) => (call === "renew" ? "refresh refresh" : "undefined undefined"));
      expect(await ask(config(), calls)).toEqual(expected);
    }
  });
});
