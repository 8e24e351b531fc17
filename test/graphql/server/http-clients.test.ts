/** The main path over HTTP: real clients log in, and requests are accepted or rejected. */
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Client, fetchExchange, gql } from "@urql/core";
import { ClientError, GraphQLClient } from "graphql-request";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { createGuardedSchema, createGuardedYoga } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    greeting: String!
    me: String @requireToken
    stats: Int @requireToken(scope: { admin: true })
  }
  type Mutation {
    login(user: String!, password: String!): String
    refresh: String @requireToken(type: "refresh")
  }
`;

const { auth, clock } = createAuth();
const schema = createGuardedSchema(typeDefs, {
  Query: { greeting: () => "hello", me: (_, __, ctx) => ctx.auth.token?.sub, stats: () => 42 },
  Mutation: {
    login: async (_, { user, password }, ctx) => {
      if (password !== `${user}-secret`) return null;
      return (await ctx.auth.manager.authToken(user, { scope: { admin: user === "root" } })).signed;
    },
    refresh: async (_, __, ctx) => (await ctx.auth.manager.authToken(ctx.auth.token?.sub ?? "nobody")).signed,
  },
});

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer(createGuardedYoga(schema, auth));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});

afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function connect(token?: string): GraphQLClient {
  return new GraphQLClient(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
}

async function login(user: string, password = `${user}-secret`): Promise<string | null> {
  const query = "mutation ($user: String!, $password: String!) { login(user: $user, password: $password) }";
  const { login: token } = await connect().request<{ login: string | null }>(query, { user, password });
  return token;
}

async function refusal(request: Promise<unknown>): Promise<unknown> {
  const error = await request.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ClientError);
  const { status, errors, headers } = (error as ClientError).response;
  return {
    status,
    extensions: errors?.[0]?.extensions,
    challenge: headers.get("www-authenticate"),
  };
}

describe("graphql-request", () => {
  test("logs in and is accepted with the token", async () => {
    const token = await login("ada");
    expect(await connect(token as string).request("{ me }")).toEqual({ me: "ada" });
  });

  test("gets no token for a wrong password", async () => {
    expect(await login("ada", "wrong")).toBeNull();
  });

  test("is rejected on a guarded field without a token, and accepted on an open field", async () => {
    expect(await refusal(connect().request("{ me }"))).toEqual({
      status: 401,
      extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } },
      challenge: "Bearer",
    });
    expect(await connect().request("{ greeting }")).toEqual({ greeting: "hello" });
  });

  test("is rejected without the scope and accepted with it", async () => {
    expect(await refusal(connect((await login("ada")) as string).request("{ stats }"))).toMatchObject({
      status: 403,
      extensions: { code: "FORBIDDEN", auth: { reason: "SCOPE_INSUFFICIENT" } },
    });
    expect(await connect((await login("root")) as string).request("{ stats }")).toEqual({ stats: 42 });
  });

  test("is rejected on a guarded field with an expired or tampered token, and accepted on an open field", async () => {
    const token = (await login("ada")) as string;
    const [header, payload] = token.split(".");
    const tampered = `${header}.${payload}.${"A".repeat(43)}`;
    expect(await refusal(connect(tampered).request("{ me }"))).toMatchObject({
      status: 401,
      extensions: { auth: { reason: "SIGNATURE_INVALID" } },
    });
    clock.advance(3600);
    expect(await refusal(connect(token).request("{ me }"))).toMatchObject({
      status: 401,
      extensions: { auth: { reason: "TOKEN_EXPIRED" } },
    });
    expect(await connect(token).request("{ greeting }")).toEqual({ greeting: "hello" });
  });

  test("renews tokens with a refresh token only", async () => {
    const { signed } = await auth.refreshToken("ada");
    const { refresh } = await connect(signed).request<{ refresh: string }>("mutation { refresh }");
    expect(await connect(refresh).request("{ me }")).toEqual({ me: "ada" });
    expect(await refusal(connect(refresh).request("mutation { refresh }"))).toMatchObject({
      status: 401,
      extensions: { auth: { reason: "TOKEN_TYPE_INVALID" } },
    });
  });
});

describe("two Authorization headers, of which Node's `headers` keeps only the first", () => {
  const post = (authorization: string[]): Promise<{ status: number | undefined; body: unknown }> =>
    new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json" };
      const sent = request(url, { method: "POST", headers }, async (response) => {
        let text = "";
        for await (const chunk of response) text += chunk;
        resolve({ status: response.statusCode, body: JSON.parse(text) });
      });
      sent.setHeader("authorization", authorization);
      sent.on("error", reject);
      sent.end(JSON.stringify({ query: "{ me }" }));
    });

  test("are rejected when they differ", async () => {
    const { status, body } = await post([`Bearer ${await login("ada")}`, `Bearer ${await login("grace")}`]);
    expect(status).toBe(400);
    expect(body).toMatchObject({
      errors: [{ extensions: { code: "BAD_REQUEST", auth: { reason: "CREDENTIALS_AMBIGUOUS" } } }],
    });
  });

  test("are accepted when they are equal", async () => {
    const bearer = `Bearer ${await login("ada")}`;
    expect(await post([bearer, bearer])).toEqual({ status: 200, body: { data: { me: "ada" } } });
  });
});

describe("@urql/core", () => {
  const open = (token?: string): Client =>
    new Client({
      url,
      exchanges: [fetchExchange],
      preferGetMethod: false,
      fetchOptions: token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    });

  test("logs in and is accepted with the token", async () => {
    const login = gql`mutation { login(user: "ada", password: "ada-secret") }`;
    const { data } = await open().mutation(login, {}).toPromise();
    const me = await open(data.login).query(gql`{ me }`, {}).toPromise();
    expect(me.error).toBeUndefined();
    expect(me.data).toMatchObject({ me: "ada" });
  });

  test("reads the code and the reason of a refusal", async () => {
    const { data, error } = await open().query(gql`{ me }`, {}).toPromise();
    expect(data).toBeUndefined();
    expect(error?.response.status).toBe(401);
    expect(error?.graphQLErrors.map((one) => one.extensions)).toEqual([
      { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } },
    ]);
  });

  test("gets the open part of a query with open and guarded fields", async () => {
    const { data, error } = await open().query(gql`{ greeting me }`, {}).toPromise();
    expect(data).toMatchObject({ greeting: "hello", me: null });
    expect(error?.graphQLErrors[0]?.path).toEqual(["me"]);
  });
});
