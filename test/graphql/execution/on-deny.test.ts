/** `onDeny: NULL` gives null instead of a 401 or 403, and hides no other error. */
import { beforeEach, describe, expect, test } from "vitest";
import { createGate } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    user(id: ID!): User
    hidden: Int @requireToken(onDeny: NULL)
    hiddenAdmin: Int @requireToken(scope: { admin: true }, onDeny: NULL)
    mixed: Int @requireToken(onDeny: NULL) @requireToken(scope: { admin: true })
    mixedReverse: Int @requireToken(scope: { admin: true }) @requireToken(onDeny: NULL)
    byCookie: Int @requireToken(location: "cookies", onDeny: NULL)
    fails: Int @requireToken(onDeny: NULL)
  }
  type User { id: ID!, email: String @requireToken(parent: { sub: "id" }, onDeny: NULL) }
  type Mutation { hide: Int @requireToken(onDeny: NULL) }
`;
let ran = 0;
const seven = (): number => {
  ran++;
  return 7;
};
let rights: () => Record<string, unknown> | null = () => ({});
const resolvers = {
  Query: {
    user: (_: unknown, { id }: { id: string }) => ({ id, email: `${id}@example.com` }),
    hidden: seven,
    hiddenAdmin: seven,
    mixed: seven,
    mixedReverse: seven,
    byCookie: seven,
    fails: () => {
      throw new Error("own");
    },
  },
  Mutation: { hide: seven },
};
const { auth, clock, ask } = createGate(typeDefs, resolvers, {
  authorizeAt: "request",
  authorize: async () => rights(),
  cookies: { auth: "auth" },
});
const mint = async (options = {}): Promise<string> => (await auth.authToken("ada", options)).signed;
const outOfReach = (): never => {
  throw new Error("the database is down");
};

beforeEach(() => {
  ran = 0;
  rights = () => ({});
});

describe("a field with onDeny: NULL gives null", () => {
  test("without a token, with an invalid, wrong or expired one and with too small a scope", async () => {
    const token = await mint();
    for (const options of [{}, { token: "bad" }, { token: (await auth.refreshToken("ada")).signed }])
      expect(await ask("{ hidden }", options)).toMatchObject({ status: 200, body: { data: { hidden: null } } });
    expect(await ask("{ hiddenAdmin }", { token })).toMatchObject({
      status: 200,
      body: { data: { hiddenAdmin: null } },
    });
    clock.advance(3600);
    expect((await ask("{ hidden }", { token })).body).toEqual({ data: { hidden: null } });
    expect(ran).toBe(0);
  });

  test("only to an unauthorized caller: an authorized one gets the value", async () => {
    const token = await mint({ scope: { admin: true } });
    expect((await ask("{ hidden hiddenAdmin mixed mixedReverse }", { token })).body).toEqual({
      data: { hidden: 7, hiddenAdmin: 7, mixed: 7, mixedReverse: 7 },
    });
  });

  test("for another user's field, and the value for the caller's own field", async () => {
    const query = '{ ada: user(id: "ada") { id email } eve: user(id: "eve") { id email } }';
    expect((await ask(query, { token: await mint() })).body).toEqual({
      data: { ada: { id: "ada", email: "ada@example.com" }, eve: { id: "eve", email: null } },
    });
  });

  test("for a mutation, which does not run", async () => {
    expect((await ask("mutation { hide }")).body).toEqual({ data: { hide: null } });
    expect(ran).toBe(0);
    expect((await ask("mutation { hide }", { token: await mint() })).body).toEqual({ data: { hide: 7 } });
  });

  test("for a cookie that another site sent", async () => {
    const headers = { cookie: `auth=${await mint()}`, "sec-fetch-site": "cross-site" };
    expect((await ask("{ byCookie }", { headers })).body).toEqual({ data: { byCookie: null } });
    expect((await ask("{ byCookie }", { headers: { ...headers, "sec-fetch-site": "same-origin" } })).body).toEqual({
      data: { byCookie: 7 },
    });
  });

  test("only when the directive that rejects first has onDeny: NULL", async () => {
    const token = await mint();
    const reasonOf = async (query: string, options = {}): Promise<unknown> =>
      (await ask(query, options)).refused?.reason;
    expect(await reasonOf("{ mixed }")).toBeUndefined();
    expect(await reasonOf("{ mixed }", { token })).toBe("SCOPE_INSUFFICIENT");
    expect(await reasonOf("{ mixedReverse }")).toBe("TOKEN_MISSING");
    expect(ran).toBe(0);
  });
});

describe("a field with onDeny: NULL reports the error", () => {
  test("of an outage at the root", async () => {
    rights = outOfReach;
    const { status, body } = await ask("{ hidden }", { token: await mint() });
    expect(status).toBe(503);
    expect(body.errors?.map((error) => error.extensions)).toEqual([
      { code: "SERVICE_UNAVAILABLE", auth: { reason: "STORE_UNAVAILABLE" } },
    ]);
    expect(ran).toBe(0);
  });

  test("of an outage below the root", async () => {
    rights = outOfReach;
    const { status, body } = await ask('{ user(id: "ada") { id email } }', { token: await mint() });
    expect(status).toBe(200);
    expect(body.data).toEqual({ user: { id: "ada", email: null } });
    expect(body.errors?.[0]?.extensions).toEqual({
      code: "SERVICE_UNAVAILABLE",
      auth: { reason: "STORE_UNAVAILABLE" },
    });
  });

  test("of two credentials that differ", async () => {
    const token = await mint();
    const other = await mint({ maxAge: 5 });
    const { refused } = await ask("{ hidden }", { headers: { authorization: `Bearer ${token}, Bearer ${other}` } });
    expect(refused).toEqual({ status: 400, code: "BAD_REQUEST", reason: "CREDENTIALS_AMBIGUOUS" });
    const same = await ask("{ hidden }", { headers: { authorization: `Bearer ${token}, Bearer ${token}` } });
    expect(same.body).toEqual({ data: { hidden: 7 } });
  });

  test("of its own resolver", async () => {
    const { body } = await ask("{ fails }", { token: await mint() });
    expect(body.errors).toMatchObject([{ message: "Unexpected error." }]);
    expect((await ask("{ fails }")).body).toEqual({ data: { fails: null } });
  });

  test("a field with onDeny: NULL gives null when the rights of the caller were withdrawn", async () => {
    rights = () => null;
    expect((await ask("{ hidden }", { token: await mint() })).body).toEqual({ data: { hidden: null } });
  });
});
