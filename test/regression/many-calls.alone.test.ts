/** Many calls in one request with long headers: the headers are read once. */
// node:inspector counts the steps, which slows the whole process.
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, type AuthManager, memorySessionStore, type RequestAuth } from "claimgate";
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import { authErrorFormatter, createTRPCContext, requireToken } from "claimgate/trpc";
import { execute, parse } from "graphql";
import { expect, it } from "vitest";
import { nodeResponse } from "../support/cookie-requests.ts";
import { createAuth } from "../support/create-auth.ts";
import { base64url, forge, goodClaims } from "../support/forge.ts";
import { withStepCounter } from "../support/step-counter.ts";

const many = <T>(size: number, make: (i: number) => T): T[] => Array.from({ length: size }, (_, i) => make(i));
const makeAuth = (): AuthManager =>
  createAuth({
    cache: false,
    sessions: memorySessionStore(),
    cookies: { auth: "auth", refresh: "refresh", domain: "shop.test", path: "/api" },
  }).auth;
const good = forge();
const expired = forge({ payload: goodClaims({ type: "refresh", exp: 1 }) });
const unsigned = (i: number): string => `${base64url("{}")}.${base64url(JSON.stringify({ exp: 1, i }))}.`;

/** Headers of a length that the caller chooses. */
const HEADERS: readonly (readonly [what: string, make: (size: number) => Readonly<Record<string, string>>])[] = [
  ["a cookie header of semicolons", (size) => ({ cookie: `a=${";".repeat(size)}` })],
  ["cookies with other names", (size) => ({ cookie: many(size, (i) => `c${i}=v`).join("; ") })],
  ["equal refresh cookies", (size) => ({ cookie: many(size, () => "__Secure-refresh=x").join("; ") })],
  ["different refresh cookies", (size) => ({ cookie: many(size, (i) => `__Secure-refresh=x${i}`).join("; ") })],
  [
    "repeated auth and refresh cookies",
    (size) => ({ cookie: many(size, () => "__Secure-auth=x; __Secure-refresh=x").join("; ") }),
  ],
  [
    "repeated expired refresh cookies",
    (size) => ({ cookie: many(size, () => `__Secure-refresh=${expired}`).join("; ") }),
  ],
  [
    "different expired auth cookies",
    (size) => ({ cookie: many(size, (i) => `__Secure-auth=${unsigned(i)}`).join("; ") }),
  ],
  [
    "different expired cookies of both types",
    (size) => ({
      cookie: many(size, (i) => `__Secure-auth=${unsigned(i)}; __Secure-refresh=${unsigned(i)}`).join("; "),
    }),
  ],
  ["commas in an Authorization header", (size) => ({ authorization: `Basic ${",".repeat(size)}` })],
  ["credentials in an Authorization header", (size) => ({ authorization: many(size, () => "Bearer x").join(", ") })],
  ["headers with other names", (size) => Object.fromEntries(many(size, (i) => [`x-${i}`, "v"]))],
];

/** The calls that a client can repeat in one request. */
const CALLS = ["me", "maybe", "renewable", "login", "refresh", "logout"] as const;
type Call = (typeof CALLS)[number];
type Sessions = Pick<RequestAuth, "login" | "refresh" | "logout">;
const act: Readonly<Record<Call, (auth: Sessions) => unknown>> = {
  me: () => "me",
  maybe: () => "maybe",
  renewable: () => "renewable",
  login: (one) => one.login("ada").then(() => "login"),
  refresh: (one) => one.refresh().then(() => "refresh"),
  logout: (one) => one.logout().then(() => "logout"),
};

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const open = (call: Call) => t.procedure.mutation(({ ctx }) => act[call](ctx.auth));
const router = t.router({
  me: t.procedure.use(requireToken()).mutation(() => "me"),
  maybe: t.procedure.use(requireToken({ optional: true })).mutation(() => "maybe"),
  renewable: t.procedure.use(requireToken({ type: "refresh" })).mutation(() => "renewable"),
  login: open("login"),
  refresh: open("refresh"),
  logout: open("logout"),
});

