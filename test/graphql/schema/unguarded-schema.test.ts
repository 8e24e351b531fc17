/** A server does not start with a schema whose rules are not enforced. */
import { addResolversToSchema, makeExecutableSchema } from "@graphql-tools/schema";
import { MapperKind, mapSchema, printSchemaWithDirectives } from "@graphql-tools/utils";
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import { buildSchema, extendSchema, GraphQLInt, GraphQLObjectType, GraphQLSchema, graphql, parse } from "graphql";
import type { Plugin } from "graphql-yoga";
import { describe, expect, test, vi } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { askYoga, createGuardedYoga, refusedWith } from "../../support/graphql.ts";

const requireToken = requireTokenDirective();
const { auth } = createAuth();

function build(sdl: string): GraphQLSchema {
  return makeExecutableSchema({ typeDefs: [requireToken.typeDefs, sdl] });
}

function expectRefused(schema: GraphQLSchema, place: string): void {
  const message = new RegExp(`covers ${place.replace(".", "\\.")},.*apply`);
  expect(() => createGuardedYoga(schema, auth)).toThrow(message);
  expect(() => createGraphQLContext(auth, { schema })).toThrow(TypeError);
  expect(() => createGraphQLContext(auth, { schema })).toThrow(message);
}

/** Neither Yoga nor `prepare` executes `schema` in place of one that they accepted. */
function expectRefusedLater(accepted: GraphQLSchema, schema: GraphQLSchema, place: string): void {
  const replacing: Plugin = {
    onSchemaChange: ({ schema: given, replaceSchema }) => given === accepted && replaceSchema(schema),
  };
  const message = `covers ${place}, but nothing guards it`;
  expect(() => createGuardedYoga(accepted, auth, { plugins: [replacing] })).toThrow(message);
  const { prepare } = createGraphQLContext(auth, { schema: accepted });
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
  expect(() => prepare({ schema, document: parse("{ __typename }") })).toThrow(message);
  warn.mockRestore();
}

function expectStarts(schema: GraphQLSchema): void {
  expect(() => createGuardedYoga(schema, auth)).not.toThrow();
  expect(() => createGraphQLContext(auth, { schema })).not.toThrow();
}

describe("a schema without apply", () => {
  test.each([
    ["a field", "type Query { a: Int @requireToken }", "Query.a"],
    ["a type", "type Query { b: Int, t: T } type T @requireToken { a: Int }", "Query.t"],
    ["a type behind a list", "type Query { t: [T!]! } type T @requireToken { a: Int }", "Query.t"],
    ["the query type", "type Query @requireToken { a: Int }", "Query.a"],
    ["a mutation", "type Query { a: Int } type Mutation { b: Int @requireToken }", "Mutation.b"],
    ["a subscription", "type Query { a: Int } type Subscription { b: Int @requireToken }", "Subscription.b"],
    ["an extension", "type Query { a: Int } extend type Query { b: Int @requireToken }", "Query.b"],
    [
      "an interface's field",
      "type Query { t: T } interface I { a: Int @requireToken } type T implements I { a: Int }",
      "T.a",
    ],
    [
      "an interface",
      "type Query { b: Int } interface I @requireToken { a: Int } type T implements I { a: Int }",
      "T.a",
    ],
  ])("is rejected with the directive on %s", (_, sdl, place) => {
    const schema = build(sdl);
    expectRefused(schema, place);
    expectStarts(requireToken.apply(schema));
  });

  test("is rejected with the rule in extensions", () => {
    const schema = mapSchema(build("type Query { a: Int }"), {
      [MapperKind.OBJECT_FIELD]: (config) => ({ ...config, extensions: requireToken.extensions({ scope: "a" }) }),
    });
    expectRefused(schema, "Query.a");
    expectStarts(requireToken.apply(schema));
  });

  test("is rejected with the directive under another name", () => {
    const only = requireTokenDirective({ name: "only" });
    const schema = makeExecutableSchema({ typeDefs: [only.typeDefs, "type Query { a: Int @only }"] });
    const options = { schema, directive: "only" };
    expect(() => createGraphQLContext(auth, options)).toThrow(/covers Query\.a/);
    expect(() => createGraphQLContext(auth, { ...options, schema: only.apply(schema) })).not.toThrow();
  });

  test("is rejected with the directive under a name that no option says", () => {
    const only = requireTokenDirective({ name: "only" });
    const schema = makeExecutableSchema({ typeDefs: [only.typeDefs, "type Query { a: Int @only }"] });
    for (const open of [schema, requireToken.apply(schema), buildSchema(printSchemaWithDirectives(schema))]) {
      expectRefused(open, "Query.a");
      expectStarts(only.apply(open));
    }
  });

  test("is rejected with the rule of a directive under a name that no option says", () => {
    const only = requireTokenDirective({ name: "only" });
    const rules = [
      only.extensions(),
      only.extensions({ scope: "a" }),
      { directives: { ...only.extensions().directives } },
      { directives: [{ name: "only", args: only.extensions({ scope: "a" }).directives["only"]?.[0] }] },
      { only: only.extensions({ scope: "a" }).directives["only"] },
    ];
    for (const extensions of rules) {
      for (const location of ["field", "type"]) {
        const schema = new GraphQLSchema({
          query: new GraphQLObjectType({
            name: "Query",
            fields: { a: { type: GraphQLInt, ...(location === "field" ? { extensions } : {}) } },
            ...(location === "type" ? { extensions } : {}),
          }),
        });
        expectRefused(schema, "Query.a");
        expectStarts(only.apply(schema));
      }
    }
  });

  test("is accepted with a directive of another tool that has an argument onDeny", () => {
    expectStarts(build("directive @other(onDeny: String) on FIELD_DEFINITION type Query { a: Int @other }"));
  });

  test("is accepted without the directive", () => expectStarts(build("type Query { a: Int }")));
});

