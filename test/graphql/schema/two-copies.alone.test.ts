/** Two copies of the package on one schema: each recognises the guards of the other. */
import { addResolversToSchema, makeExecutableSchema } from "@graphql-tools/schema";
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import { execute, type GraphQLSchema, parse } from "graphql";
import { describe, expect, test, vi } from "vitest";
import { createAuth } from "../../support/create-auth.ts";

vi.resetModules();
const copy = await import("../../../src/graphql/index.ts");
const first = requireTokenDirective();
const second = copy.requireTokenDirective({ name: "second" });
const { auth } = createAuth();

const build = (): GraphQLSchema =>
  makeExecutableSchema({
    typeDefs: [
      first.typeDefs,
      second.typeDefs,
      'type Query { both: Int @requireToken(scope: "a") @second(claims: { b: true }) }',
    ],
    resolvers: { Query: { both: () => 1 } },
  });

const starts = [
  (schema: GraphQLSchema) => createGraphQLContext(auth, { schema }),
  (schema: GraphQLSchema) => copy.createGraphQLContext(auth, { schema }),
];

describe.each([
  ["this copy, then of the other", (schema: GraphQLSchema) => second.apply(first.apply(schema))],
  ["the other copy, then of this", (schema: GraphQLSchema) => first.apply(second.apply(schema))],
])("apply of %s", (_, apply) => {
  test("needs both directives, and starts with each copy", async () => {
    expect(copy.requireTokenDirective).not.toBe(requireTokenDirective);
    const schema = apply(build());
    for (const start of starts) expect(() => start(schema)).not.toThrow();
    const ask = async (options: Parameters<typeof auth.authToken>[1]) => {
      const contextValue = { auth: auth.forRequest({ token: await auth.authToken("ada", options) }) };
      const { data, errors } = await execute({ schema, document: parse("{ both }"), contextValue });
      return errors?.[0]?.extensions["auth"] ?? data?.["both"];
    };
    expect(await ask({ scope: "a" })).toEqual({ reason: "CLAIMS_INSUFFICIENT" });
    expect(await ask({ claims: { b: true } })).toEqual({ reason: "SCOPE_INSUFFICIENT" });
    expect(await ask({ scope: "a", claims: { b: true } })).toBe(1);
  });

  test("does not start with a resolver that replaced the guards, or with one directive missing", () => {
    const replaced = addResolversToSchema({ schema: apply(build()), resolvers: { Query: { both: () => 2 } } });
    for (const start of starts) {
      expect(() => start(replaced)).toThrow("covers Query.both, but nothing guards it");
      expect(() => start(first.apply(build()))).toThrow("@second covers Query.both");
      expect(() => start(second.apply(build()))).toThrow("@requireToken covers Query.both");
    }
  });
});
