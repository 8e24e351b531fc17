/** A store or client that is used wrongly is a fault of the server on both transports. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import {
  type AuthContext,
  type AuthEvent,
  type AuthManager,
  memorySessionStore,
  type RequestAuth,
  type SessionStore,
} from "claimgate";
import { requireTokenDirective, useAuth } from "claimgate/graphql";
import { postgresSessionStore } from "claimgate/postgres";
import { redisSessionStore } from "claimgate/redis";
import { authErrorFormatter, createTRPCContext, requireToken } from "claimgate/trpc";
import { createYoga } from "graphql-yoga";
import { describe, expect, it } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { listenForTest } from "../support/listen.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { send } from "../support/send.ts";
import { watchRejections } from "../support/watch-rejections.ts";

watchRejections();

/** A call of each kind that uses the store, for a request with a token. */
const CALLS = {
  login: (auth: RequestAuth) => auth.login("ada"),
  refresh: (auth: RequestAuth) => auth.refresh(),
  logout: (auth: RequestAuth) => auth.logout(),
  revoke: (_: RequestAuth, manager: AuthManager) => manager.revoke({ subject: "ada" }),
  sessions: (_: RequestAuth, manager: AuthManager) => manager.sessions("ada"),
} as const;
type CallName = keyof typeof CALLS;
const NAMES = Object.keys(CALLS) as CallName[];

interface Served {
  /** The code of the answer of each transport; tRPC's also has its status. */
  ask(name: CallName | "guarded" | "optional", token: string): Promise<readonly [trpc: string, graphql: string]>;
}

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });

async function serve(auth: AuthManager): Promise<Served> {
  const call = (name: CallName) =>
    t.procedure.mutation(async ({ ctx }) => String(Boolean(await CALLS[name](ctx.auth as RequestAuth, auth))));
  const router = t.router({
    login: call("login"),
    refresh: call("refresh"),
    logout: call("logout"),
    revoke: call("revoke"),
    sessions: call("sessions"),
    guarded: t.procedure.use(requireToken()).mutation(() => "done"),
    optional: t.procedure.use(requireToken({ optional: true })).mutation(() => "done"),
  });
  const trpc = createHTTPHandler({ router, basePath: "/trpc/", createContext: createTRPCContext(auth) });
  const directive = requireTokenDirective();
  const schema = directive.apply(
    makeExecutableSchema({
      typeDefs: [
        directive.typeDefs,
        `type Query { none: String } type Mutation { ${NAMES.map((name) => `${name}: String`).join(" ")}
          guarded: String @requireToken(onDeny: NULL) optional: String @requireToken(optional: true) }`,
      ],
      resolvers: {
        Mutation: {
          ...Object.fromEntries(
            NAMES.map((name) => [
              name,
              async (_: unknown, __: unknown, context: { auth: RequestAuth }) =>
                String(Boolean(await CALLS[name](context.auth, auth))),
            ]),
          ),
          guarded: () => "done",
          optional: () => "done",
        },
      },
    }),
  );
  const yoga = createYoga({ schema, logging: false, plugins: [useAuth(auth)] });
  const url = await listenForTest(
    createServer((req: IncomingMessage, res: ServerResponse) => {
      if (req.url?.startsWith("/trpc/")) trpc(req, res);
      else void yoga(req, res);
    }),
  );
  return {
    async ask(name, token) {
      const headers = {
        "content-type": "application/json",
        accept: "application/graphql-response+json, application/json",
        authorization: `Bearer ${token}`,
      };
      const procedure = await send(`${url}/trpc/${name}`, { method: "POST", headers });
      const body = JSON.stringify({ query: `mutation { ${name} }` });
      const field = await send(`${url}/graphql`, { method: "POST", headers, body });
      const one = JSON.parse(procedure.text) as { error?: { data: { code: string; auth?: unknown } } };
      const other = JSON.parse(field.text) as {
        data?: Record<string, unknown> | null;
        errors?: { message: string; extensions: { code: string; auth?: unknown } }[];
      };
      expect(field.headers["www-authenticate"] ?? procedure.headers["www-authenticate"]).toBeUndefined();
      expect(other.data?.[name] ?? null).toBeNull();
      const [error] = other.errors ?? [];
      expect(typeof error?.extensions.auth).toBe(typeof one.error?.data.auth);
      return [`${procedure.status} ${one.error?.data.code ?? "done"}`, error?.extensions.code ?? "done"];
    },
  };
}

