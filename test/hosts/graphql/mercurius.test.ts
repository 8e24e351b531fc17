/** Features that only Mercurius has: compiled queries, and its own resolvers and loaders. */
import { createGraphQLContext, requireTokenDirective } from "claimgate/graphql";
import fastify from "fastify";
import mercuriusPlugin, { type MercuriusOptions } from "mercurius";
import { describe, expect, test } from "vitest";
import { start } from "../../../examples/hosts/graphql/mercurius.ts";
import { createAuth } from "../../support/create-auth.ts";
import { type Answer, ask, expectData } from "./ask.ts";
import { mercurius } from "./drivers/mercurius.ts";
import { serve } from "./host.ts";

const compiling = {
  ...mercurius,
  start: (...[auth, options]: Parameters<typeof start>) => start(auth, { ...options, jit: 1 }),
};

describe("a compiled query", () => {
  const served = serve(compiling);

  test.each([
    "{ me { id } }",
    "{ open me { id } }",
    "{ balance }",
    "{ me { id } open @skip(if: true) }",
    "{ me { id } ...F @skip(if: true) } fragment F on Query { open }",
    "{ t: __typename ...F } fragment F on Query { mine: me { id } }",
    "{ users { id email phone } }",
    "{ archive }",
    "{ lost }",
    "{ audit }",
    "{ audit archive }",
    'mutation { post(text: "a") { text } }',
    'mutation { announce(text: "a") { text } }',
  ])("has the same answer as before its compilation: %s", async (query) => {
    for (const options of [{}, { token: "bad" }, { token: await served.mint() }]) {
      const interpreted = withoutLocations(await ask(served, "http", query, options));
      for (let i = 0; i < 2; i++)
        expect(withoutLocations(await ask(served, "http", query, options))).toEqual(interpreted);
    }
  });

  test("is guarded and has currentToken", async () => {
    for (let i = 0; i < 3; i++)
      expectData(await ask(served, "http", "{ again: me { id } }", { token: await served.mint() }), {
        again: { id: "ada" },
      });
  });
});

// The errors of a compiled query have fewer locations.
function withoutLocations({ body, ...answer }: Answer): object {
  const errors = (body["errors"] as object[] | undefined)?.map((error) => ({ ...error, locations: [] }));
  return { ...answer, body: { ...body, errors } };
}

describe("resolvers and loaders given to Mercurius", () => {
  const requireToken = requireTokenDirective();
  const schema = `${requireToken.typeDefs} type Query { user: User @requireToken } type User { id: ID, email: String @requireToken }`;
  const options: MercuriusOptions = {
    schema,
    resolvers: { Query: { user: () => ({ id: "ada" }) } },
    loaders: {
      User: {
        email: async (queries: readonly { obj: { id: string } }[]) => queries.map(({ obj }) => `${obj.id}@example.com`),
      },
    },
  };
  const { auth } = createAuth();

  test("are guarded with apply as a schema transform, and the schema is rejected without it", async () => {
    const unguarded = fastify();
    await unguarded.register(mercuriusPlugin, options);
    expect(() => createGraphQLContext(auth, { schema: unguarded.graphql.schema })).toThrow(TypeError);
    await unguarded.close();

    const app = fastify();
    await app.register(mercuriusPlugin, {
      ...options,
      schemaTransforms: requireToken.apply,
      context: (request) => createContext({ req: request }),
    });
    const createContext = createGraphQLContext(auth, { schema: app.graphql.schema });
    const { signed } = await auth.authToken("ada");
    const send = (headers: Record<string, string>) =>
      app.inject({ method: "POST", url: "/graphql", headers, payload: { query: "{ user { id email } }" } });
    expect((await send({})).json()).toMatchObject({ data: { user: null } });
    expect((await send({ authorization: `Bearer ${signed}` })).json()).toEqual({
      data: { user: { id: "ada", email: "ada@example.com" } },
    });
    await app.close();
  });

  test("are rejected when they replace a guard", async () => {
    const app = fastify();
    await app.register(mercuriusPlugin, { ...options, schemaTransforms: requireToken.apply });
    expect(() => createGraphQLContext(auth, { schema: app.graphql.schema })).not.toThrow();
    app.graphql.defineResolvers({ Query: { user: () => ({ id: "eve" }) } });
    expect(() => createGraphQLContext(auth, { schema: app.graphql.schema })).toThrow(/covers Query\.user/);
    await app.close();
  });
});