const directive = requireTokenDirective();
const schema = directive.apply(
  makeExecutableSchema({
    typeDefs: [
      directive.typeDefs,
      `type Query { open: Int }
       type Mutation {
         me: String @requireToken
         maybe: String @requireToken(optional: true)
         renewable: String @requireToken(type: "refresh")
         login: String  refresh: String  logout: String
       }`,
    ],
    resolvers: {
      Mutation: Object.fromEntries(
        CALLS.map((call) => [call, (_: unknown, __: unknown, context: AuthContext) => act[call](context.auth)]),
      ),
    },
  }),
);

const own = { "sec-fetch-site": "same-origin", host: "app.shop.test" };

/** Executes the calls as one mutation; `responseOf` gives the response of the request. */
function askGraphQL(
  auth: AuthManager,
  calls: readonly Call[],
  headers: Readonly<Record<string, string>>,
  responseOf: () => { readonly res?: unknown },
): () => Promise<unknown> {
  const document = parse(`mutation { ${calls.map((call, i) => `a${i}: ${call}`).join(" ")} }`, { noLocation: true });
  const createContext = createGraphQLContext(auth);
  const all = { ...own, ...headers };
  return async () => {
    const req = { headers: all, rawHeaders: Object.entries(all).flat(), method: "POST", url: "/api/graphql" };
    return execute({ schema, document, contextValue: createContext({ req, ...responseOf() }) });
  };
}

/** For each transport, a request with the named calls. */
const TRANSPORTS: readonly (readonly [
  transport: string,
  ask: (auth: AuthManager, calls: readonly Call[], headers: Readonly<Record<string, string>>) => () => Promise<unknown>,
])[] = [
  [
    "tRPC",
    (auth, calls, headers) => {
      const createContext = createTRPCContext(auth);
      return () =>
        fetchRequestHandler({
          endpoint: "",
          req: new Request(`https://app.shop.test/${calls.join(",")}?batch=1`, {
            method: "POST",
            headers: { ...own, ...headers, "content-type": "application/json" },
            body: "{}",
          }),
          router,
          createContext,
        }).then((response) => response.text());
    },
  ],
  ["GraphQL", (...asked) => askGraphQL(...asked, () => ({ res: nodeResponse() }))],
  ["GraphQL without a response", (...asked) => askGraphQL(...asked, () => ({}))],
];

const [LONG, LONGER] = [100, 1000];
const ROUNDS = 20;

it.each(TRANSPORTS)("calls of one request over %s read its headers once", async (_, ask) => {
  await withStepCounter(async (count) => {
    for (const [what, headers] of HEADERS) {
      const stepsOf = (rounds: number, length: number): Promise<number> =>
        count(ask(makeAuth(), many(rounds, () => CALLS).flat(), headers(length)));
      const growthAt = async (length: number): Promise<number> =>
        (await stepsOf(ROUNDS, length)) - (await stepsOf(1, length));
      // If one kind of call read the header each time, it alone would take twice as many steps.
      const bound = (ROUNDS * (LONGER - LONG)) / 2;
      // V8 may count a run twice while it changes its code, so only a repeated excess is a failure.
      let more = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < 3 && more >= bound; attempt++)
        more = (await growthAt(LONGER)) - (await growthAt(LONG));
      expect({ what, more, isBounded: more < bound }).toMatchObject({ isBounded: true });
    }
  });
});

it("many calls of one request get the same answers as single calls", async () => {
  for (const [, ask] of TRANSPORTS) {
    const answer = JSON.stringify(await ask(makeAuth(), ["me", "me", "maybe"], { authorization: `Bearer ${good}` })());
    expect(answer.match(/TOKEN_|AMBIGUOUS/)).toBeNull();
    const refused = JSON.stringify(await ask(makeAuth(), ["me", "me", "maybe"], { authorization: "Bearer x" })());
    expect(refused.match(/TOKEN_MALFORMED/g)?.length).toBeGreaterThanOrEqual(3);
  }
});
