/** Code-first schemas: worked examples, both forms of `extensions.directives`, misspellings. */
import SchemaBuilder from "@pothos/core";
import DirectivePlugin from "@pothos/plugin-directives";
import { type GraphQLAuthContext, type GraphQLRule, requireTokenDirective } from "claimgate/graphql";
import { GraphQLDirective, GraphQLInt, GraphQLObjectType, GraphQLSchema } from "graphql";
import { describe, expect, test } from "vitest";
import { schema as plain } from "../../../examples/code-first/graphql-schema.ts";
import { schema as pothos } from "../../../examples/code-first/pothos.ts";
import { createAuth } from "../../support/create-auth.ts";
import { askYoga, createGuardedSchema, createGuardedYoga, refusedWith } from "../../support/graphql.ts";

const requireToken = requireTokenDirective();
const { auth } = createAuth();
const tokenOf = async (subject: string, scope?: object): Promise<string> =>
  (await auth.authToken(subject, scope ? { scope } : {})).signed;

const sdlFirst = createGuardedSchema(
  `
  type Query {
    greeting: String
    stats: Int @requireToken(scope: { admin: true })
    user(id: ID!): User @requireToken(args: { sub: "id" }, override: { scope: { admin: true } })
  }
  type User @requireToken { id: ID!, email: String @requireToken(parent: { sub: "id" }, onDeny: NULL) }
`,
  {
    Query: { greeting: () => "Hello", stats: () => 42, user: (_: unknown, { id }: { id: string }) => ({ id }) },
    User: { email: ({ id }: { id: string }) => `${id}@example.com` },
  },
);

describe.each([
  ["SDL, for comparison", sdlFirst],
  ["a plain GraphQLSchema", plain],
  ["Pothos", pothos],
])("%s", (_, schema) => {
  const yoga = createGuardedYoga(schema, auth);

  test("leaves a field without a rule open", async () => {
    expect((await askYoga(yoga, "{ greeting }")).body).toEqual({ data: { greeting: "Hello" } });
  });

  test("accepts a token with the scope, and rejects one without it", async () => {
    const admin = await tokenOf("root", { admin: true });
    expect((await askYoga(yoga, "{ stats }", { token: admin })).body).toEqual({ data: { stats: 42 } });
    expect((await askYoga(yoga, "{ stats }", { token: await tokenOf("ada") })).refused).toEqual(
      refusedWith("SCOPE_INSUFFICIENT"),
    );
    expect((await askYoga(yoga, "{ stats }")).refused).toEqual(refusedWith("TOKEN_MISSING"));
  });

  test("binds arguments, lifts the rule by override, and guards the fields of a guarded type", async () => {
    const query = '{ user(id: "ada") { id email } }';
    const admin = await tokenOf("root", { admin: true });
    const own = { user: { id: "ada", email: "ada@example.com" } };
    expect((await askYoga(yoga, query, { token: await tokenOf("ada") })).body).toEqual({ data: own });
    expect((await askYoga(yoga, query, { token: admin })).body).toEqual({ data: { user: { id: "ada", email: null } } });
    expect((await askYoga(yoga, query, { token: await tokenOf("eve") })).refused).toEqual(
      refusedWith("CLAIMS_INSUFFICIENT"),
    );
    expect((await askYoga(yoga, query)).refused).toEqual(refusedWith("TOKEN_MISSING"));
  });
});

/** A guarded schema of one field `f` with these extensions. */
function guardField(extensions: object, using = requireToken): GraphQLSchema {
  const fields = { f: { type: GraphQLInt, extensions: { ...extensions }, resolve: () => 1 } };
  return using.apply(new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields }) }));
}

const admin: GraphQLRule = { scope: { admin: true } };

