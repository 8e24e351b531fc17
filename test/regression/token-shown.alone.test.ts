/** Behind a guard, `ctx.auth.token` and `currentToken()` are exactly the token that it accepted. */
import { setImmediate as turn } from "node:timers/promises";
import { makeExecutableSchema } from "@graphql-tools/schema";
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { type AuthContext, currentToken, isAuthError, type Rule } from "claimgate";
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import { authErrorFormatter, authProcedures, createTRPCContext, requireToken } from "claimgate/trpc";
import { execute, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { createAuth } from "../support/create-auth.ts";
import { askYoga, createGuardedSchema, createGuardedYoga } from "../support/graphql.ts";

const TYPES = ["auth", "refresh"] as const;
const LOCATIONS = [undefined, "header", "cookies"] as const;
type ShortRule = Pick<Rule, "type" | "location" | "optional">;

const RULES: readonly ShortRule[] = TYPES.flatMap((type) =>
  LOCATIONS.flatMap((location) =>
    [false, true].map((optional) => ({
      type,
      ...(location === undefined ? {} : { location }),
      ...(optional ? { optional } : {}),
    })),
  ),
);
const PAIRS = RULES.flatMap((_, i) => RULES.map((__, j) => [i, j] as const));

const { auth } = createAuth({ ambient: true, cookies: { auth: "auth", refresh: "refresh" } });
const tokens = {
  auth: { header: (await auth.authToken("auth-header")).signed, cookies: (await auth.authToken("auth-cookie")).signed },
  refresh: {
    header: (await auth.refreshToken("refresh-header")).signed,
    cookies: (await auth.refreshToken("refresh-cookie")).signed,
  },
};

/** The credentials of a request. */
interface Presentation {
  readonly header: "auth" | "refresh" | undefined;
  readonly cookies: readonly ("auth" | "refresh")[];
}

const PRESENTATIONS: readonly Presentation[] = [undefined, ...TYPES].flatMap((header) =>
  [[], ["auth"], ["refresh"], ["auth", "refresh"]].map((cookies) => ({ header, cookies }) as Presentation),
);

function headersOf({ header, cookies }: Presentation): Record<string, string> {
  return {
    "sec-fetch-site": "same-origin",
    ...(header === undefined ? {} : { authorization: `Bearer ${tokens[header].header}` }),
    ...(cookies.length === 0 ? {} : { cookie: cookies.map((type) => `${type}=${tokens[type].cookies}`).join("; ") }),
  };
}

/** The subject that a guard accepts, `null`, or a reason; independent of the tested code. */
function admitted({ type, location, optional }: ShortRule, { header, cookies }: Presentation): string | null {
  const fromCookie = location !== "header" && cookies.includes(type ?? "auth");
  const place = header === undefined ? (fromCookie ? "cookies" : undefined) : "header";
  if (place === undefined || (location !== undefined && location !== place)) return optional ? null : "TOKEN_MISSING";
  if (place === "header" && header !== type) return "TOKEN_TYPE_INVALID";
  return `${type}-${place === "header" ? "header" : "cookie"}`;
}

/** The verdict of two guards: the second decides unless the first rejects. */
function admittedByBoth(first: ShortRule, second: ShortRule, presented: Presentation): string | null {
  const one = admitted(first, presented);
  return one !== null && one.startsWith("TOKEN_") ? one : admitted(second, presented);
}

/** The subject that a resolver sees after concurrent guards have run. */
const see = async ({ auth: seen }: { auth: { token: { sub: string } | null } }): Promise<string> => {
  await turn();
  const subject = seen.token?.sub ?? null;
  const ambient = currentToken()?.sub ?? null;
  return JSON.stringify(ambient === subject ? subject : { subject, ambient });
};

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure, optionalProcedure } = authProcedures(t.procedure);
const resolve = ({ ctx }: { ctx: unknown }): Promise<string> => see(ctx as Parameters<typeof see>[0]);
const router = t.router({
  ...Object.fromEntries(RULES.map((rule, i) => [`one${i}`, t.procedure.use(requireToken(rule)).query(resolve)])),
  ...Object.fromEntries(
    PAIRS.map(([i, j]) => [
      `two${i}x${j}`,
      t.procedure
        .use(requireToken(RULES[i] as ShortRule))
        .use(requireToken(RULES[j] as ShortRule))
        .query(resolve),
    ]),
  ),
  ...Object.fromEntries(
    RULES.map((rule, i) => [`after${i}`, protectedProcedure.use(requireToken(rule)).query(resolve)]),
  ),
  ...Object.fromEntries(
    RULES.map((rule, i) => [`maybe${i}`, optionalProcedure.use(requireToken(rule)).query(resolve)]),
  ),
});
const createCaller = t.createCallerFactory(router);

