/** The schema that is executed is the one that is checked, whatever plugins and hooks do to it. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import { useDeferStream } from "@graphql-yoga/plugin-defer-stream";
import { createGraphQLContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { execute, type GraphQLSchema, parse, subscribe } from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { createYoga, type Plugin } from "graphql-yoga";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { type Answer, askYoga, createGuardedYoga, ENDPOINT, refusedWith } from "../../support/graphql.ts";

const requireToken = requireTokenDirective();
const { auth } = createAuth();
const ran = vi.fn<() => number>(() => 1);

/** A schema that is not the one Yoga has. */
function build(): GraphQLSchema {
  return makeExecutableSchema({
    typeDefs: [
      requireToken.typeDefs,
      `type Query { secret: Int @requireToken(scope: "a"), open: Int }
       type Mutation { secret: Int @requireToken(scope: "a") }
       type Subscription { secret: Int @requireToken(scope: "a") }`,
    ],
    resolvers: {
      Query: { secret: ran, open: () => 2 },
      Mutation: { secret: ran },
      Subscription: {
        secret: {
          subscribe: async function* () {
            yield { secret: ran() };
          },
        },
      },
    },
  });
}

type Execute = Parameters<NonNullable<Plugin["onExecute"]>>[0];
type Executor = (args: never) => unknown;

/** Runs `change` before each operation, as a plugin does. */
function hooks(change: (hook: { args: Execute["args"]; run: Executor; setRun: (run: never) => void }) => void): Plugin {
  return {
    onExecute: ({ args, executeFn, setExecuteFn }) => change({ args, run: executeFn, setRun: setExecuteFn }),
    onSubscribe: ({ args, subscribeFn, setSubscribeFn }) =>
      change({ args, run: subscribeFn as never, setRun: setSubscribeFn as never }),
  };
}

const waysToReplace: readonly [string, (schema: GraphQLSchema) => Plugin][] = [
  [
    "replaces args.schema",
    (schema) =>
      hooks(({ args }) => {
        args.schema = schema;
      }),
  ],
  [
    "passes another schema to the executor",
    (schema) => hooks(({ run, setRun }) => setRun(((args: object) => run({ ...args, schema } as never)) as never)),
  ],
  [
    "passes another schema to the executor later",
    (schema) =>
      hooks(({ run, setRun }) =>
        setRun((async (args: object) => {
          await Promise.resolve();
          return run({ ...args, schema } as never);
        }) as never),
      ),
  ],
];

const operations = ["{ secret }", "mutation { secret }", "subscription { secret }"];
const masked = { errors: [{ message: "Unexpected error." }] };

async function ask(plugins: readonly Plugin[], query: string, scope = "a"): Promise<Answer["body"]> {
  const yoga = createGuardedYoga(requireToken.apply(build()), auth, { plugins });
  const { signed: token } = await auth.authToken("ada", { scope });
  if (!query.startsWith("subscription")) return (await askYoga(yoga, query, { token })).body;
  const headers = { "content-type": "application/json", accept: "text/event-stream", authorization: `Bearer ${token}` };
  const response = await yoga.fetch(ENDPOINT, { method: "POST", headers, body: JSON.stringify({ query }) });
  const [, data = "{}"] = /^data: (\{.*)$/m.exec(await response.text()) ?? [];
  return JSON.parse(data) as Answer["body"];
}

let warn: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  ran.mockClear();
  warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
});
afterEach(() => vi.restoreAllMocks());

describe.each(waysToReplace)("behind a plugin after useAuth that %s", (_, replaceBy) => {
  test.each(operations)("%s is rejected before it runs, if the other schema is not guarded", async (query) => {
    expect(await ask([replaceBy(build())], query)).toMatchObject(masked);
    expect(ran).not.toHaveBeenCalled();
    expect(warn).toHaveBeenCalledWith(
      expect.stringMatching(/covers (Query|Mutation|Subscription)\.secret, but nothing guards it/),
      expect.anything(),
    );
  });

  test.each(operations)("%s has its guards, if the other schema is guarded", async (query) => {
    const plugin = replaceBy(requireToken.apply(build()));
    expect(await ask([plugin], query)).toMatchObject({ data: { secret: 1 } });
    const { errors } = await ask([plugin], query, "b");
    expect(errors?.[0]?.extensions?.auth).toEqual({ reason: "SCOPE_INSUFFICIENT" });
    expect(ran).toHaveBeenCalledTimes(1);
    expect(warn).not.toHaveBeenCalled();
  });
});

