/** Rules in code-first schemas: the worked examples, both forms of `extensions.directives`, and what a misspelling leads to. */
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

  test("leaves open what carries no rule", async () => {
    expect((await askYoga(yoga, "{ greeting }")).body).toEqual({ data: { greeting: "Hello" } });
  });

  test("lets in by scope, and refuses without it", async () => {
    const admin = await tokenOf("root", { admin: true });
    expect((await askYoga(yoga, "{ stats }", { token: admin })).body).toEqual({ data: { stats: 42 } });
    expect((await askYoga(yoga, "{ stats }", { token: await tokenOf("ada") })).refused).toEqual(
      refusedWith("SCOPE_INSUFFICIENT"),
    );
    expect((await askYoga(yoga, "{ stats }")).refused).toEqual(refusedWith("TOKEN_MISSING"));
  });

  test("binds arguments, lifts them by override, and guards what the type guards", async () => {
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

/** A schema of one field `f` with these extensions, guarded. */
function guardField(extensions: object, using = requireToken): GraphQLSchema {
  const fields = { f: { type: GraphQLInt, extensions: { ...extensions }, resolve: () => 1 } };
  return using.apply(new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields }) }));
}

const admin: GraphQLRule = { scope: { admin: true } };

describe("extensions.directives", () => {
  test.each([
    ["a map of a rule", { requireToken: admin }],
    ["a map of rules", { requireToken: [{}, admin] }],
    ["a list", [{ name: "requireToken", args: admin }]],
    ["a map without a prototype", Object.assign(Object.create(null), { requireToken: admin }) as object],
    ["a list in which it stands twice", [{ name: "requireToken" }, { name: "requireToken", args: admin }]],
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
    ["a misspelt args", { directives: [{ name: "requireToken", arg: admin }] }, /on Query\.f: .*"arg"/],
    ["an entry without a name", { directives: [{ nmae: "requireToken", args: admin }] }, /directives\[0\]/],
    ["an entry that is no object", { directives: ["requireToken"] }, /directives\[0\]/],
    ["directives that are no object", { directives: "requireToken" }, /extensions\.directives/],
    ["a misspelt name beside directives", { requiretoken: admin }, /extensions\.requiretoken/],
    ["a misspelt extensions.directives", { directive: { requireToken: admin } }, /extensions\.directive /],
    ["one letter more", { requiresToken: admin }, /extensions\.requiresToken/],
    ["one letter less", { requireTokn: admin }, /extensions\.requireTokn/],
    ["another letter", { requireTokem: admin }, /extensions\.requireTokem/],
    ["an underscore", { require_token: admin }, /extensions\.require_token/],
    ["a name as SDL writes it", { "@requireToken": admin }, /extensions\.@requireToken/],
    ["extensions in extensions", { extensions: requireToken.extensions(admin) }, /extensions\.extensions/],
    ["both misspelt", { directive: { requiretoken: admin } }, /extensions\.directive /],
    ["its list", { Directives: [{ name: "requireToken", args: admin }] }, /extensions\.Directives/],
    ["a map of another kind", { directives: new Map([["requireToken", admin]]) }, /extensions\.directives/],
    [
      "what an object inherits",
      { directives: Object.create({ requireToken: admin }) as object },
      /extensions\.directives/,
    ],
  ])("refuses %s", (_, extensions, error) => {
    expect(() => guardField(extensions)).toThrow(TypeError);
    expect(() => guardField(extensions)).toThrow(error);
  });

  test.each([
    ["a rule", admin],
    ["rules", [{}, admin]],
  ])("guards from %s that stands under the directive's own name, beside others", async (_, requireToken) => {
    for (const extensions of [{ requireToken }, { requireToken, directives: { requireToken: {} } }]) {
      const yoga = createGuardedYoga(guardField(extensions), auth);
      const token = await tokenOf("root", { admin: true });
      expect((await askYoga(yoga, "{ f }", { token })).body).toEqual({ data: { f: 1 } });
      expect((await askYoga(yoga, "{ f }", { token: await tokenOf("ada") })).refused).toEqual(
        refusedWith("SCOPE_INSUFFICIENT"),
      );
    }
  });

  test("leaves what other tools call a directive alone", () => {
    for (const directive of ["x", { other: {} }, [{ name: "other" }], [null], null])
      expect(() => guardField({ directive, token: "x", required: true, extensions: { other: 1 } })).not.toThrow();
  });

  test("knows the directives that GraphQL itself specifies, also where the schema lists its own only", () => {
    const f = { type: GraphQLInt, extensions: { directives: { deprecated: {} } } };
    const mine = new GraphQLDirective({ name: "mine", locations: [] });
    const query = new GraphQLObjectType({ name: "Query", fields: { f } });
    expect(() => requireToken.apply(new GraphQLSchema({ query, directives: [mine] }))).not.toThrow();
  });

  test("refuses a misspelt key where the rule is written", () => {
    // @ts-expect-error no such key
    expect(() => requireToken.extensions({ scop: "a" })).toThrow(/rule\.scop/);
  });

  test("takes directives of other tools that are named, or declared", () => {
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
  ])("finds a misspelt directive on %s too", (_, part) => {
    const query = new GraphQLObjectType({ name: "Query", fields: { f: { type: GraphQLInt, ...part } } });
    expect(() => requireToken.apply(new GraphQLSchema({ query }))).toThrow(/@requireTokn/);
  });
});

describe.each([
  ["in a list", false],
  ["in a map", true],
])("Pothos's directives plugin, which writes %s", (_, useGraphQLToolsUnorderedDirectives) => {
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
  ])("does not lose %s where both are given", async (_what, directives, extensions) => {
    const yoga = createGuardedYoga(build(directives, extensions), auth);
    expect((await askYoga(yoga, "{ stats }", { token: await tokenOf("ada") })).refused).toEqual(
      refusedWith("SCOPE_INSUFFICIENT"),
    );
  });

  test("refuses a misspelt directive", () => {
    expect(() => build({ requireTokn: admin })).toThrow(/Query\.stats: .*@requireTokn/);
  });
});

test("a name that no directive can have is refused, and so is an option nobody reads", () => {
  expect(() => requireTokenDirective({ name: "require-token" })).toThrow(TypeError);
  // @ts-expect-error no such option
  expect(() => requireTokenDirective({ nmae: "auth" })).toThrow(/"nmae"/);
});
