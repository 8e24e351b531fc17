/** Federated entities: `parent` needs an object from the server, and `_service` stays open. */
import { buildSubgraphSchema } from "@apollo/subgraph";
import type { GraphQLResolverMap } from "@apollo/subgraph/dist/schema-helper/resolverMap.js";
import { requireTokenDirective } from "claimgate/graphql";
import { type GraphQLSchema, graphql, parse } from "graphql";
import { describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";

const requireToken = requireTokenDirective();
const { auth } = createAuth();
const people: Record<string, string> = { ada: "ada@example.com", eve: "eve@example.com" };
const find = ({ id }: { id: string }): unknown => ({ __typename: "User", id, email: people[id] });

function build(sdl: string, resolvers: GraphQLResolverMap<unknown>): GraphQLSchema {
  const typeDefs = parse(`${requireToken.typeDefs} ${sdl}`);
  return requireToken.apply(buildSubgraphSchema({ typeDefs, resolvers }));
}

const owned = `
  type Query { me: User }
  type User @key(fields: "id") { id: ID!, email: String @requireToken(parent: { sub: "id" }) }
`;

describe("a parent rule", () => {
  test.each([
    ["on a field", owned],
    [
      "on the type",
      'type Query { me: User } type User @key(fields: "id") @requireToken(parent: { sub: "id" }) { id: ID!, email: String }',
    ],
    [
      "in a branch",
      'type Query { me: User } type User @key(fields: "id") { id: ID!, email: String @requireToken(anyOf: [{ scope: "a" }, { parent: { sub: "id" } }]) }',
    ],
    [
      "on an interface's field",
      'type Query { me: User } interface Mail { email: String @requireToken(parent: { sub: "id" }) } type User implements Mail @key(fields: "id") { id: ID!, email: String }',
    ],
  ])("of an entity is rejected without __resolveReference and accepted with it: %s", (_, sdl) => {
    expect(() => build(sdl, {})).toThrow(TypeError);
    expect(() => build(sdl, {})).toThrow(/rule\.parent.*__resolveReference/);
    expect(() => build(sdl, { User: { __resolveReference: find } })).not.toThrow();
  });

  test("of a type that is not an entity is accepted without __resolveReference", () => {
    const sdl = 'type Query { me: User } type User { id: ID!, email: String @requireToken(parent: { sub: "id" }) }';
    expect(() => build(sdl, {})).not.toThrow();
  });

  test("of a type inside an entity is rejected unless a resolver gives the object", () => {
    const sdl = `
      type Query { me: User }
      type User @key(fields: "id") { id: ID!, address: Address, places: [Place!] }
      type Address { owner: ID, key: ID, street: String @requireToken(parent: { sub: "owner" }) }
      union Place = Address
    `;
    const street = ({ key }: { key: string }): string => `where ${key} lives`;
    const own = { address: () => ({ owner: "ada" }), places: () => [] };
    expect(() => build(sdl, { Address: { street } })).toThrow(/rule\.parent.*__resolveReference/);
    expect(() => build(sdl, { Address: { street }, User: { address: own.address } })).toThrow(/rule\.parent/);
    expect(() => build(sdl, { Address: { street }, User: own })).not.toThrow();
    expect(() => build(sdl, { Address: { street }, User: { __resolveReference: find } })).not.toThrow();
  });

  test("is the only rule that needs __resolveReference: a scope is accepted without it", () => {
    expect(() => build(owned.replace('(parent: { sub: "id" })', '(scope: "a")'), {})).not.toThrow();
  });
});

describe("an entity by reference", () => {
  const source = `query ($refs: [_Any!]!) { _entities(representations: $refs) { __typename ... on User { id email } } }`;
  const references = (...ids: string[]) => ({ refs: ids.map((id) => ({ __typename: "User", id, email: "forged" })) });
  const asking = async (schema: GraphQLSchema, subject: string | undefined, ...ids: string[]) => {
    const token = subject === undefined ? {} : { token: (await auth.authToken(subject)).signed };
    const contextValue = { auth: auth.forRequest(token) };
    return graphql({ schema, source, variableValues: references(...ids), contextValue });
  };

  test("shows its owner the result of __resolveReference, and rejects every other caller", async () => {
    const schema = build(owned, { User: { __resolveReference: find } });
    const { data, errors } = await asking(schema, "ada", "ada", "eve");
    expect(data?.["_entities"]).toEqual([
      { __typename: "User", id: "ada", email: "ada@example.com" },
      { __typename: "User", id: "eve", email: null },
    ]);
    expect(errors?.map(({ path, extensions }) => [path, extensions["auth"]])).toEqual([
      [["_entities", 1, "email"], { reason: "CLAIMS_INSUFFICIENT" }],
    ]);
  });

  test("is rejected without a token when its type is guarded", async () => {
    const sdl = 'type Query { me: User } type User @key(fields: "id") @requireToken { id: ID!, email: String }';
    const schema = build(sdl, { User: { __resolveReference: find } });
    const refused = await asking(schema, undefined, "ada");
    expect(refused.data?.["_entities"]).toEqual([null]);
    expect(refused.errors?.[0]?.extensions["auth"]).toEqual({ reason: "TOKEN_MISSING" });
    expect((await asking(schema, "eve", "ada")).data?.["_entities"]).toEqual([find({ id: "ada" })]);
  });

  test("leaves the service's SDL readable", async () => {
    const schema = build(owned, { User: { __resolveReference: find } });
    const contextValue = { auth: auth.forRequest() };
    const { data, errors } = await graphql({ schema, source: "{ _service { sdl } }", contextValue });
    expect(errors).toBeUndefined();
    expect((data as { _service: { sdl: string } })._service.sdl).toContain("type User");
  });
});

test("a rule on the root type guards every field except federation's _service", async () => {
  const schema = build('type Query @requireToken { me: User } type User @key(fields: "id") { id: ID! }', {
    User: { __resolveReference: find },
  });
  const contextValue = { auth: auth.forRequest() };
  const service = await graphql({ schema, source: "{ _service { sdl } }", contextValue });
  expect(service.errors).toBeUndefined();
  for (const source of [
    "{ me { id } }",
    '{ _entities(representations: [{ __typename: "User", id: "ada" }]) { __typename } }',
  ]) {
    const { errors } = await graphql({ schema, source, contextValue });
    expect(errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } });
  }
});
