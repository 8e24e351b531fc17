/** Regressions of GraphQL contexts, plugins and guards. */
import { makeExecutableSchema } from "@graphql-tools/schema";
import type { IResolvers } from "@graphql-tools/utils";
import { AuthManager } from "claimgate";
import { authHttpResponse, requireTokenDirective, useAuth } from "claimgate/graphql";
import {
  execute,
  GraphQLError,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  graphql,
  parse,
  subscribe,
  visit,
} from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import { describe, expect, it } from "vitest";

const base = { issuer: "regression", algorithm: "HS256", secret: "r".repeat(32) } as const;
const auth = new AuthManager(base);
const requireToken = requireTokenDirective();
const good = (await auth.authToken("caller")).signed;
const service = (await auth.authToken("service")).signed;

function build(typeDefs: string, resolvers: IResolvers): GraphQLSchema {
  return requireToken.apply(makeExecutableSchema({ typeDefs: [requireToken.typeDefs, typeDefs], resolvers }));
}

const me = build("type Query { me: String @requireToken }", {
  Query: { me: (_: unknown, __: unknown, ctx: { auth: { token: { sub: string } } }) => ctx.auth.token.sub },
});

async function ask(
  yoga: { fetch(url: string, init: object): Response | Promise<Response> },
  query: string,
  token?: string,
) {
  const response = await yoga.fetch("http://localhost/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query }),
  });
  return {
    status: response.status,
    body: (await response.json()) as { data?: object; errors?: { message: string }[] },
  };
}

it("reads the request's headers, not the member headers of the context", async () => {
  const context = { headers: { authorization: `Bearer ${service}` } };
  const yoga = createYoga({ schema: me, plugins: [useAuth(auth)], context, logging: false });
  expect((await ask(yoga, "{ me }")).status).toBe(401);
  expect((await ask(yoga, "{ me }", good)).body.data).toEqual({ me: "caller" });
});

describe("a missing rule in the extensions of a field", () => {
  const schemaWith = (directives: unknown): GraphQLSchema => {
    const field = { type: GraphQLString, extensions: { directives } };
    return new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields: { field } }) });
  };

  it.each([
    ["undefined", { requireToken: undefined }],
    ["null", { requireToken: null }],
    ["an empty list", { requireToken: [] }],
    ["undefined in a list", { requireToken: [undefined] }],
    ["undefined arguments", [{ name: "requireToken", args: undefined }]],
    ["null arguments", [{ name: "requireToken", args: null }]],
    ["an undefined onDeny", { requireToken: { scope: "a", onDeny: undefined } }],
  ])("is rejected by apply: %s", (_, directives) => {
    expect(() => requireToken.apply(schemaWith(directives))).toThrow(/@requireToken on Query\.field: rule/);
  });

  it.each([
    ["no arguments in a list", [{ name: "requireToken" }]],
    ["an empty rule", { requireToken: {} }],
  ])("is accepted by apply when it is intended: %s", (_, directives) => {
    expect(() => requireToken.apply(schemaWith(directives))).not.toThrow();
  });
});

it("distinguishes a denial of an inner operation by the fields of the answer, without the operation", async () => {
  const schema: GraphQLSchema = build(
    "type Query { a: Int } type Mutation { audit: Int, outer: String, inner: String @requireToken }",
    {
      Mutation: {
        audit: () => 1,
        async outer(_parent, _args, contextValue) {
          const { errors } = await graphql({ schema, source: "mutation { outer: inner }", contextValue });
          throw errors?.[0] ?? new Error("The guard did not reject");
        },
      },
    },
  );
  const contextValue = { auth: auth.forRequest() };
  const result = await graphql({ schema, source: "mutation { audit outer }", contextValue });
  expect(authHttpResponse(result)).toMatchObject({ status: 200, body: { data: { audit: 1 } } });
  const refused = await graphql({ schema, source: "mutation { inner }", contextValue });
  expect(authHttpResponse(refused).status).toBe(401);
});

