/** A request verifies at most one signature, and none when it selects only open fields. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { askYoga, createGuardedSchema, createGuardedYoga, ENDPOINT } from "../../support/graphql.ts";
import { watchVerifications } from "../../support/watch-verifications.ts";
import { openEvents } from "../server/stream-support.ts";

const typeDefs = `
  type Query {
    open: Int
    me: String @requireToken
    stats: Int @requireToken(scope: { admin: true }) @requireToken
    users: [User!]
    late: Late
    greeting: String @requireToken(optional: true)
  }
  type Mutation { write: Int @requireToken, other: Int @requireToken }
  type Subscription { tick: Int @requireToken }
  type Late { id: Int @requireToken }
  type User @requireToken { id: ID, email: String @requireToken(parent: { sub: "id" }, onDeny: NULL) }
`;
const schema = createGuardedSchema(typeDefs, {
  Query: {
    open: () => 1,
    me: async (_, __, ctx) => {
      await ctx.auth.require();
      return (await ctx.auth.authenticate())?.sub;
    },
    stats: () => 1,
    users: () => [{ id: "ada", email: "ada@example.com" }, { id: "eve" }],
    greeting: () => "hello",
    late: async () => {
      // Later than the verification of the batch's other operations.
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
      return { id: 1 };
    },
  },
  Mutation: { write: () => 1, other: () => 2 },
  Subscription: {
    tick: {
      subscribe: async function* () {
        yield { tick: 1 };
        yield { tick: 2 };
      },
    },
  },
});
const { auth } = createAuth({ algorithm: "HS256", cache: false });
const yoga = createGuardedYoga(schema, auth, { batching: true });
const { signed: token } = await auth.authToken("ada", { scope: { admin: true } });
const bad = `${token.slice(0, -43)}${"A".repeat(43)}`;

let verify: ReturnType<typeof watchVerifications>;
beforeEach(() => {
  verify = watchVerifications();
});
afterEach(() => vi.restoreAllMocks());

async function batch(queries: readonly string[], bearer: string, server = yoga): Promise<unknown> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${bearer}` };
  const body = JSON.stringify(queries.map((query) => ({ query })));
  return (await server.fetch(ENDPOINT, { method: "POST", headers, body })).json();
}

describe("verifies the token once", () => {
  test.each([
    ["one guarded field", "{ me }"],
    ["many guarded fields", "{ me stats greeting a: me b: me users { id email } open }"],
    ["a mutation of two fields", "mutation { write other }"],
  ])("for %s", async (_, query) => {
    expect((await askYoga(yoga, query, { token })).body.errors).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("for a whole batch", async () => {
    const answers = await batch(["{ me }", "{ stats }", "{ open }", "mutation { write }"], token);
    expect(answers).toEqual([
      { data: { me: "ada" } },
      { data: { stats: 1 } },
      { data: { open: 1 } },
      { data: { write: 1 } },
    ]);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("for a whole batch, and looks up rights once, also when a later field is guarded", async () => {
    let asked = 0;
    const authorize = () => {
      asked++;
      return {};
    };
    const local = createAuth({ cache: false, authorizeAt: "request", authorize });
    const yoga = createGuardedYoga(schema, local.auth, { batching: true });
    const { signed } = await local.auth.authToken("ada");
    const answers = await batch(["{ me }", "{ late { id } }", "mutation { write }"], signed, yoga);
    expect(answers).toEqual([{ data: { me: "ada" } }, { data: { late: { id: 1 } } }, { data: { write: 1 } }]);
    expect({ asked, verified: verify.mock.calls.length }).toEqual({ asked: 1, verified: 1 });
  });

  test("for an invalid token, however many fields reject it", async () => {
    const { body } = await askYoga(yoga, "{ me stats greeting users { id } }", { token: bad });
    expect(body.errors?.map((error) => error.extensions?.auth?.reason)).toEqual(Array(4).fill("SIGNATURE_INVALID"));
    expect(verify).toHaveBeenCalledTimes(1);
    await batch(["{ me }", "{ me }"], bad);
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("for a subscription and all of its events", async () => {
    const stream = await openEvents(yoga, "subscription { tick }", { token });
    expect(await stream.next()).toEqual({ data: { tick: 1 } });
    expect(await stream.next()).toEqual({ data: { tick: 2 } });
    expect(await stream.next()).toBeUndefined();
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("for each of two requests when tokens are not cached", async () => {
    await askYoga(yoga, "{ me }", { token });
    await askYoga(yoga, "{ me }", { token });
    expect(verify).toHaveBeenCalledTimes(2);
  });

  test("for two requests, with the cache", async () => {
    const local = createAuth();
    const remembering = createGuardedYoga(schema, local.auth);
    const { signed } = await local.auth.authToken("ada");
    for (let i = 0; i < 2; i++)
      expect((await askYoga(remembering, "{ me }", { token: signed })).body).toEqual({ data: { me: "ada" } });
    expect(verify).toHaveBeenCalledTimes(1);
  });
});

describe("verifies nothing", () => {
  test.each([
    ["a valid token", token],
    ["a token with a wrong signature", bad],
    ["a token that cannot be read", "bad"],
  ])("for an operation without guarded fields, with %s", async (_, carried) => {
    const { status, body } = await askYoga(yoga, "{ open __typename __schema { queryType { name } } }", {
      token: carried,
    });
    expect(status).toBe(200);
    expect(body).toEqual({ data: { open: 1, __typename: "Query", __schema: { queryType: { name: "Query" } } } });
    expect(verify).not.toHaveBeenCalled();
  });

  test("for an operation that GraphQL's validation rejects", async () => {
    expect((await askYoga(yoga, "{ me nothing }", { token })).body.errors?.[0]?.extensions?.code).toBe(
      "GRAPHQL_VALIDATION_FAILED",
    );
    expect(verify).not.toHaveBeenCalled();
  });

  test("for a caller without a token", async () => {
    await askYoga(yoga, "{ me greeting }");
    expect(verify).not.toHaveBeenCalled();
  });
});
