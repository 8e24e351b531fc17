/** Regressions of the GraphQL guards. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { AuthManager } from "claimgate";
import { authHttpResponse, type GraphQLAuthContext, requireTokenDirective, useAuth } from "claimgate/graphql";
import {
  GraphQLEnumType,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  GraphQLUnionType,
  graphql,
  parse,
} from "graphql";
import { createYoga, type YogaServerOptions } from "graphql-yoga";
import { describe, expect, it } from "vitest";

const auth = new AuthManager({ issuer: "regression", algorithm: "HS256", secret: "r".repeat(32) });
const requireToken = requireTokenDirective();

function build(typeDefs: string, resolvers: IResolvers, apply = true): GraphQLSchema {
  const schema = makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers });
  return apply ? requireToken.apply(schema) : schema;
}

async function ask(schema: YogaServerOptions<object, object>["schema"], query: string, times = 1) {
  const yoga = createYoga({ schema, plugins: [useAuth(auth)], logging: false });
  const answers: { status: number; body: { data?: unknown; errors?: { extensions?: object }[] } }[] = [];
  for (let i = 0; i < times; i++) {
    const response = await yoga.fetch("http://localhost/graphql", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    answers.push({ status: response.status, body: (await response.json()) as never });
  }
  return answers;
}

describe("a schema that Yoga receives later, without apply", () => {
  const sdl = "type Query { secret: String @requireToken }";
  const resolvers = { Query: { secret: () => "secret" } };

  it.each([
    ["a promise", (schema: GraphQLSchema) => Promise.resolve(schema)],
    ["a factory", (schema: GraphQLSchema) => () => schema],
  ])("is rejected on every request, not only on the first: %s", async (_, late) => {
    for (const { status, body } of await ask(late(build(sdl, resolvers, false)), "{ secret }", 3)) {
      expect(status).toBe(500);
      expect(body.data).toBeUndefined();
    }
    const guarded = await ask(late(build(sdl, resolvers)), "{ secret }", 2);
    expect(guarded.map(({ status }) => status)).toEqual([401, 401]);
  });
});

it("guards a field whose type is named _Service outside federation", async () => {
  const schema = build(
    `type Query { status: _Service @requireToken(scope: "root") }
     type Mutation @requireToken { restart: _Service }
     type _Service { ok: Boolean }`,
    { Query: { status: () => ({ ok: true }) }, Mutation: { restart: () => ({ ok: true }) } },
  );
  for (const query of ["{ status { ok } }", "mutation { restart { ok } }"]) {
    expect((await ask(schema, query))[0]?.status).toBe(401);
  }
});

describe("an operation that a resolver runs inside another operation", () => {
  let ran = 0;
  const inner = async (_: unknown, __: unknown, contextValue: object): Promise<never> => {
    ran++;
    const { errors } = await graphql({ schema, source: "{ me }", contextValue });
    throw errors?.[0] ?? new Error("The guard did not reject");
  };
  const schema: GraphQLSchema = build(
    "type Query { me: String @requireToken, outer: String } type Mutation { pay: String, me: String, paid: Int! }",
    { Query: { me: () => "me", outer: inner }, Mutation: { pay: inner, me: inner, paid: inner } },
  );

  it.each([
    "mutation { pay }",
    "mutation { me: pay }",
    "mutation { paid }",
    "mutation { me }",
  ])("does not answer with 401 when a mutation has run: %s", async (query) => {
    const before = ran;
    const [answer] = await ask(schema, query);
    expect(ran).toBe(before + 1);
    expect(answer).toMatchObject({
      status: 200,
      body: { errors: [{ extensions: { auth: { reason: "TOKEN_MISSING" } } }] },
    });
  });

  it("is distinguished by authHttpResponse, too, when it receives the operation", async () => {
    const document = parse("mutation { me: pay }");
    const contextValue: GraphQLAuthContext = { auth: auth.forRequest() };
    const result = await graphql({ schema, source: document.loc?.source ?? "", contextValue });
    const [operation] = document.definitions as never[];
    expect(authHttpResponse(result, { operation: operation as never }).status).toBe(200);
  });
});

describe("a rule in code at an unsupported location", () => {
  const extensions = requireToken.extensions({ scope: "root" });
  const thing = new GraphQLObjectType({ name: "Thing", fields: { a: { type: GraphQLString } } });
  const withField = (field: object): GraphQLSchema =>
    new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields: { field: field as never } }) });

  it.each<[string, () => GraphQLSchema]>([
    ["a union", () => withField({ type: new GraphQLUnionType({ name: "U", types: [thing], extensions }) })],
    ["an enum", () => withField({ type: new GraphQLEnumType({ name: "E", values: { A: {} }, extensions }) })],
    ["an enum value", () => withField({ type: new GraphQLEnumType({ name: "E", values: { A: { extensions } } }) })],
    ["an argument", () => withField({ type: GraphQLString, args: { a: { type: GraphQLString, extensions } } })],
    ["the schema", () => new GraphQLSchema({ query: thing, extensions })],
  ])("is rejected by apply: %s", (_, schema) => {
    expect(() => requireToken.apply(schema())).toThrow(/must be on a field, an object type or an interface/);
  });

  it("is accepted by apply on a field", () => {
    expect(() => requireToken.apply(withField({ type: GraphQLString, extensions }))).not.toThrow();
  });
});

it("ends an idle subscription when the first of its tokens expires", async () => {
  const manager = new AuthManager({
    issuer: "regression",
    algorithm: "HS256",
    secret: "r".repeat(32),
    cookies: { auth: "a", refresh: "r" },
  });
  const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
  const schema = build(
    'type Query { a: Int } type Subscription { tick: Int @requireToken @requireToken(type: "refresh") }',
    {
      Subscription: { tick: { subscribe: () => never } },
    },
  );
  const yoga = createYoga({ schema, plugins: [useAuth(manager)], logging: false });
  const cookie = `a=${(await manager.authToken("u", { maxAge: 1 })).signed}; r=${(await manager.refreshToken("u")).signed}`;
  const response = await yoga.fetch("http://localhost/graphql?query=subscription{tick}", {
    headers: { accept: "text/event-stream", cookie, "sec-fetch-site": "same-origin" },
  });
  expect(await response.text()).toContain('"reason":"TOKEN_EXPIRED"');
});