describe("extensions.directives", () => {
  test.each([
    ["a map with one rule", { requireToken: admin }],
    ["a map with a list of rules", { requireToken: [{}, admin] }],
    ["a list", [{ name: "requireToken", args: admin }]],
    ["a map without a prototype", Object.assign(Object.create(null), { requireToken: admin }) as object],
    ["a list with two entries for the directive", [{ name: "requireToken" }, { name: "requireToken", args: admin }]],
  ])("guards from %s", async (_, directives) => {
    const yoga = createGuardedYoga(guardField({ directives }), auth);
    const token = await tokenOf("root", { admin: true });
    expect((await askYoga(yoga, "{ f }", { token })).body).toEqual({ data: { f: 1 } });
    expect((await askYoga(yoga, "{ f }", { token: await tokenOf("ada") })).refused).toEqual(
      refusedWith("SCOPE_INSUFFICIENT"),
    );
  });

  test.each<[what: string, extensions: object, error: RegExp]>([
    ["a misspelt directive in a map", { directives: { requireTokn: admin } }, /^Query\.f: .*@requireTokn/],
    ["a misspelt directive in a list", { directives: [{ name: "requiretoken", args: admin }] }, /@requiretoken/],
    ["a misspelt key of the rule", { directives: { requireToken: { scop: "a" } } }, /on Query\.f: rule\.scop/],
    ["a misspelt key in a list", { directives: [{ name: "requireToken", args: { scop: "a" } }] }, /rule\.scop/],
    ["a misspelt args key", { directives: [{ name: "requireToken", arg: admin }] }, /on Query\.f: .*"arg"/],
    ["an entry without a name", { directives: [{ nmae: "requireToken", args: admin }] }, /directives\[0\]/],
    ["an entry that is not an object", { directives: ["requireToken"] }, /directives\[0\]/],
    ["directives that are not an object", { directives: "requireToken" }, /extensions\.directives/],
    ["a misspelt directive name in extensions", { requiretoken: admin }, /extensions\.requiretoken/],
    ["a misspelt extensions.directives", { directive: { requireToken: admin } }, /extensions\.directive /],
    ["a directive name with one letter more", { requiresToken: admin }, /extensions\.requiresToken/],
    ["a directive name with one letter less", { requireTokn: admin }, /extensions\.requireTokn/],
    ["a directive name with another letter", { requireTokem: admin }, /extensions\.requireTokem/],
    ["a directive name with an underscore", { require_token: admin }, /extensions\.require_token/],
    ["a directive name with the @ of SDL", { "@requireToken": admin }, /extensions\.@requireToken/],
    ["extensions in extensions", { extensions: requireToken.extensions(admin) }, /extensions\.extensions/],
    [
      "a misspelt extensions.directives with a misspelt directive",
      { directive: { requiretoken: admin } },
      /extensions\.directive /,
    ],
    [
      "a list under a misspelt extensions.directives",
      { Directives: [{ name: "requireToken", args: admin }] },
      /extensions\.Directives/,
    ],
    ["a Map in the place of an object", { directives: new Map([["requireToken", admin]]) }, /extensions\.directives/],
    [
      "an inherited directive",
      { directives: Object.create({ requireToken: admin }) as object },
      /extensions\.directives/,
    ],
  ])("rejects %s", (_, extensions, error) => {
    expect(() => guardField(extensions)).toThrow(TypeError);
    expect(() => guardField(extensions)).toThrow(error);
  });

  test.each([
    ["one rule", admin],
    ["a list of rules", [{}, admin]],
  ])("guards from %s under the directive's own name in extensions, with and without directives", async (_, requireToken) => {
    for (const extensions of [{ requireToken }, { requireToken, directives: { requireToken: {} } }]) {
      const yoga = createGuardedYoga(guardField(extensions), auth);
      const token = await tokenOf("root", { admin: true });
      expect((await askYoga(yoga, "{ f }", { token })).body).toEqual({ data: { f: 1 } });
      expect((await askYoga(yoga, "{ f }", { token: await tokenOf("ada") })).refused).toEqual(
        refusedWith("SCOPE_INSUFFICIENT"),
      );
    }
  });

  test("ignores the extensions `directive`, `token` and `required` of other tools", () => {
    for (const directive of ["x", { other: {} }, [{ name: "other" }], [null], null])
      expect(() => guardField({ directive, token: "x", required: true, extensions: { other: 1 } })).not.toThrow();
  });

  test("accepts a directive that GraphQL specifies when the schema lists only its own directives", () => {
    const f = { type: GraphQLInt, extensions: { directives: { deprecated: {} } } };
    const mine = new GraphQLDirective({ name: "mine", locations: [] });
    const query = new GraphQLObjectType({ name: "Query", fields: { f } });
    expect(() => requireToken.apply(new GraphQLSchema({ query, directives: [mine] }))).not.toThrow();
  });

  test("rejects a misspelt key in the rule that extensions() receives", () => {
    // @ts-expect-error unknown key
    expect(() => requireToken.extensions({ scop: "a" })).toThrow(/rule\.scop/);
  });

  test("accepts another tool's directive only when knownDirectives or the schema names it", () => {
    const extensions = { directives: { rateLimit: { max: 1 } } };
    expect(() => guardField(extensions)).toThrow(/@rateLimit.*knownDirectives/);
    expect(() => guardField(extensions, requireTokenDirective({ knownDirectives: ["rateLimit"] }))).not.toThrow();
    const rateLimit = new GraphQLDirective({ name: "rateLimit", locations: [], args: { max: { type: GraphQLInt } } });
    const query = new GraphQLObjectType({ name: "Query", fields: { f: { type: GraphQLInt, extensions } } });
    expect(() => requireToken.apply(new GraphQLSchema({ query, directives: [rateLimit] }))).not.toThrow();
  });

  test.each([
    ["an argument", { args: { a: { type: GraphQLInt, extensions: { directives: { requireTokn: {} } } } } }],
    [
      "a type",
      {
        type: new GraphQLObjectType({
          name: "T",
          extensions: { directives: { requireTokn: {} } },
          fields: { a: { type: GraphQLInt } },
        }),
      },
    ],
  ])("rejects a misspelt directive on %s", (_, part) => {
    const query = new GraphQLObjectType({ name: "Query", fields: { f: { type: GraphQLInt, ...part } } });
    expect(() => requireToken.apply(new GraphQLSchema({ query }))).toThrow(/@requireTokn/);
  });
});

