/** A `parent` rule never trusts a representation from the client, however it becomes the parent. */
import { buildSubgraphSchema } from "@apollo/subgraph";
import { requireTokenDirective } from "claimgate/graphql";
import { type GraphQLSchema, graphql, parse } from "graphql";
import { expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";

const requireToken = requireTokenDirective();
const { auth } = createAuth();

interface Reference {
  readonly id: string;
  readonly owner?: string;
}

function build(sdl: string, resolvers: object): GraphQLSchema {
  const typeDefs = parse(`${requireToken.typeDefs} ${sdl}`);
  return requireToken.apply(buildSubgraphSchema({ typeDefs, resolvers: resolvers as never }));
}

/**
 * Queries one entity with a token of ada and the given claims; returns the entity or the reasons.
 */
async function ask(schema: GraphQLSchema, selection: string, reference: object, claims: object = {}) {
  const token = (await auth.authToken("ada", { claims: { ...claims } })).signed;
  const source = `query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on ${selection} } }`;
  const contextValue = { auth: auth.forRequest({ token }) };
  const { data, errors } = await graphql({ schema, source, variableValues: { refs: [reference] }, contextValue });
  const [entity] = (data?.["_entities"] ?? []) as unknown[];
  return errors ? errors.map(({ extensions }) => extensions["auth"] ?? extensions) : entity;
}

const refused = [{ reason: "CLAIMS_INSUFFICIENT" }];
const note = `
  type Query { note: Note }
  type Note @key(fields: "id") { id: ID!, text: String @requireToken(parent: { sub: "owner" }, override: { admin: true }) }
`;
const text = ({ id }: Reference): string => `the text of ${id}`;
const forged = { __typename: "Note", id: "eve's", owner: "ada" };
const lookedUp = (owner: string) => (reference: Reference) => ({ id: reference.id, owner });

test.each<[string, (reference: Reference) => unknown]>([
  ["at once", (reference) => reference],
  ["later", async (reference) => reference],
  ["from inside a list", (reference) => [reference][0]],
])("a parent rule rejects a representation that __resolveReference returns %s, and accepts a looked-up object", async (_, echo) => {
  const echoing = build(note, { Note: { __resolveReference: echo, text } });
  expect(await ask(echoing, "Note { text }", forged)).toEqual(refused);
  expect(await ask(echoing, "Note { id }", forged)).toEqual({ id: "eve's" });
  const own = build(note, { Note: { __resolveReference: lookedUp("ada"), text } });
  expect(await ask(own, "Note { text }", forged)).toEqual({ text: "the text of eve's" });
  const other = build(note, { Note: { __resolveReference: lookedUp("eve"), text } });
  expect(await ask(other, "Note { text }", forged)).toEqual(refused);
});

test("an override lifts a parent rule that rejects a representation", async () => {
  const schema = build(note, { Note: { __resolveReference: (reference: unknown) => reference, text } });
  expect(await ask(schema, "Note { text }", forged, { admin: true })).toEqual({ text: "the text of eve's" });
});

test("a parent rule rejects an object nested in a representation", async () => {
  const sdl = `
    type Query { note: Note }
    type Note @key(fields: "id") { id: ID!, meta: Meta, metas: [Meta!] }
    type Meta { text: String @requireToken(parent: { sub: "owner" }) }
  `;
  const meta = { owner: "ada", text: "secret" };
  const reference = { __typename: "Note", id: "1", meta, metas: [meta] };
  const schema = build(sdl, { Note: { __resolveReference: (given: unknown) => given } });
  expect(await ask(schema, "Note { meta { text } }", reference)).toEqual(refused);
  expect(await ask(schema, "Note { metas { text } }", reference)).toEqual(refused);
  const own = build(sdl, { Note: { __resolveReference: () => ({ meta: { ...meta } }) } });
  expect(await ask(own, "Note { meta { text } }", reference)).toEqual({ meta: { text: "secret" } });
});

test("a parent rule rejects the copy that federation makes of an interface's representation", async () => {
  const sdl = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
    type Query { item: Item }
    interface Item @key(fields: "id") { id: ID! }
    type Note implements Item @key(fields: "id") { id: ID!, text: String @requireToken(parent: { sub: "owner" }) }
  `;
  const reference = { __typename: "Item", id: "eve's", owner: "ada" };
  const resolvers = (resolveReference: (given: Reference) => unknown): object => ({
    Item: { __resolveType: () => "Note" },
    Note: { __resolveReference: resolveReference, text },
  });
  const echoing = build(
    sdl,
    resolvers((given) => given),
  );
  expect(await ask(echoing, "Note { text }", reference)).toEqual(refused);
  const own = build(sdl, resolvers(lookedUp("ada")));
  expect(await ask(own, "Note { text }", reference)).toEqual({ text: "the text of eve's" });
});

test.each<[string, (reference: unknown) => unknown]>([
  ["at once", (reference) => reference],
  ["later", async (reference) => reference],
])("a parent rule rejects a representation that an interface's __resolveReference returns %s", async (_, echo) => {
  const sdl = `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
    type Query { item: Item }
    interface Item @key(fields: "id") { id: ID! }
    type Note implements Item @key(fields: "id") { id: ID!, text: String @requireToken(parent: { sub: "owner" }) }
  `;
  const buildItem = (resolveReference: unknown): GraphQLSchema =>
    build(sdl, {
      Item: { __resolveType: () => "Note", __resolveReference: resolveReference },
      Note: { __resolveReference: lookedUp("eve"), text },
    });
  const reference = { __typename: "Item", id: "eve's", owner: "ada" };
  expect(await ask(buildItem(echo), "Note { text }", reference)).toEqual(refused);
  expect(await ask(buildItem(echo), "Note { id }", reference)).toEqual({ id: "eve's" });
  expect(await ask(buildItem(lookedUp("ada")), "Note { text }", reference)).toEqual({ text: "the text of eve's" });
});

test("a parent rule rejects an object nested in a representation that __resolveReference returns", async () => {
  const schema = build(note, { Note: { __resolveReference: ({ inner }: { inner: object }) => inner, text } });
  for (const inner of [
    { id: "eve's", owner: "ada" },
    { __typename: "Other", id: "eve's", owner: "ada" },
  ])
    expect(await ask(schema, "Note { text }", { ...forged, inner })).toEqual(refused);
});

test("a parent rule rejects a representation when the root type has a rule, too", async () => {
  const schema = build(note.replace("type Query", "type Query @requireToken"), {
    Note: { __resolveReference: (reference: unknown) => reference, text },
  });
  expect(await ask(schema, "Note { text }", forged)).toEqual(refused);
  expect(await ask(schema, "Note { id }", forged)).toEqual({ id: "eve's" });
});

test("a parent rule accepts a looked-up object when the representation has 300 000 entries", async () => {
  const schema = build(note, { Note: { __resolveReference: lookedUp("ada"), text } });
  const many = Array.from({ length: 300_000 }, () => 1);
  expect(await ask(schema, "Note { text }", { ...forged, many })).toEqual({ text: "the text of eve's" });
});

test("a parent rule rejects a representation after a second apply", async () => {
  const once = build(note, { Note: { __resolveReference: (reference: unknown) => reference, text } });
  const twice = requireToken.apply(once);
  expect(await ask(twice, "Note { text }", forged)).toEqual(refused);
  const wrapped = twice.getQueryType()?.getFields()["_entities"]?.resolve;
  expect(wrapped).toBe(once.getQueryType()?.getFields()["_entities"]?.resolve);
  const extensions = (schema: GraphQLSchema): unknown => schema.getType("Note")?.extensions;
  expect(extensions(twice)).toEqual(extensions(once));
});

test("a parent rule rejects an object that several requests share, and each request gets its own copy", async () => {
  const seen: object[] = [];
  const echoing = build(note, {
    Note: { __resolveReference: (one: unknown) => one, text, id: (one: Reference) => seen.push(one) },
  });
  const variableValues = { refs: [forged, forged] };
  const source = "query ($refs: [_Any!]!) { _entities(representations: $refs) { ... on Note { id text } } }";
  const token = (await auth.authToken("ada")).signed;
  for (let round = 0; round < 3; round++) {
    const contextValue = { auth: auth.forRequest({ token }) };
    const { errors } = await graphql({ schema: echoing, source, variableValues, contextValue });
    expect(errors?.map(({ extensions }) => extensions["auth"])).toEqual([...refused, ...refused]);
  }
  expect([seen.length, new Set(seen).size]).toEqual([6, 3]);
});