interface Stage extends Served {
  readonly auth: AuthManager;
  readonly events: AuthEvent[];
  readonly authToken: string;
  readonly refreshToken: string;
}

/** A server whose manager uses `sessions`, and tokens of a session that a good store has. */
async function openStage(sessions: SessionStore, storeTimeout = 5): Promise<Stage> {
  const { authToken, refreshToken } = await createAuth({ sessions: memorySessionStore() }).auth.login("ada");
  const events: AuthEvent[] = [];
  const onEvent = (event: AuthEvent): unknown => events.push(event);
  const { auth } = createAuth({ sessions, sessionCheck: "always", storeTimeout, onEvent });
  return { auth, events, authToken, refreshToken, ...(await serve(auth)) };
}

function askAll({ ask, authToken, refreshToken }: Stage): Promise<string[][]> {
  return Promise.all(
    ALL.map(async (name) => [name, ...(await ask(name, name === "refresh" ? refreshToken : authToken))]),
  );
}

const FAULT = ["500 INTERNAL_SERVER_ERROR", "INTERNAL_SERVER_ERROR"];
const OUTAGE = ["503 SERVICE_UNAVAILABLE", "SERVICE_UNAVAILABLE"];
const ALL = [...NAMES, "guarded", "optional"] as const;

/** A store whose every operation gives `answer`. */
function answering(answer: unknown): SessionStore {
  const operation = async (): Promise<never> => answer as never;
  return {
    create: operation,
    find: operation,
    rotate: operation,
    claim: operation,
    end: operation,
    list: operation,
    endAll: operation,
  };
}

const node = (answer: () => unknown) => ({ evalSha: answer as never, eval: answer as never });

const MISUSES: readonly (readonly [what: string, open: () => SessionStore, says: RegExp])[] = [
  ["a store that returns nothing", () => answering(undefined), /^The session store/],
  ["a store that returns texts", () => answering("OK"), /^The session store/],
  ["mysql2", () => postgresSessionStore({ query: async () => [[{ time: 1 }], []] }), /rows are lists/],
  ["a client for callbacks", () => postgresSessionStore({ query: (() => undefined) as never }), /is undefined/],
  ["a Redis client for callbacks", () => redisSessionStore(node(() => true)), /must return a promise of the reply/],
  [
    "a table that does not exist",
    () =>
      postgresSessionStore({
        query: async () => Promise.reject(Object.assign(new Error("no table"), { code: "42P01" })),
      }),
    /call migrate\(\) first \(42P01, see cause\)/,
  ],
  [
    "a Redis client that was never connected",
    () => redisSessionStore({ ...node(() => undefined), isOpen: false, isReady: false }),
    /await client.connect\(\) first/,
  ],
];

describe.each(MISUSES)("%s", (_, open, says) => {
  it("is a fault of the server on both transports, and never an outage or a refusal", async () => {
    const stage = await openStage(open());
    expect(await askAll(stage)).toEqual(ALL.map((name) => [name, ...FAULT]));
    expect(stage.events.filter(({ type }) => type === "denied")).toEqual([]);
  });

  it("reaches the caller of the manager and the handler of events as the same TypeError, at once", async () => {
    const { auth, events, authToken, refreshToken } = await openStage(open());
    const calls = [
      () => auth.login("ada"),
      () => auth.refresh(refreshToken),
      () => auth.revoke({ token: authToken }),
      () => auth.sessions("ada"),
      () => auth.verify(authToken),
    ];
    const startedAt = Date.now();
    for (const call of calls) {
      const error = await refusalOf(call);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toMatch(says);
      expect(events.some((event) => event.type === "store-failed" && event.error === error)).toBe(true);
    }
    // Less than the 3.75 s in which a write may still take effect.
    expect(Date.now() - startedAt).toBeLessThan(3000);
  });
});

