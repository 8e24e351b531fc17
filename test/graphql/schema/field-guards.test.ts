/** A query cannot bypass a guard on a type, an interface or an interface's field. */
import { addResolversToSchema, makeExecutableSchema } from "@graphql-tools/schema";
import { requireTokenDirective } from "claimgate/graphql";
import { buildSchema, extendSchema, GraphQLSchema, graphql, parse } from "graphql";
import { beforeEach, describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { createGate, refusedWith } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    node: Node
    account: Account
    accounts: [Account!]
    vault: Vault
    page: Page
    titled: Titled
    search: [Result]
    labelled: Labelled
    label: Label
  }
  type Mutation { rotate: Account, openVault: Vault }

  interface Node { id: ID }
  type Account implements Node @requireToken { id: ID, name: String }

  interface Vault @requireToken { gold: Int }
  type IronVault implements Vault & Titled { gold: Int, title: String }

  interface Titled { title: String }
  type Page implements Titled { title: String }

  union Result = Account | Page | Draft
  type Draft { text: String @requireToken }

  interface Labelled { label: String @requireToken, open: String }
  type Label implements Labelled { label: String, open: String }
`;

const ran: string[] = [];
const leak = (name: string, value: unknown) => (): unknown => {
  ran.push(name);
  return value;
};
const account = { __typename: "Account", id: "1", name: "ada" };
const vault = { __typename: "IronVault", gold: 7, title: "vault" };
const page = { __typename: "Page", title: "page" };
const label = { __typename: "Label", label: "secret", open: "open" };
const Query = {
  node: leak("node", account),
  account: leak("account", account),
  accounts: leak("accounts", [account]),
  vault: leak("vault", vault),
  page: leak("page", page),
  titled: leak("titled", vault),
  search: leak("search", [page, account]),
  labelled: leak("labelled", label),
  label: leak("label", label),
};
const Mutation = { rotate: leak("rotate", account), openVault: leak("openVault", vault) };
const { auth, ask } = createGate(typeDefs, { Query, Mutation });
const good = async (): Promise<{ token: string }> => ({ token: (await auth.authToken("ada")).signed });

beforeEach(() => void ran.splice(0));

describe("rejects a caller without a token before the resolver runs", () => {
  test.each([
    ["a field that returns a guarded type", "{ account { name } }"],
    ["a list of a guarded type", "{ accounts { name } }"],
    ["the __typename of a guarded type", "{ account { __typename } }"],
    ["an alias", "{ page: account { title: name } }"],
    ["an inline fragment", "{ ... on Query { account { ... on Account { name } } } }"],
    ["a fragment", "query { ...Q } fragment Q on Query { account { ...N } } fragment N on Node { id }"],
    ["a guarded interface", "{ vault { gold } }"],
    ["the __typename of a guarded interface", "{ vault { __typename } }"],
    ["an implementing type of a guarded interface", "{ vault { ... on IronVault { title } } }"],
    ["a mutation that returns a guarded type", "mutation { rotate { __typename } }"],
    ["an aliased mutation", "mutation { x: rotate { __typename } y: openVault { __typename } }"],
  ])("through %s", async (_, query) => {
    const { refused } = await ask(query);
    expect(refused).toEqual(refusedWith("TOKEN_MISSING"));
    expect(ran).toEqual([]);
    const passed = await ask(query, await good());
    expect(passed.body.errors).toBeUndefined();
    expect(ran).not.toEqual([]);
  });
});

describe("hides a value of a guarded type that an open interface or union returns", () => {
  test.each([
    ["an interface's field", "{ node { id } }", { node: null }, { node: { id: "1" } }],
    ["the __typename of an interface", "{ node { __typename } }", { node: null }, { node: { __typename: "Account" } }],
    [
      "a fragment on the guarded type",
      "{ node { ... on Account { name } } }",
      { node: null },
      { node: { name: "ada" } },
    ],
    ["a type of two interfaces", "{ titled { title } }", { titled: null }, { titled: { title: "vault" } }],
  ])("through %s", async (_, query, hidden, shown) => {
    const { body, status } = await ask(query);
    expect(body.data).toEqual(hidden);
    expect(body.errors?.map((error) => error.extensions?.auth?.reason)).toEqual(["TOKEN_MISSING"]);
    // The resolver ran, so the operation as a whole was not rejected.
    expect(status).toBe(200);
    expect((await ask(query, await good())).body).toEqual({ data: shown });
  });

  test("through a union, and shows the values of its open types", async () => {
    const query = "{ search { __typename ... on Page { title } ... on Account { name } } }";
    const { body, status } = await ask(query);
    const open = { __typename: "Page", title: "page" };
    expect(status).toBe(200);
    expect(body.data).toEqual({ search: [open, null] });
    expect(body.errors).toMatchObject([{ path: ["search", 1], extensions: { auth: { reason: "TOKEN_MISSING" } } }]);
    const passed = await ask(query, await good());
    expect(passed.body).toEqual({ data: { search: [open, { __typename: "Account", name: "ada" }] } });
  });
});

describe("an interface's guarded field", () => {
  test.each([
    "{ labelled { label } }",
    "{ label { label } }",
    "{ labelled { ... on Label { x: label } } }",
  ])("is guarded in every implementing type: %s", async (query) => {
    const { body } = await ask(query);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(body.errors?.map((error) => error.extensions?.auth?.reason)).toEqual(["TOKEN_MISSING"]);
    expect(JSON.stringify((await ask(query, await good())).body)).toContain("secret");
  });

  test("leaves the interface's other fields open", async () => {
    expect((await ask("{ labelled { open } label { open } }")).body).toEqual({
      data: { labelled: { open: "open" }, label: { open: "open" } },
    });
  });
});

describe("extend type", () => {
  const parts = [
    'type Query @requireToken(scope: "a") { first: Int }',
    'extend type Query @requireToken(scope: "b") { second: Int }',
    'extend type Query @requireToken(scope: "c") @requireToken(claims: { plan: "pro" }) { third: Int @requireToken(claims: { level: 3 }) }',
  ];
  const { auth, ask } = createGate(parts, { Query: { first: () => 1, second: () => 2, third: () => 3 } });
  const tokenWith = async (scope: string, claims: Record<string, unknown>): Promise<{ token: string }> => ({
    token: (await auth.authToken("ada", { scope, claims })).signed,
  });

  test("applies every directive of every part to every field", async () => {
    for (const field of ["first", "second", "third"]) {
      const query = `{ ${field} }`;
      const claims = { plan: "pro", level: 3 };
      expect((await ask(query, await tokenWith("a b c", claims))).body.errors).toBeUndefined();
      for (const scope of ["a b", "a c", "b c"])
        expect((await ask(query, await tokenWith(scope, claims))).refused).toEqual(refusedWith("SCOPE_INSUFFICIENT"));
      expect((await ask(query, await tokenWith("a b c", { level: 3 }))).refused).toEqual(
        refusedWith("CLAIMS_INSUFFICIENT"),
      );
    }
  });

  test("applies a field's own directive in addition to the type's", async () => {
    const lower = await tokenWith("a b c", { plan: "pro", level: 2 });
    expect((await ask("{ second }", lower)).body).toEqual({ data: { second: 2 } });
    expect((await ask("{ third }", lower)).refused).toEqual(refusedWith("CLAIMS_INSUFFICIENT"));
  });

  test("is guarded in a schema that graphql-js extended itself", async () => {
    const requireToken = requireTokenDirective();
    const base = buildSchema(`${requireToken.typeDefs} type Query { open: Int } interface Node { id: ID }`);
    const extension = `
      extend type Query { extra: Int @requireToken, thing: Thing }
      extend interface Node @requireToken
      type Thing implements Node { id: ID }
    `;
    const schema = requireToken.apply(extendSchema(base, parse(extension)));
    expect(schema).toBeInstanceOf(GraphQLSchema);
    const rootValue = { open: 1, extra: 2, thing: { id: "1" } };
    const ctx = createAuth().auth;
    const source = "{ open extra thing { id } }";
    const anonymous = await graphql({ schema, source, rootValue, contextValue: { auth: ctx.forRequest() } });
    expect(anonymous.data).toEqual({ open: 1, extra: null, thing: null });
    const { signed: token } = await ctx.authToken("ada");
    const known = await graphql({ schema, source, rootValue, contextValue: { auth: ctx.forRequest({ token }) } });
    expect(known).toEqual({ data: rootValue });
  });
});

describe("several directives on one field", () => {
  const sdl = 'type Query { both: Int @requireToken(scope: "a") @requireToken(scope: "b") }';
  const { auth, ask } = createGate(sdl, { Query: { both: () => 1 } });

  test("must all accept the token", async () => {
    const asking = async (scope: string) => ask("{ both }", { token: (await auth.authToken("ada", { scope })).signed });
    expect((await asking("a b")).body).toEqual({ data: { both: 1 } });
    expect((await asking("a")).refused).toEqual(refusedWith("SCOPE_INSUFFICIENT"));
    expect((await asking("b")).refused).toEqual(refusedWith("SCOPE_INSUFFICIENT"));
  });

  test("apply under another name when the directive is renamed", async () => {
    const only = requireTokenDirective({ name: "only" });
    const built = makeExecutableSchema({ typeDefs: [only.typeDefs, 'type Query { x: Int @only(scope: "a") }'] });
    const schema = only.apply(addResolversToSchema({ schema: built, resolvers: { Query: { x: () => 1 } } }));
    const { auth } = createAuth();
    const asking = async (scope: string) => {
      const { signed: token } = await auth.authToken("ada", { scope });
      return graphql({ schema, source: "{ x }", contextValue: { auth: auth.forRequest({ token }) } });
    };
    expect((await asking("b")).errors?.[0]?.extensions["auth"]).toEqual({ reason: "SCOPE_INSUFFICIENT" });
    expect(await asking("a")).toEqual({ data: { x: 1 } });
  });
});

describe("root types with other names", () => {
  const sdl = `
    schema { query: Reading, mutation: Writing, subscription: Listening }
    type Reading { open: Int, safe: Safe }
    type Writing @requireToken { write: Int }
    type Listening { safe: Safe }
    type Safe @requireToken { id: ID }
  `;
  let started = 0;
  const { auth, ask } = createGate(sdl, {
    Reading: { open: () => 1, safe: () => ({ id: "1" }) },
    Writing: { write: () => ++started },
    Listening: {
      safe: {
        subscribe: async function* () {
          started++;
          yield { safe: { id: "1" } };
        },
      },
    },
  });

  test("are guarded, and their refusals have the same status", async () => {
    const { signed: token } = await auth.authToken("ada");
    for (const query of [
      "{ t: __typename ... on Reading { safe { id } } }",
      "mutation { ... on Writing { write } }",
      "subscription { safe { __typename } }",
    ])
      expect((await ask(query)).refused).toEqual(refusedWith("TOKEN_MISSING"));
    expect(started).toBe(0);
    expect((await ask("{ safe { id } }", { token })).body).toEqual({ data: { safe: { id: "1" } } });
    expect((await ask("mutation { write }", { token })).body).toEqual({ data: { write: 1 } });
  });
});

describe("introspection", () => {
  test("works without a token when fields and types are guarded", async () => {
    const { status, body } = await ask(
      '{ __schema { queryType { name } } __type(name: "Account") { name } __typename }',
    );
    expect(status).toBe(200);
    expect(body).toEqual({
      data: { __schema: { queryType: { name: "Query" } }, __type: { name: "Account" }, __typename: "Query" },
    });
  });

  test("next to a rejected field does not hide the refusal", async () => {
    expect((await ask("{ __typename account { name } }")).refused).toEqual(refusedWith("TOKEN_MISSING"));
  });
});
