/** A rejected query over HTTP: status, challenge and body. */
import { beforeEach, describe, expect, test } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { askYoga, createGate, createGuardedYoga, ENDPOINT } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    open: Int
    me: String @requireToken
    admins: Int @requireToken(scope: { admin: true })
    pro: Int @requireToken(claims: { plan: "pro" })
    renew: Int @requireToken(type: "refresh")
    strict: Int! @requireToken
    shelf: Shelf!
    broken: Int!
    asks: Int!
  }
  type Shelf { secret: Int! @requireToken, open: Int }
`;
let rights: () => object = () => ({});
const seven = (): number => 7;
const resolvers = {
  Query: {
    open: seven,
    me: (_: unknown, __: unknown, ctx: { auth: { token: { sub: string } | null } }) => ctx.auth.token?.sub,
    admins: seven,
    pro: seven,
    renew: seven,
    strict: seven,
    shelf: () => ({ secret: 7, open: 7 }),
    broken: () => {
      throw new Error("own");
    },
    asks: async (_: unknown, __: unknown, ctx: { auth: { require(rule: object): Promise<unknown> } }) => {
      await ctx.auth.require({ scope: "admin" });
      return 7;
    },
  },
};
const { auth, clock, schema, ask } = createGate(typeDefs, resolvers, {
  authorizeAt: "request",
  authorize: () => rights(),
  cookies: { auth: "auth", refresh: "refresh" },
});
const mint = async (options = {}): Promise<string> => (await auth.authToken("ada", options)).signed;

beforeEach(() => {
  rights = () => ({});
});

describe("WWW-Authenticate", () => {
  test("has only the scheme when the token is missing", async () => {
    expect((await ask("{ me }")).challenge).toBe("Bearer");
  });

  test("has invalid_token when the token is invalid", async () => {
    const token = await mint();
    expect((await ask("{ me }", { token: "bad" })).challenge).toBe(
      'Bearer error="invalid_token", error_description="The token cannot be read"',
    );
    clock.advance(3600);
    expect((await ask("{ me }", { token })).challenge).toBe(
      'Bearer error="invalid_token", error_description="The token has expired"',
    );
  });

  test("has insufficient_scope when the token lacks a scope or a claim", async () => {
    const token = await mint();
    expect((await ask("{ admins }", { token })).challenge).toBe(
      'Bearer error="insufficient_scope", error_description="The scope of the token does not allow this"',
    );
    expect((await ask("{ pro }", { token })).challenge).toBe(
      'Bearer error="insufficient_scope", error_description="The claims of the token do not allow this"',
    );
  });

  test("is absent for 400, 503 and 200", async () => {
    const authorization = `Bearer ${await mint()}, Bearer ${await mint({ maxAge: 5 })}`;
    expect(await ask("{ me }", { headers: { authorization } })).toMatchObject({ status: 400, challenge: null });
    expect(await ask("{ me open }")).toMatchObject({ status: 200, challenge: null });
    rights = () => {
      throw new Error("down");
    };
    expect(await ask("{ me }", { token: await mint() })).toMatchObject({ status: 503, challenge: null });
  });

  test("has the configured scheme", async () => {
    const local = createAuth({ header: { name: "X-Token", scheme: "JWT" } });
    const yoga = createGuardedYoga(schema, local.auth);
    const { signed } = await local.auth.authToken("ada");
    expect((await askYoga(yoga, "{ me }", { token: signed })).challenge).toBe("JWT");
    expect((await askYoga(yoga, "{ me }", { headers: { "x-token": "JWT bad" } })).challenge).toMatch(
      /^JWT error="invalid_token"/,
    );
    expect((await askYoga(yoga, "{ me }", { headers: { "x-token": `jwt ${signed}` } })).body).toEqual({
      data: { me: "ada" },
    });
  });
});

describe("the status", () => {
  test("is that of the refusal when every field is rejected, and the response has no data", async () => {
    const { status, body } = await ask("{ me }");
    expect(status).toBe(401);
    expect(body).toEqual({
      errors: [
        {
          message: "A token is required",
          path: ["me"],
          locations: [{ line: 1, column: 3 }],
          extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } },
        },
      ],
    });
  });

  test("is the same for GET and for the media type of GraphQL over HTTP", async () => {
    expect((await ask("{ me }", { method: "GET" })).status).toBe(401);
    const headers = { accept: "application/graphql-response+json" };
    expect(await ask("{ me }", { headers })).toMatchObject({ status: 401, challenge: "Bearer" });
    expect(await ask("{ me }", { headers, token: await mint() })).toMatchObject({ status: 200, challenge: null });
  });

  test("is 401 when fields are rejected with 401 and 403", async () => {
    const headers = { cookie: `auth=${await mint()}`, "sec-fetch-site": "cross-site" };
    const { status, challenge, body } = await ask("{ me renew }", { headers });
    expect(body.errors?.map((error) => error.extensions?.auth?.reason)).toEqual(["CSRF_REJECTED", "TOKEN_MISSING"]);
    expect({ status, challenge }).toEqual({ status: 401, challenge: "Bearer" });
    expect(body).not.toHaveProperty("data");
    expect((await ask("{ admins renew }", { token: await mint() })).status).toBe(401);
    expect((await ask("{ me }", { headers })).status).toBe(403);
  });

  test("is 400 when fields are rejected with 400 and 401", async () => {
    const headers = {
      cookie: `auth=${await mint()}; auth=${await mint({ maxAge: 5 })}`,
      "sec-fetch-site": "same-origin",
    };
    const { status, body } = await ask("{ renew me }", { headers });
    expect(body.errors?.map((error) => error.extensions?.code).toSorted()).toEqual(["BAD_REQUEST", "UNAUTHENTICATED"]);
    expect(status).toBe(400);
  });

  test("is 503 when fields are rejected with 503, 400 and 401", async () => {
    rights = () => {
      throw new Error("down");
    };
    const refresh = await auth.refreshToken("ada");
    const duplicates = `auth=${await mint()}; auth=${await mint({ maxAge: 5 })}`;
    const headers = { cookie: `${duplicates}; refresh=${refresh.signed}`, "sec-fetch-site": "same-origin" };
    expect((await ask("{ me renew }", { headers })).status).toBe(503);
    expect((await ask("{ renew admins }", { token: await mint() })).status).toBe(503);
  });

  test("is 200 for partial success, and the data stays", async () => {
    const { status, body } = await ask("{ open me admins }", { token: await mint() });
    expect(status).toBe(200);
    expect(body.data).toEqual({ open: 7, me: "ada", admins: null });
    expect(body.errors).toHaveLength(1);
  });

  test("depends on every root field except __typename, through aliases, fragments, @skip and @include", async () => {
    const fragment = "fragment F on Query { a: me }";
    expect((await ask("{ t: __typename me }")).status).toBe(401);
    expect((await ask(`{ ...F ... on Query { b: admins } } ${fragment}`)).status).toBe(401);
    expect((await ask(`{ ...F ... on Query { b: open } } ${fragment}`)).status).toBe(200);
    const query = "query ($v: Boolean!) { me open @include(if: $v) }";
    expect((await ask(query, { variables: { v: false } })).status).toBe(401);
    expect((await ask(query, { variables: { v: true } })).status).toBe(200);
    expect((await ask("{ me open @skip(if: true) }")).status).toBe(401);
  });

  test("depends only on the operation that runs", async () => {
    const query = "query A { me } query B { open }";
    expect((await ask(query, { operationName: "A" })).status).toBe(401);
    expect((await ask(query, { operationName: "B" })).status).toBe(200);
  });
});

describe("a query whose data is null", () => {
  test("has the status of its refusals, wherever they come from", async () => {
    expect(await ask("{ strict }")).toMatchObject({ status: 401, challenge: "Bearer" });
    expect(await ask("{ open strict }")).toMatchObject({ status: 401 });
    expect(await ask("{ shelf { open secret } }")).toMatchObject({ status: 401 });
    const asked = await ask("{ asks }", { token: await mint() });
    expect(asked).toMatchObject({ status: 403, refused: { reason: "SCOPE_INSUFFICIENT" } });
    for (const query of ["{ strict }", "{ shelf { secret } }"])
      expect((await ask(query)).body).not.toHaveProperty("data");
    expect((await ask("{ shelf { secret } strict }", { token: await mint() })).body).toEqual({
      data: { shelf: { secret: 7 }, strict: 7 },
    });
  });

  test("is not reported as rejected when it has another error, too", async () => {
    const { status, challenge, body } = await ask("{ open broken }");
    expect({ status, challenge, data: body.data }).toEqual({ status: 200, challenge: null, data: null });
    const both = await ask("{ broken me }");
    expect(both.status).not.toBe(401);
    expect(both.challenge).toBeNull();
  });
});

describe("an array batch", () => {
  const yoga = createGuardedYoga(schema, auth, { batching: true });
  const batch = (queries: readonly string[], headers: Record<string, string> = {}): Promise<Response> =>
    Promise.resolve(
      yoga.fetch(ENDPOINT, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/json", ...headers },
        body: JSON.stringify(queries.map((query) => ({ query }))),
      }),
    );

  test("has status 200, and each item has its own refusal", async () => {
    const response = await batch(["{ me }", "{ open }", "{ strict }"]);
    expect(response.status).toBe(200);
    expect(response.headers.get("www-authenticate")).toBeNull();
    const missing = { extensions: { code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } } };
    expect(await response.json()).toMatchObject([
      { data: { me: null }, errors: [missing] },
      { data: { open: 7 } },
      { data: null, errors: [missing] },
    ]);
  });

  test("is accepted in every item with a valid token", async () => {
    const response = await batch(["{ me }", "{ strict }"], { authorization: `Bearer ${await mint()}` });
    expect(await response.json()).toEqual([{ data: { me: "ada" } }, { data: { strict: 7 } }]);
  });
});