it("ends the source of a subscription whose token expired while it started", async () => {
  let now = 1_000;
  const manager = new AuthManager({ ...base, authMaxAge: 60, now: () => now });
  let returned = false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => undefined),
      return: async () => {
        returned = true;
        return { done: true, value: undefined };
      },
    }),
  };
  const schema = build("type Query { a: Int } type Subscription { tick: Int @requireToken }", {
    Subscription: {
      tick: {
        async subscribe() {
          now += 100;
          return source as never;
        },
      },
    },
  });
  const token = (await manager.authToken("u")).signed;
  const stream = await subscribe({
    schema,
    document: parse("subscription { tick }"),
    contextValue: { auth: manager.forRequest({ token }) },
  });
  const { value } = await (stream as AsyncGenerator<{ errors?: GraphQLError[] }>).next();
  expect(value?.errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_EXPIRED" } });
  expect(returned).toBe(true);
});

it("keeps other errors when another plugin has replaced context.auth", async () => {
  const stranger: Plugin = { onContextBuilding: ({ extendContext }) => extendContext({ auth: { mine: 1 } } as never) };
  const schema = build("type Query { own: String, me: String @requireToken }", {
    Query: {
      own: () => {
        throw new GraphQLError("mine");
      },
      me: () => "me",
    },
  });
  const yoga = createYoga({ schema, plugins: [useAuth(auth), stranger], logging: false });
  expect((await ask(yoga, "{ own }")).body.errors?.[0]?.message).toBe("mine");
  expect((await ask(yoga, "{ me }", good)).body).toMatchObject({
    data: { me: null },
    errors: [{ message: "Unexpected error." }],
  });
});

it("passes the original context to a field behind a refresh rule, with private members and writes", async () => {
  class Context {
    readonly auth = auth.forRequest({ token: refresh });
    seen = "";
    readonly #database = "db";
    get database(): string {
      return this.#database;
    }
  }
  const refresh = (await auth.refreshToken("u")).signed;
  const schema = build('type Query { a: Int } type Mutation { renew: String @requireToken(type: "refresh") }', {
    Mutation: {
      renew: (_parent, _args, ctx: Context) => {
        ctx.seen = ctx.auth.token?.tokenType ?? "none";
        return ctx.database;
      },
    },
  });
  const contextValue = new Context();
  const result = await execute({ schema, document: parse("mutation { renew }"), contextValue });
  expect(result).toEqual({ data: { renew: "db" } });
  expect(contextValue.seen).toBe("refresh");
});

it("passes the refresh token to a field behind a refresh rule, also in a frozen context", async () => {
  const schema = build('type Query { a: Int } type Mutation { renew: String @requireToken(type: "refresh") }', {
    Mutation: {
      renew: (_parent, _args, ctx: { auth: { token: { tokenType: string } }; db: string }) =>
        `${ctx.auth.token.tokenType} ${ctx.db}`,
    },
  });
  const token = (await auth.refreshToken("u")).signed;
  const contextValue = Object.freeze({ auth: auth.forRequest({ token }), db: "db" });
  expect(await execute({ schema, document: parse("mutation { renew }"), contextValue })).toEqual({
    data: { renew: "refresh db" },
  });
  const anonymous = Object.freeze({ auth: auth.forRequest(), db: "db" });
  const refused = await execute({ schema, document: parse("mutation { renew }"), contextValue: anonymous });
  expect(refused.errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } });
});

it("recognises its own denials when a plugin executes a copy of the document", async () => {
  const copying: Plugin = {
    onExecute: ({ args, setExecuteFn, executeFn }) =>
      setExecuteFn(() => executeFn({ ...args, document: visit(args.document, { Field: (node) => ({ ...node }) }) })),
  };
  const schema = build("type Query { a: Int } type Mutation { m: String @requireToken }", {});
  const yoga = createYoga({ schema, plugins: [useAuth(auth), copying], logging: false });
  expect((await ask(yoga, "mutation { m }")).status).toBe(401);
});