describe.each([
  ["as a list", false],
  ["as a map", true],
])("Pothos's directives plugin, which writes directives %s", (_, useGraphQLToolsUnorderedDirectives) => {
  interface Types {
    Context: GraphQLAuthContext;
    Directives: {
      requireToken: { locations: "FIELD_DEFINITION" | "OBJECT"; args: Pick<GraphQLRule, keyof GraphQLRule> };
    };
  }

  const build = (directives: object, extensions: object = {}): GraphQLSchema => {
    const builder = new SchemaBuilder<Types>({
      plugins: [DirectivePlugin],
      directives: { useGraphQLToolsUnorderedDirectives },
    });
    const Thing = builder.objectRef<object>("Thing").implement({
      directives: { requireToken: {} },
      fields: (t) => ({ name: t.string({ resolve: () => "thing" }) }),
    });
    builder.queryType({
      fields: (t) => ({
        stats: t.int({ nullable: true, directives, extensions: { ...extensions }, resolve: () => 42 }),
        thing: t.field({ type: Thing, nullable: true, resolve: () => ({}) }),
      }),
    });
    return requireToken.apply(builder.toSchema());
  };

  test("guards fields and types", async () => {
    const yoga = createGuardedYoga(build({ requireToken: admin }), auth);
    const token = await tokenOf("ada");
    expect((await askYoga(yoga, "{ stats }", { token: await tokenOf("root", { admin: true }) })).body).toEqual({
      data: { stats: 42 },
    });
    expect((await askYoga(yoga, "{ stats }", { token })).refused).toEqual(refusedWith("SCOPE_INSUFFICIENT"));
    expect((await askYoga(yoga, "{ thing { name } }")).refused).toEqual(refusedWith("TOKEN_MISSING"));
    expect((await askYoga(yoga, "{ thing { name } }", { token })).body).toEqual({ data: { thing: { name: "thing" } } });
  });

  test.each([
    ["the rule in extensions", { requireToken: {} }, requireToken.extensions(admin)],
    ["the rule of the directive", { requireToken: admin }, requireToken.extensions()],
  ])("applies %s when a field has both", async (_what, directives, extensions) => {
    const yoga = createGuardedYoga(build(directives, extensions), auth);
    expect((await askYoga(yoga, "{ stats }", { token: await tokenOf("ada") })).refused).toEqual(
      refusedWith("SCOPE_INSUFFICIENT"),
    );
  });

  test("rejects a misspelt directive", () => {
    expect(() => build({ requireTokn: admin })).toThrow(/Query\.stats: .*@requireTokn/);
  });
});

test("rejects a name that a directive cannot have and an unknown option", () => {
  expect(() => requireTokenDirective({ name: "require-token" })).toThrow(TypeError);
  // @ts-expect-error unknown option
  expect(() => requireTokenDirective({ nmae: "auth" })).toThrow(/"nmae"/);
});

test.each<[string, unknown, RegExp]>([
  ["null", null, /rule is null, not a plain object; write \{\}/],
  ["an empty list", [], /rule is a list/],
  ["a list of rules", [{ scope: "a" }], /rule is a list/],
  ["a list of scopes", ["a"], /did you mean \{ scope: \["a"\] \}/],
  ["a scope", "a", /did you mean \{ scope: "a" \}/],
  ["a number", 1, /rule is 1/],
  ["true", true, /rule is true/],
  ["a function", () => ({}), /rule is a function/],
  ["a Map", new Map([["scope", "a"]]), /rule is \[object Map\]/],
  ["an object of a class", new URL("https://x.example"), /rule is https:\/\/x\.example\/, not a plain object/],
])("extensions rejects %s in place of a rule, also written by hand", (_, rule, message) => {
  expect(() => requireToken.extensions(rule as never)).toThrow(TypeError);
  expect(() => requireToken.extensions(rule as never)).toThrow(message);
  // A list there holds several rules.
  if (Array.isArray(rule) && rule.length > 0) return;
  for (const extensions of [{ directives: { requireToken: rule } }, { requireToken: rule }])
    expect(() => guardField(extensions)).toThrow(TypeError);
});

test("extensions accepts an empty rule, which requires only a token", () => {
  for (const { directives } of [requireToken.extensions(), requireToken.extensions({})])
    expect(directives).toEqual({ requireToken: [{}] });
  expect(() => guardField({ requireToken: Object.create(null) as object })).not.toThrow();
});