/** Every procedure with its expected result for the credentials. */
const EXPECTED: readonly (readonly [name: string, of: (presented: Presentation) => string | null])[] = [
  ...RULES.map((rule, i) => [`one${i}`, (presented: Presentation) => admitted(rule, presented)] as const),
  ...PAIRS.map(
    ([i, j]) =>
      [
        `two${i}x${j}`,
        (presented: Presentation) => admittedByBoth(RULES[i] as ShortRule, RULES[j] as ShortRule, presented),
      ] as const,
  ),
  ...RULES.map(
    (rule, i) => [`after${i}`, (presented: Presentation) => admittedByBoth({ type: "auth" }, rule, presented)] as const,
  ),
  ...RULES.map(
    (rule, i) =>
      [
        `maybe${i}`,
        (presented: Presentation) => admittedByBoth({ type: "auth", optional: true }, rule, presented),
      ] as const,
  ),
];

const outcomeOfCaller = (error: unknown): string => {
  if (error instanceof TRPCError && isAuthError(error.cause)) return error.cause.reason;
  throw error;
};
const readJson = (text: string): unknown => (text.startsWith("TOKEN_") ? text : JSON.parse(text));

describe.each(PRESENTATIONS)("with the header token $header and the cookies $cookies", (presented) => {
  const headers = headersOf(presented);
  const expected = EXPECTED.map(([name, of]) => [name, of(presented)]);

  it("tRPC shows each call of a batch the token of its own guard, in any order", async () => {
    for (const calls of [EXPECTED, EXPECTED.toReversed()]) {
      const path = calls.map(([name]) => name).join(",");
      const response = await fetchRequestHandler({
        endpoint: "",
        req: new Request(`https://api.example/${path}?batch=1`, { headers }),
        router,
        createContext: createTRPCContext(auth),
      });
      const answers = (await response.json()) as {
        result?: { data: string };
        error?: { data: { auth: { reason: string } } };
      }[];
      const seen = calls.map(([name], i) => [
        name,
        readJson(answers[i]?.result?.data ?? answers[i]?.error?.data.auth.reason ?? ""),
      ]);
      expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
    }
  });

  it("tRPC shows each call of a socket and of a server-side caller the token of its own guard", async () => {
    const req = { headers, method: "GET" };
    const opened = await createTRPCContext(auth)({ req, res: { readyState: 1, send: () => undefined } });
    for (const context of [opened, { auth: auth.forRequest(req) }]) {
      const caller = createCaller(context) as unknown as Record<string, () => Promise<string>>;
      const seen = await Promise.all(
        EXPECTED.map(async ([name]) => [name, readJson((await caller[name]?.().catch(outcomeOfCaller)) ?? "")]),
      );
      expect(seen).toEqual(expected);
    }
  });

  const fields = EXPECTED.filter(([name]) => /^(one|two)/.test(name));
  const expectedFields = Object.fromEntries(fields.map(([name, of]) => [name, of(presented)]));

  it("GraphQL shows each field the token of its own guard, over HTTP and on a socket", async () => {
    const query = `{ ${fields.map(([name]) => name).join(" ")} }`;
    const { body } = await askYoga(yoga, query, { headers });
    expect(readFields(body)).toEqual(expectedFields);
    const extra = { request: { headers, method: "GET" } };
    const contextValue = createGraphQLContext(auth)({ extra });
    const result = await execute({ schema, document: parse(query), contextValue });
    expect(readFields(result as never)).toEqual(expectedFields);
  });
});

