/** The messages of issued tokens, tRPC contexts and cookies, with the words of their remedies. */
import { createServer } from "node:http";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { createTRPCClient, wsLink } from "@trpc/client";
import { initTRPC } from "@trpc/server";
import { createHTTPHandler } from "@trpc/server/adapters/standalone";
import { type AuthContext, type AuthManager, memorySessionStore } from "claimgate";
import { type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { createYoga } from "graphql-yoga";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { listenForTest } from "../support/listen.ts";
import { testMessages } from "../support/message-table.ts";
import { send } from "../support/send.ts";
import { serve, socketAdapters } from "../trpc/adapters.ts";
import { openSocket } from "../trpc/sockets.ts";

describe("options of an issued token", () => {
  const { auth } = createAuth();
  // As JavaScript calls them, or TypeScript with a cast.
  const authToken = auth.authToken.bind(auth) as unknown as (...args: readonly unknown[]) => Promise<unknown>;
  const refreshToken = auth.refreshToken.bind(auth) as unknown as (...args: readonly unknown[]) => Promise<unknown>;

  testMessages([
    {
      mistake: "a list of rights in place of the options",
      make: () => authToken("ada", ["posts:read", "posts:write"]),
      error: "TypeError",
      says: ["authToken takes an object of options", "did you mean { scope"],
    },
    {
      mistake: "an empty list of rights",
      make: () => authToken("ada", []),
      error: "TypeError",
      says: ["did you mean { scope"],
    },
    {
      mistake: "a text of rights in place of the options",
      make: () => authToken("ada", "posts:read"),
      error: "TypeError",
      says: ["did you mean { scope"],
    },
    {
      mistake: "a user and rights in place of the subject and the options",
      make: () => authToken({ id: 1 }, ["posts:read"]),
      error: "TypeError",
      says: ["did you mean { scope"],
    },
    {
      mistake: "null in place of the options",
      make: () => authToken("ada", null),
      error: "TypeError",
      says: ["authToken takes an object of options"],
    },
    {
      mistake: "rights by name in place of the options",
      make: () => authToken("ada", { admin: true }),
      error: "TypeError",
      says: ['authToken has no option "admin"', "{ scope }", "{ claims: { ... } }"],
    },
    {
      mistake: "claims beside the options",
      make: () => authToken("ada", { scope: "read", role: "editor" }),
      error: "TypeError",
      says: ['authToken has no option "role"', "{ claims: { ... } }"],
    },
    {
      mistake: "a scope of a refresh token",
      make: () => refreshToken("ada", { scope: "read" }),
      error: "TypeError",
      says: ['refreshToken has no option "scope"', "a refresh token has no scope"],
    },
    {
      mistake: "rights of a refresh token",
      make: () => refreshToken("ada", ["read"]),
      error: "TypeError",
      says: ["refreshToken takes an object of options", "{ claims, maxAge }"],
    },
  ]);

  test("are accepted where rights and claims have their names", async () => {
    expect(await authToken("ada", { scope: ["posts:read"], claims: { role: "editor" } })).toMatchObject({
      scope: ["posts:read"],
    });
  });
});

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { publicProcedure, optionalProcedure } = authProcedures(t.procedure);
const router = t.router({
  me: t.procedure.use(requireToken()).query(() => "in"),
  act: t.procedure.use(requireToken()).mutation(() => "in"),
  open: publicProcedure.query(() => "in"),
  optional: optionalProcedure.query(() => "in"),
  login: publicProcedure.mutation(({ ctx }) => ctx.auth.login("ada", { deliver: "cookies" })),
  refresh: publicProcedure.mutation(({ ctx }) => ctx.auth.refresh({ deliver: "cookies" })),
  logout: publicProcedure.mutation(({ ctx }) => ctx.auth.logout()),
});

interface Shown {
  readonly status: number;
  readonly message: string | undefined;
  readonly reason: string | undefined;
  readonly challenge: string | undefined;
}

interface Call {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

/** Starts the router, and gives a function that calls a procedure over HTTP. */
async function serveRouter(createContext: unknown): Promise<(path: string, call?: Call) => Promise<Shown>> {
  const handler = createHTTPHandler({ router, createContext: createContext as never });
  const url = await listenForTest(createServer(handler));
  return async (path, { method = "GET", headers = {} } = {}) => {
    const type: Record<string, string> = method === "POST" ? { "content-type": "application/json" } : {};
    const sent = await send(`${url}/${path}`, { method, headers: { ...type, ...headers } });
    const { error } = JSON.parse(sent.text) as {
      error?: { message: string; data?: { auth?: { reason: string } } };
    };
    return {
      status: sent.status,
      message: error?.message,
      reason: error?.data?.auth?.reason,
      challenge: sent.headers["www-authenticate"],
    };
  };
}

describe("a tRPC context without auth", () => {
  const { auth } = createAuth();
  const askedWith = async (createContext: unknown, path: string): Promise<unknown> =>
    (await (await serveRouter(createContext))(path)).message;
  const ADAPTER = ["ctx.auth is missing", "createContext: createTRPCContext(auth)"];

  testMessages([
    ...["me", "open", "optional"].map((path) => ({
      mistake: `a forgotten createTRPCContext, at the procedure "${path}"`,
      make: () => askedWith(undefined, path),
      says: ADAPTER,
    })),
    {
      mistake: "a context of other things",
      make: () => askedWith(() => ({ db: {} }), "me"),
      says: ADAPTER,
    },
    {
      mistake: "a manager in place of a request's auth",
      make: () => askedWith(() => ({ auth }), "me"),
      says: ["claimgate did not create it", "createTRPCContext(auth)"],
    },
    {
      mistake: "a caller in the same process without auth",
      make: () => router.createCaller({} as never).me(),
      error: "TRPCError",
      says: ["{ auth: auth.forRequest(...) } to createCaller"],
    },
  ]);

  test("is complete with createTRPCContext", async () => {
    const ask = await serveRouter(createTRPCContext(auth));
    expect((await ask("open")).status).toBe(200);
    expect((await ask("me")).reason).toBe("TOKEN_MISSING");
  });
});

const sessions = { sessions: memorySessionStore(), cookies: { auth: "auth", refresh: "refresh" } } as const;

describe("cookies without a response", () => {
  const { auth } = createAuth(sessions);
  const own = { "sec-fetch-site": "same-origin" };
  const createContext = createTRPCContext(auth);

  testMessages([
    {
      mistake: "a request by hand without setCookie",
      make: () => auth.forRequest({ headers: own, method: "POST" }).login("ada", { deliver: "cookies" }),
      error: "CookieError",
      says: ["Pass setCookie to forRequest", 'deliver: "body"'],
    },
    {
      mistake: "a tRPC context that is made of the request alone",
      async make() {
        const ask = await serveRouter(({ req }: { req: Request }) => createContext({ req }));
        return (await ask("login", { method: "POST", headers: own })).message;
      },
      says: ["all options of the adapter, res or resHeaders included", 'deliver: "body"'],
    },
    {
      mistake: "an event of AWS Lambda",
      make: async () =>
        (await createContext({ event: { headers: own, httpMethod: "POST" } })).auth.login("ada", {
          deliver: "cookies",
        }),
      error: "CookieError",
      says: ["Cookies cannot be set", 'Pass deliver: "body"'],
    },
    ...socketAdapters.map(({ name, start }) => ({
      mistake: `a login over a WebSocket of ${name}`,
      async make() {
        const { url } = await serve({ router, createContext }, start);
        const client = createTRPCClient<typeof router>({
          links: [wsLink({ client: openSocket(url, { headers: own }) })],
        });
        return client.login.mutate();
      },
      error: "TRPCClientError",
      says: ["a WebSocket has no response", "Make the call over HTTP", 'deliver: "body"'],
    })),
  ]);
});

interface Fault {
  readonly mistake: string;
  readonly headers: Call["headers"];
  readonly says: readonly string[];
}

const FAULTS: readonly Fault[] = [
  {
    mistake: "a request without Origin and Sec-Fetch-Site",
    headers: {},
    says: ["no Origin and no Sec-Fetch-Site", "Send an Origin", "csrf.origins", 'deliver: "body"'],
  },
  {
    mistake: "an Origin of another host, by an old browser or through a proxy",
    headers: { origin: "https://app.example" },
    says: ["Origin does not match the host and scheme of the request", "csrf.origins", "csrf.allow", "Host"],
  },
  {
    mistake: "an Origin of another site",
    headers: { origin: "https://app.example", "sec-fetch-site": "cross-site" },
    says: ["Origin is another site or origin", "csrf.origins or csrf.allow"],
  },
  {
    mistake: "another site without an Origin",
    headers: { "sec-fetch-site": "cross-site" },
    says: ["Sec-Fetch-Site names another site or origin, and there is no Origin", "csrf.origins"],
  },
  {
    mistake: "an Origin with a path",
    headers: { origin: "https://app.example/path" },
    says: ["Origin is not a valid origin", "scheme, host and port only"],
  },
  {
    mistake: "the opaque origin of a sandboxed frame",
    headers: { origin: "null" },
    says: ["Origin is null", "a page that has an origin"],
  },
  {
    mistake: "two values of Origin",
    headers: { origin: ["https://app.example", "https://evil.example"] },
    says: ["several values", "Send each header once"],
  },
];

describe("cookies of a request that is not known to come from this site", () => {
  const { auth } = createAuth(sessions);
  const serveTRPC = () => serveRouter(createTRPCContext(auth));
  const tokenCookie = async () => `__Host-auth=${(await auth.authToken("ada")).signed}`;
  const refreshCookie = async () => `__Host-refresh=${(await auth.login("ada")).refreshToken}`;

  const post = async (path: string, headers: Call["headers"], cookie?: string): Promise<Shown> =>
    (await serveTRPC())(path, { method: "POST", headers: { ...headers, ...(cookie ? { cookie } : {}) } });

  describe("that a guard reads", () => {
    testMessages(
      FAULTS.map(({ mistake, headers, says }) => ({
        mistake,
        make: async () => (await post("act", headers, await tokenCookie())).message,
        says: ["The cookie is not accepted", ...says],
      })),
    );
  });

  describe("that a refresh reads", () => {
    testMessages(
      FAULTS.map(({ mistake, headers, says }) => ({
        mistake,
        make: async () => (await post("refresh", headers, await refreshCookie())).message,
        says,
      })),
    );
  });

  describe("that a login without a cookie sets", () => {
    testMessages(
      FAULTS.map(({ mistake, headers, says }) => ({
        mistake,
        make: async () => (await post("login", headers)).message,
        says: ["Cookies cannot be set or cleared", ...says],
      })),
    );
  });

  describe("that a logout clears", () => {
    testMessages(
      FAULTS.map(({ mistake, headers, says }) => ({
        mistake,
        make: async () => (await post("logout", headers)).message,
        says: ["Cookies cannot be set or cleared", ...says],
      })),
    );
  });

  describe("in GraphQL", () => {
    testMessages(
      FAULTS.map(({ mistake, headers, says }) => ({
        mistake,
        make: async () => graphqlMessage(auth, { ...headers, cookie: await tokenCookie() }),
        says,
      })),
    );
  });

  test.each(FAULTS)("are CSRF_REJECTED with 403 and one challenge for $mistake", async ({ headers }) => {
    expect(await post("act", headers, await tokenCookie())).toMatchObject({
      status: 403,
      reason: "CSRF_REJECTED",
      challenge:
        'Bearer error="invalid_request", error_description="The request is not known to come from an allowed origin"',
    });
  });

  test("are not blamed on another site where the request has neither header", async () => {
    expect((await post("act", {}, await tokenCookie())).message).not.toContain("another site");
    expect((await post("login", {})).message).not.toContain("another site");
  });

  test("count from a page of this origin", async () => {
    const own = { "sec-fetch-site": "same-origin" };
    expect((await post("act", own, await tokenCookie())).status).toBe(200);
    expect((await post("login", own)).status).toBe(200);
  });
});

async function graphqlMessage(auth: AuthManager, headers: NonNullable<Call["headers"]>): Promise<string | undefined> {
  const directive = requireTokenDirective();
  const schema = directive.apply(
    makeExecutableSchema({
      typeDefs: [directive.typeDefs, "type Query { me: String @requireToken }"],
      resolvers: { Query: { me: (_: unknown, __: unknown, { auth }: GraphQLAuthContext) => auth.token?.sub } },
    }),
  );
  const yoga = createYoga({ schema, logging: false, plugins: [useAuth(auth)] });
  const url = await listenForTest(createServer((req, res) => void yoga(req, res)));
  const sent = await send(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json", ...headers },
    body: JSON.stringify({ query: "{ me }" }),
  });
  return (JSON.parse(sent.text) as { errors?: readonly { message: string }[] }).errors?.[0]?.message;
}