it("the message of a mistake never has the server's text, which may quote the values of a statement", async () => {
  for (const code of ["42P01", "42601", "42703"]) {
    const cause = Object.assign(new Error(`syntax error near '{"claims":{"email":"ada@example"}}'`), { code });
    const store = postgresSessionStore({ query: async () => Promise.reject(cause) });
    const error = (await refusalOf(createAuth({ sessions: store }).auth.sessions("ada"))) as Error;
    expect(error).toMatchObject({ name: "TypeError", cause });
    expect(error.message).toContain(`(${code}, see cause)`);
    expect(error.message).not.toContain("ada@example");
  }
});

it("a store that is used wrongly gets each operation once, and a failing one gets it twice", async () => {
  const count = async (answer: () => unknown): Promise<number> => {
    let asked = 0;
    const store = { ...answering(undefined), list: async () => (asked++, answer() as never) };
    await refusalOf(createAuth({ sessions: store }).auth.sessions("ada"));
    return asked;
  };
  expect(await count(() => "nothing")).toBe(1);
  const fail = (): never => {
    throw new TypeError("fetch failed");
  };
  expect(await count(fail)).toBe(2);
});

it.each<[what: string, error: Error]>([
  ["a TypeError of fetch", new TypeError("fetch failed")],
  ["a lost connection", new Error("Connection terminated unexpectedly")],
  ["a server that shuts down", Object.assign(new Error("terminating"), { code: "57P01" })],
  ["too many connections", Object.assign(new Error("sorry, too many clients"), { code: "53300" })],
  ["a server that only reads", Object.assign(new Error("cannot execute INSERT"), { code: "25006" })],
  ["a broken pipe, whose code has the length of an SQLSTATE", Object.assign(new Error("write"), { code: "EPIPE" })],
])("%s stays an outage on both transports", async (_, error) => {
  const store = postgresSessionStore({ query: async () => Promise.reject(error) });
  const stage = await openStage(store, 0.2);
  expect(await askAll(stage)).toEqual(ALL.map((name) => [name, ...OUTAGE]));
});

it("a store that rejects new sessions is a fault of the server", async () => {
  const { auth } = createAuth({ sessions: { ...answering(null), create: async () => false, end: async () => false } });
  expect(await refusalOf(auth.login("ada"))).toMatchObject({ name: "TypeError", message: /check its create/ });
});

it("an authorize that answers wrongly is a fault of the server on both transports, and one that fails an outage", async () => {
  let answer = (): unknown => ({ scopes: ["misspelt"] });
  const { auth } = createAuth({ authorize: () => answer() as object, authorizeAt: "request" });
  const served = await serve(auth);
  const { signed } = await auth.authToken("ada");
  const ask = () => Promise.all([served.ask("guarded", signed), served.ask("optional", signed)]);
  expect(await ask()).toEqual([FAULT, FAULT]);
  answer = () => {
    throw new Error("down");
  };
  expect(await ask()).toEqual([OUTAGE, OUTAGE]);
  answer = () => ({});
  expect((await auth.forRequest({ token: signed }).require()).sub).toBe("ada");
});

it("recognises the error of a store of another copy of the package", async () => {
  const mark = { [Symbol.for("claimgate.StoreMisuse")]: true };
  const error = Object.assign(new TypeError("postgresSessionStore: call migrate() first"), mark);
  const { auth } = createAuth({ sessions: { ...answering(null), list: async () => Promise.reject(error) } });
  expect(await refusalOf(auth.sessions("ada"))).toBe(error);
});