describe("a plugin after useAuth that replaces the executor", () => {
  const graphqls = { execute, subscribe } as unknown as { execute: Executor; subscribe: Executor };
  const replacing = (schema: GraphQLSchema | undefined): Plugin => ({
    onExecute({ args, setExecuteFn }) {
      if (schema) args.schema = schema;
      setExecuteFn(graphqls.execute as never);
    },
    onSubscribe({ args, setSubscribeFn }) {
      if (schema) args.schema = schema;
      setSubscribeFn(graphqls.subscribe as never);
    },
  });

  test.each(operations)("gives no result of %s in an unguarded schema", async (query) => {
    expect(await ask([replacing(build())], query)).toMatchObject(masked);
  });

  test("closes the source of a subscription whose events it withholds", async () => {
    const closed = vi.fn<() => Promise<IteratorResult<object>>>(async () => ({ done: true, value: undefined }));
    const next = async (): Promise<IteratorResult<object>> => ({ done: false, value: { secret: 1 } });
    const schema = build();
    const field = schema.getSubscriptionType()?.getFields()["secret"];
    if (field) field.subscribe = () => ({ [Symbol.asyncIterator]: () => ({ next, return: closed }) });
    expect(await ask([replacing(schema)], "subscription { secret }")).toMatchObject(masked);
    expect(closed).toHaveBeenCalledOnce();
  });

  test.each(operations)("gives the result of %s in a guarded schema", async (query) => {
    for (const schema of [undefined, requireToken.apply(build())])
      expect(await ask([replacing(schema)], query)).toMatchObject({ data: { secret: 1 } });
    expect((await ask([replacing(undefined)], "{ secret }", "b")).errors).toHaveLength(1);
  });

  test("by graphql-jit keeps the guards", async () => {
    const jit: Plugin = {
      onExecute({ setExecuteFn }) {
        setExecuteFn(({ schema, document, contextValue, variableValues }) => {
          const compiled = compileQuery(schema, document);
          if (!isCompiledQuery(compiled)) return compiled;
          return compiled.query({}, contextValue, variableValues ?? {});
        });
      },
    };
    expect(await ask([jit], "{ secret }")).toEqual({ data: { secret: 1 } });
    expect((await ask([jit], "{ secret }", "b")).errors).toHaveLength(1);
  });
});

test("a plugin after useAuth that answers from a cache needs no execution", async () => {
  const cached = { data: { secret: 7 } };
  const cache: Plugin = {
    onExecute: ({ setResultAndStopExecution }) => setResultAndStopExecution(cached),
  };
  expect(await ask([cache], "{ secret }", "b")).toEqual(cached);
  expect(ran).not.toHaveBeenCalled();
});

test("an operation of a batch in another schema is rejected, and the others are answered", async () => {
  const swap = hooks(({ args }) => {
    if (args.operationName === "Swapped") args.schema = build();
  });
  const yoga = createGuardedYoga(requireToken.apply(build()), auth, { plugins: [swap], batching: true });
  const body = JSON.stringify([
    { query: "query Swapped { secret }", operationName: "Swapped" },
    { query: "query Own { open }", operationName: "Own" },
  ]);
  const response = await yoga.fetch(ENDPOINT, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  expect(await response.json()).toMatchObject([masked, { data: { open: 2 } }]);
});

test("deferred parts of another, unguarded schema are rejected", async () => {
  const swap = hooks(({ args }) => {
    args.schema = build();
  });
  expect(await ask([useDeferStream(), swap], "{ open ... @defer { secret } }")).toMatchObject(masked);
  expect(ran).not.toHaveBeenCalled();
});

test("the token of an operation in another guarded schema is verified before it executes", async () => {
  const { auth: slow } = createAuth({ authorize: async () => ({ scope: "a" }), authorizeAt: "request" });
  const results: unknown[] = [];
  const watch = hooks(({ setRun }) =>
    setRun(((args: Parameters<typeof execute>[0]) => {
      results.push(execute(args));
      return results[0];
    }) as never),
  );
  const other = requireToken.apply(build());
  const swap = hooks(({ args }) => {
    args.schema = other;
  });
  const schema = requireToken.apply(build());
  const yoga = createYoga({ schema, logging: false, plugins: [watch, useAuth(slow), swap] });
  const { signed: token } = await slow.authToken("ada");
  expect((await askYoga(yoga, "{ open secret }", { token })).body).toEqual({ data: { open: 2, secret: 1 } });
  // A field that waited for the token would have made it a promise.
  expect(results).toEqual([{ data: { open: 2, secret: 1 } }]);
});

describe("prepare of createGraphQLContext with a schema", () => {
  const schema = requireToken.apply(build());
  const document = parse("{ secret }");

  test("throws for another schema that is not guarded", async () => {
    const { prepare } = createGraphQLContext(auth, { schema });
    expect(() => prepare({ schema: build(), document })).toThrow(/covers Query\.secret, but nothing guards it/);
    expect(warn).toHaveBeenCalledTimes(1);
    const renamed = requireTokenDirective({ name: "only" });
    const open = makeExecutableSchema({ typeDefs: [renamed.typeDefs, "type Query { a: Int @only }"] });
    expect(() => prepare({ schema: open, document })).toThrow(TypeError);
  });

  test("accepts another schema that is guarded", () => {
    const { prepare } = createGraphQLContext(auth, { schema });
    expect(prepare({ schema: requireToken.apply(build()), document })).toBeUndefined();
    expect(prepare({ schema, document })).toBeUndefined();
  });

  test("checks no schema without the option", () => {
    expect(createGraphQLContext(auth).prepare({ schema: build(), document })).toBeUndefined();
  });
});

test("a refusal in another schema has its status", async () => {
  const other = requireToken.apply(build());
  const swap = hooks(({ args }) => {
    args.schema = other;
  });
  const yoga = createGuardedYoga(requireToken.apply(build()), auth, { plugins: [swap] });
  expect((await askYoga(yoga, "{ secret }")).refused).toEqual(refusedWith("TOKEN_MISSING"));
});