const directiveOf = (rule: ShortRule): string =>
  `@requireToken(${Object.entries(rule)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}`)
    .join(", ")})`;
const schema = createGuardedSchema(
  `type Query {
    ${RULES.map((rule, i) => `one${i}: String ${directiveOf(rule)}`).join("\n")}
    ${PAIRS.map(([i, j]) => `two${i}x${j}: String ${[i, j].map((at) => directiveOf(RULES[at] as ShortRule)).join(" ")}`).join("\n")}
  }`,
  {
    Query: Object.fromEntries(
      EXPECTED.filter(([name]) => /^(one|two)/.test(name)).map(([name]) => [
        name,
        (_: unknown, __: unknown, context: Parameters<typeof see>[0]) => see(context),
      ]),
    ),
  },
);
const yoga = createGuardedYoga(schema, auth);

function readFields(body: {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly path?: readonly unknown[];
    readonly extensions?: { auth?: { reason: string } };
  }[];
}): Record<string, unknown> {
  const refused = (body.errors ?? []).map(({ path, extensions }) => [String(path?.[0]), extensions?.auth?.reason]);
  const given = Object.entries(body.data ?? {}).filter(([, value]) => value !== null);
  return Object.fromEntries([...refused, ...given.map(([name, value]) => [name, readJson(String(value))])]);
}

describe("a renewal behind an optional refresh guard", () => {
  const renewing = t.router({
    me: protectedProcedure.query(({ ctx }) => ctx.auth.token.sub),
    renew: t.procedure
      .use(requireToken({ type: "refresh", optional: true }))
      .query(async ({ ctx }) => ctx.auth.token && (await ctx.auth.manager.authToken(ctx.auth.token.sub)).signed),
  });
  const batch = async (authorization: string) => {
    const response = await fetchRequestHandler({
      endpoint: "",
      req: new Request("https://api.example/me,renew?batch=1", { headers: { authorization } }),
      router: renewing,
      createContext: createTRPCContext(auth),
    });
    return (await response.json()) as { result?: { data: unknown }; error?: { data: { auth: { reason: string } } } }[];
  };

  it("rejects a stolen auth token in a batch with a guarded call", async () => {
    const [me, renew] = await batch(`Bearer ${tokens.auth.header}`);
    expect([me?.result?.data, renew?.result, renew?.error?.data.auth.reason]).toEqual([
      "auth-header",
      undefined,
      "TOKEN_TYPE_INVALID",
    ]);
    const byCookie = await fetchRequestHandler({
      endpoint: "",
      req: new Request("https://api.example/me,renew?batch=1", {
        headers: headersOf({ header: undefined, cookies: ["auth"] }),
      }),
      router: renewing,
      createContext: createTRPCContext(auth),
    });
    const [first, second] = (await byCookie.json()) as { result?: { data: unknown } }[];
    expect([first?.result?.data, second?.result?.data]).toEqual(["auth-cookie", null]);
  });

  it("returns a token for a refresh token", async () => {
    const [, renew] = await batch(`Bearer ${tokens.refresh.header}`);
    expect((await auth.verify(renew?.result?.data as string)).sub).toBe("refresh-header");
  });
});

describe("an operation that a guarded resolver runs with its own context", () => {
  type Contexts = Parameters<typeof see>[0];
  const inner = async (contextValue: unknown): Promise<string> => {
    const document = parse("{ signed maybe either renewable }");
    const result = await execute({ schema: nested, document, contextValue });
    return JSON.stringify(readFields(result as never));
  };
  const nest = (_: unknown, __: unknown, context: Contexts): Promise<string> => inner(context);
  const show = (_: unknown, __: unknown, context: Contexts): Promise<string> => see(context);
  const nested = createGuardedSchema(
    `type Query {
      byRefresh: String @requireToken(type: "refresh")
      byRefreshMaybe: String @requireToken(type: "refresh", optional: true)
      byAuth: String @requireToken
      byAuthMaybe: String @requireToken(optional: true)
      signed: String @requireToken
      maybe: String @requireToken(optional: true)
      renewable: String @requireToken(type: "refresh", optional: true)
      either: String
    }`,
    {
      Query: {
        byRefresh: nest,
        byRefreshMaybe: nest,
        byAuth: nest,
        byAuthMaybe: nest,
        signed: show,
        maybe: show,
        renewable: show,
        either: show,
      },
    },
  );
  const outer: Readonly<Record<string, ShortRule>> = {
    byRefresh: { type: "refresh" },
    byRefreshMaybe: { type: "refresh", optional: true },
    byAuth: { type: "auth" },
    byAuthMaybe: { type: "auth", optional: true },
  };
  const outerRouter = t.router(
    Object.fromEntries(
      Object.entries(outer).map(([name, rule]) => [
        name,
        t.procedure.use(requireToken(rule)).query(({ ctx }) => inner(ctx)),
      ]),
    ),
  );
  const createOuterCaller = t.createCallerFactory(outerRouter);

  /** The expected fields of the inner operation; an open field shows the outer guard's token. */
  const expectedOf = (rule: ShortRule, presented: Presentation): unknown => {
    const admittedOutside = admitted(rule, presented);
    if (admittedOutside?.startsWith("TOKEN_")) return admittedOutside;
    const fields = {
      signed: admitted({ type: "auth" }, presented),
      maybe: admitted({ type: "auth", optional: true }, presented),
      renewable: admitted({ type: "refresh", optional: true }, presented),
      either: admittedOutside,
    };
    return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  };
  const readNested = (answer: string): unknown =>
    answer.startsWith("TOKEN_")
      ? answer
      : Object.fromEntries(Object.entries(JSON.parse(answer) as object).filter(([, value]) => value !== null));

  it.each(
    PRESENTATIONS,
  )("shows each field the token of its own guard, with $header and $cookies", async (presented) => {
    const headers = headersOf(presented);
    for (const [name, rule] of Object.entries(outer)) {
      const expected = expectedOf(rule, presented);
      const document = parse(`{ ${name} }`);
      const contextValue = createGraphQLContext(auth)({ req: { headers, method: "GET" } });
      const result = await execute({ schema: nested, document, contextValue });
      const field = (result.data?.[name] ?? result.errors?.[0]?.extensions["auth"]) as string | { reason: string };
      expect(readNested(typeof field === "string" ? field : field.reason)).toEqual(expected);
      const opened = await createTRPCContext(auth)({ req: { headers, method: "GET" } });
      const caller = createOuterCaller(opened) as unknown as Record<string, () => Promise<string>>;
      expect(readNested((await caller[name]?.().catch(outcomeOfCaller)) ?? "")).toEqual(expected);
    }
  });
});

describe("two directives with different names on one field", () => {
  const first = requireTokenDirective({ name: "first", knownDirectives: ["second"] });
  const second = requireTokenDirective({ name: "second", knownDirectives: ["first"] });
  const { header, cookies } = { header: undefined, cookies: ["auth", "refresh"] } as Presentation;

  it.each([
    ["first", [second, first]],
    ["second", [first, second]],
  ] as const)("show the token of the inner guard when the outer guard is %s", async (outer, order) => {
    const typeDefs = [
      first.typeDefs,
      // Both directives use the same types.
      second.typeDefs.match(/directive @second[^"]*?on [A-Z_ |]+/)?.[0] ?? second.typeDefs,
      'type Query { x: String @first(type: "refresh") @second }',
    ];
    const resolvers = {
      Query: { x: (_: unknown, __: unknown, context: Parameters<typeof see>[0]) => see(context) },
    };
    let guarded = makeExecutableSchema({ typeDefs, resolvers });
    for (const { apply } of order) guarded = apply(guarded);
    const contextValue = createGraphQLContext(auth)({
      req: { headers: headersOf({ header, cookies }), method: "GET" },
    });
    const result = await execute({ schema: guarded, document: parse("{ x }"), contextValue });
    expect(readFields(result as never)).toEqual({ x: outer === "first" ? "auth-cookie" : "refresh-cookie" });
  });
});