describe("a schema that changed after apply is rejected until the next apply", () => {
  const applied = requireToken.apply(
    build("type Query { a: Int @requireToken, node: Node } union Node = T type T { b: Int }"),
  );

  test("when a resolver replaced the guard", () => {
    const schema = addResolversToSchema({ schema: applied, resolvers: { Query: { a: () => 1 } } });
    expectRefused(schema, "Query.a");
    expectStarts(requireToken.apply(schema));
  });

  test("when an extension added a guarded field", () => {
    const schema = extendSchema(applied, parse("extend type Query { extra: Int @requireToken }"));
    expectRefused(schema, "Query.extra");
    expectStarts(requireToken.apply(schema));
  });

  test("when an extension guarded a type that fields already return", () => {
    const schema = extendSchema(applied, parse("extend type T @requireToken"));
    expectRefused(schema, "T.b");
    expectStarts(requireToken.apply(schema));
  });

  test("when a rule became stricter", () => {
    const schema = extendSchema(applied, parse('extend type Query @requireToken(scope: "admin")'));
    expectRefused(schema, "Query.a");
    expectStarts(requireToken.apply(schema));
  });

  test("when a resolveType replaced the guard", () => {
    const guarded = requireToken.apply(
      build("type Query { node: Node } union Node = T type T @requireToken { b: Int }"),
    );
    expectStarts(guarded);
    const schema = addResolversToSchema({ schema: guarded, resolvers: { Node: { __resolveType: () => "T" } } });
    expectRefused(schema, "Node");
    expectStarts(requireToken.apply(schema));
  });

  test.each([
    ["a field", "type Subscription { b: Int @requireToken }"],
    ["the subscription type", "type Subscription @requireToken { b: Int }"],
    ["the type of its events", "type Subscription { b: T } type T @requireToken { a: Int }"],
  ])("when a subscribe or a resolve replaced the guard, with the directive on %s", (_, sdl) => {
    const guarded = requireToken.apply(build(`type Query { a: Int } ${sdl}`));
    expectStarts(guarded);
    const subscribe = async function* () {
      yield { b: 1 };
    };
    for (const replaced of [{ subscribe }, { resolve: () => 1 }, { subscribe, resolve: () => 1 }]) {
      const schema = addResolversToSchema({ schema: guarded, resolvers: { Subscription: { b: replaced } } });
      expectRefused(schema, "Subscription.b");
      expectRefusedLater(guarded, schema, "Subscription.b");
      expectStarts(requireToken.apply(schema));
    }
  });

  test("when a plugin replaces it at run time", () => {
    const open = build("type Query { a: Int @requireToken }");
    const replacing: Plugin = {
      onSchemaChange: ({ schema, replaceSchema }) => schema === applied && replaceSchema(open),
    };
    expect(() => createGuardedYoga(applied, auth, { plugins: [replacing] })).toThrow(/covers Query\.a/);
  });
});

describe("apply", () => {
  test("guards a field once when it runs twice", async () => {
    let asked = 0;
    const schema = build('type Query { a: Int @requireToken(args: { sub: "id" }) }'.replace("a:", "a(id: ID):"));
    const withResolver = addResolversToSchema({ schema, resolvers: { Query: { a: () => ++asked } } });
    const once = requireToken.apply(withResolver);
    const twice = requireToken.apply(once);
    expectStarts(twice);
    const field = (one: GraphQLSchema) => one.getQueryType()?.getFields()["a"]?.resolve;
    expect(field(twice)).toBe(field(once));
    const yoga = createGuardedYoga(twice, auth);
    const { signed: token } = await auth.authToken("ada");
    expect((await askYoga(yoga, '{ a(id: "ada") }', { token })).body).toEqual({ data: { a: 1 } });
    expect((await askYoga(yoga, '{ a(id: "eve") }', { token })).refused).toEqual(refusedWith("CLAIMS_INSUFFICIENT"));
    expect(asked).toBe(1);
  });

  test("does not modify the schema it receives", async () => {
    const schema = build("type Query { a: Int @requireToken }");
    requireToken.apply(schema);
    expect(schema.getQueryType()?.getFields()["a"]?.resolve).toBeUndefined();
    expect(await graphql({ schema, source: "{ a }", rootValue: { a: 1 } })).toEqual({ data: { a: 1 } });
  });
});
