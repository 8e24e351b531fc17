/** Two directives under different names on one schema: both enforce, and the server starts. */
import { buildSubgraphSchema } from "@apollo/subgraph";
import { addResolversToSchema, makeExecutableSchema } from "@graphql-tools/schema";
import { MapperKind, mapSchema } from "@graphql-tools/utils";
import { createGraphQLContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import { type ExecutionResult, execute, type GraphQLSchema, Kind, parse, subscribe } from "graphql";
import { createYoga } from "graphql-yoga";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";

const first = requireTokenDirective();
const second = requireTokenDirective({ name: "second" });
const { auth } = createAuth();

const sdl = `
  type Query {
    both: Int @requireToken(scope: "a") @second(claims: { b: true })
    same: Int @requireToken(scope: "a") @second(scope: "a")
    typed: Typed @requireToken(scope: "a")
    node: Node
    nodes: Node
    onlyFirst: Int @requireToken(scope: "a")
    onlySecond: Int @second(claims: { b: true })
    hidden: Int @requireToken(scope: "a", onDeny: NULL) @second(claims: { b: true }, onDeny: NULL)
  }
  type Typed @second(claims: { b: true }) { id: ID }
  union Node = One | Two
  type One @requireToken(scope: "a") { id: ID }
  type Two @requireToken(scope: "a") @second(claims: { b: true }) { id: ID }
  type Subscription { tick: Int @requireToken(scope: "a") @second(claims: { b: true }) }
`;

let started = 0;
const resolvers = {
  Query: {
    both: () => 1,
    same: () => 1,
    typed: () => ({ id: "t" }),
    node: () => ({ __typename: "Two", id: "n" }),
    onlyFirst: () => 1,
    onlySecond: () => 1,
    hidden: () => 1,
  },
  Subscription: {
    tick: {
      subscribe: async function* () {
        started++;
        yield { tick: 1 };
      },
    },
  },
};

const build = (): GraphQLSchema =>
  makeExecutableSchema({ typeDefs: [first.typeDefs, second.typeDefs, sdl], resolvers });

const orders = [
  ["first, second", [first, second]],
  ["second, first", [second, first]],
  ["first, second, first, second", [first, second, first, second]],
  ["second, first, first", [second, first, first]],
] as const;

const applyAll = (order: readonly (typeof first)[], schema = build()): GraphQLSchema =>
  order.reduce((applied, { apply }) => apply(applied), schema);

/** Each way to start with a schema. */
const starts: readonly [string, (schema: GraphQLSchema) => unknown][] = [
  ["useAuth", (schema) => createYoga({ schema, logging: false, plugins: [useAuth(auth)] })],
  [
    "useAuth with the other name",
    (schema) => createYoga({ schema, logging: false, plugins: [useAuth(auth, { directive: "second" })] }),
  ],
  ["createGraphQLContext", (schema) => createGraphQLContext(auth, { schema })],
  ["createGraphQLContext with the other name", (schema) => createGraphQLContext(auth, { schema, directive: "second" })],
];

const callers = {
  "no token": undefined,
  "a token of neither": {},
  "a token of the first": { scope: "a" },
  "a token of the second": { claims: { b: true } },
  "a token of both": { scope: "a", claims: { b: true } },
} as const;

async function ask(schema: GraphQLSchema, query: string, caller: keyof typeof callers): Promise<ExecutionResult> {
  const options = callers[caller];
  const token = options && (await auth.authToken("ada", options));
  const contextValue = { auth: auth.forRequest(token ? { token } : {}) };
  const args = { schema, document: parse(query), contextValue };
  if (!query.startsWith("subscription")) return execute(args);
  const result = await subscribe(args);
  return Symbol.asyncIterator in result ? ((await result.next()).value as ExecutionResult) : result;
}

const reasonOf = ({ errors }: ExecutionResult): unknown =>
  (errors?.[0]?.extensions["auth"] as { reason: string } | undefined)?.reason;

describe.each(orders)("apply of %s", (_, order) => {
  const schema = applyAll(order);

  test.each([
    "{ both }",
    "{ typed { id } }",
    "{ node { __typename } }",
    "subscription { tick }",
  ])("makes %s need both", async (query) => {
    started = 0;
    expect(reasonOf(await ask(schema, query, "no token"))).toBe("TOKEN_MISSING");
    expect(reasonOf(await ask(schema, query, "a token of the first"))).toBe("CLAIMS_INSUFFICIENT");
    expect(reasonOf(await ask(schema, query, "a token of the second"))).toBe("SCOPE_INSUFFICIENT");
    expect(started).toBe(0);
    expect((await ask(schema, query, "a token of both")).errors).toBeUndefined();
  });

  test("makes a field of one directive need that one", async () => {
    const asking = async (caller: keyof typeof callers) => {
      const { data } = await ask(schema, "{ onlyFirst onlySecond same hidden }", caller);
      return { ...data };
    };
    const none = { onlyFirst: null, onlySecond: null, same: null, hidden: null };
    expect(await asking("a token of neither")).toEqual(none);
    expect(await asking("a token of the first")).toEqual({ ...none, onlyFirst: 1, same: 1 });
    expect(await asking("a token of the second")).toEqual({ ...none, onlySecond: 1 });
    expect(await asking("a token of both")).toEqual({ onlyFirst: 1, onlySecond: 1, same: 1, hidden: 1 });
  });

  test.each(starts)("is accepted by %s", (_name, start) => {
    expect(() => start(schema)).not.toThrow();
  });

  test("changes nothing when it runs again", () => {
    const again = applyAll(order, schema);
    const resolveOf = (one: GraphQLSchema) => one.getQueryType()?.getFields()["both"]?.resolve;
    expect(resolveOf(again)).toBe(resolveOf(schema));
    const subscribeOf = (one: GraphQLSchema) => one.getSubscriptionType()?.getFields()["tick"]?.subscribe;
    expect(subscribeOf(again)).toBe(subscribeOf(schema));
  });
});

describe.each(starts)("%s rejects", (_, start) => {
  test.each([
    ["first", first, /@second covers/],
    ["second", second, /@requireToken covers/],
  ] as const)("a schema to which only the %s directive is applied", (_name, only, message) => {
    expect(() => start(only.apply(build()))).toThrow(message);
  });

  test.each([
    ["resolve", { Query: { both: () => 2 } }, "Query.both"],
    [
      "subscribe",
      { Subscription: { tick: { subscribe: resolvers.Subscription.tick.subscribe } } },
      "Subscription.tick",
    ],
    ["resolveType", { Node: { __resolveType: () => "Two" } }, "Node"],
  ])("a schema whose %s was replaced after both", (_name, replaced, place) => {
    for (const [, order] of orders) {
      const schema = addResolversToSchema({ schema: applyAll(order), resolvers: replaced });
      expect(() => start(schema)).toThrow(`covers ${place}, but nothing guards it`);
      expect(() => start(applyAll(order, schema))).not.toThrow();
    }
  });

  test.each([
    [
      "a function",
      (inner: (...given: unknown[]) => unknown) =>
        (...given: unknown[]) =>
          inner(...given),
    ],
    ["a proxy", (inner: object) => new Proxy(inner, {})],
    ["a function that inherits from it", (inner: object) => Object.setPrototypeOf(() => 1, inner) as object],
    [
      "a function with all its properties",
      (inner: object) => Object.defineProperties(() => 1, Object.getOwnPropertyDescriptors(inner)),
    ],
  ])("a user's wrapper around the guards: %s", (_name, wrap) => {
    const wrapField = (schema: GraphQLSchema) =>
      mapSchema(schema, {
        [MapperKind.OBJECT_FIELD]: (config, name) =>
          name === "both"
            ? { ...config, resolve: wrap(config.resolve as never) as NonNullable<typeof config.resolve> }
            : undefined,
      });
    expect(() => start(wrapField(applyAll([first, second])))).toThrow("covers Query.both, but nothing guards it");
    // Also between the two directives.
    expect(() => start(second.apply(wrapField(first.apply(build()))))).toThrow("covers Query.both");
    expect(() => start(applyAll([first, second], wrapField(applyAll([first, second]))))).not.toThrow();
  });
});

describe.each([
  ["first, second", [first, second]],
  ["second, first", [second, first]],
] as const)("an entity of a federated schema, with apply of %s", (_, order) => {
  const text = ({ id }: { readonly id: string }): string => `the text of ${id}`;
  const entities = (resolveReference: (reference: object) => object): GraphQLSchema => {
    const entity = `
      type Query { note: Note }
      type Note @key(fields: "id") @requireToken(scope: "a") @second(claims: { b: true }) {
        id: ID!
        text: String @second(parent: { sub: "owner" })
        other: String @requireToken(parent: { sub: "owner" })
      }
    `;
    const { definitions } = parse([first.typeDefs, second.typeDefs, entity].join(""));
    const nameOf = (node: object): string | undefined => (node as { name?: { value: string } }).name?.value;
    // Both directives have the same types, which this builder accepts only once.
    const once = definitions.filter((node, i) => definitions.findIndex((one) => nameOf(one) === nameOf(node)) === i);
    const typeDefs = { kind: Kind.DOCUMENT, definitions: once } as const;
    const note = { __resolveReference: resolveReference, text, other: text };
    return applyAll(order, buildSubgraphSchema({ typeDefs, resolvers: { Note: note } }));
  };
  const query = (field: string): string =>
    `{ _entities(representations: [{ __typename: "Note", id: "1", owner: "ada" }]) { ... on Note { ${field} } } }`;

  test("needs both directives, and starts", async () => {
    const schema = entities(() => ({ id: "1", owner: "ada" }));
    for (const [, start] of starts) expect(() => start(schema)).not.toThrow();
    for (const field of ["id", "text", "other"]) {
      expect(reasonOf(await ask(schema, query(field), "no token"))).toBe("TOKEN_MISSING");
      expect(reasonOf(await ask(schema, query(field), "a token of the first"))).toBe("CLAIMS_INSUFFICIENT");
      expect(reasonOf(await ask(schema, query(field), "a token of the second"))).toBe("SCOPE_INSUFFICIENT");
      expect((await ask(schema, query(field), "a token of both")).errors).toBeUndefined();
    }
  });

  test.each(["text", "other"])("does not trust a representation as the parent of %s", async (field) => {
    const echoing = entities((reference) => reference);
    expect(reasonOf(await ask(echoing, query(field), "a token of both"))).toBe("CLAIMS_INSUFFICIENT");
    expect((await ask(echoing, query("id"), "a token of both")).errors).toBeUndefined();
  });
});
