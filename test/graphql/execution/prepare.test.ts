/** `useAuth` verifies the token before an operation that requires one, and for no other. */
import { generateKeyPairSync } from "node:crypto";
import type { AuthManagerConfig } from "claimgate";
import { createGraphQLContext } from "claimgate/graphql";
import { type ExecutionResult, execute, parse } from "graphql";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { askYoga, createGuardedSchema, createGuardedYoga } from "../../support/graphql.ts";
import { watchVerifications } from "../../support/watch-verifications.ts";

const typeDefs = `
  type Query {
    open: Int
    me: String @requireToken
    items: [Item!]!
    nodes: [Node!]!
    found: [Found!]!
    renew: Int @requireToken(type: "refresh")
    header: Int @requireToken(location: "header")
  }
  type Item { id: ID!, secret: String @requireToken(scope: "read"), deep: Item }
  interface Node { id: ID!, label: String }
  type Plain implements Node { id: ID!, label: String }
  type Guarded implements Node { id: ID!, label: String @requireToken, extra: Int }
  type Covered @requireToken { id: ID! }
  union Found = Plain | Covered
  type Mutation { write: Int @requireToken, log: Int }
  type Subscription { tick: Tick }
  type Tick { id: Int, secret: Int @requireToken }
`;

/** Records if a microtask ran between one field and the next. */
interface Turn {
  fields: number;
  interrupted: boolean;
}

let turn: Turn = { fields: 0, interrupted: false };
function note(): string {
  if (turn.fields++ === 0) queueMicrotask(() => (turn.interrupted = turn.fields < 200));
  return "s";
}

const items = Array.from({ length: 200 }, (_, id) => ({ id, secret: note, deep: () => ({ id, secret: note }) }));
const schema = createGuardedSchema(typeDefs, {
  Query: {
    open: () => 1,
    me: (_, __, ctx) => ctx.auth.token?.sub,
    items: () => items,
    nodes: () => [{ __typename: "Plain", id: 1, label: "p" }],
    found: () => [{ __typename: "Plain", id: 1 }],
    renew: () => 1,
    header: () => 1,
  },
  Mutation: { write: () => 1, log: () => 2 },
  Subscription: {
    tick: {
      subscribe: async function* () {
        yield { tick: { id: 1, secret: 2 } };
      },
    },
  },
});

const start = async (config: Partial<AuthManagerConfig> = {}) => {
  const { auth, clock } = createAuth({ cache: false, ...config });
  const yoga = createGuardedYoga(schema, auth);
  return { auth, clock, yoga, token: (await auth.authToken("ada", { scope: "read" })).signed };
};

let verify: ReturnType<typeof watchVerifications>;
beforeEach(() => {
  turn = { fields: 0, interrupted: false };
  verify = watchVerifications();
});
afterEach(() => vi.restoreAllMocks());

describe("a list of guarded fields below an unguarded parent", () => {
  test("resolves without a pause between its fields when the token is new", async () => {
    const { yoga, token } = await start();
    const { body } = await askYoga(yoga, "{ items { secret } }", { token });
    expect(body.errors).toBeUndefined();
    expect(turn).toEqual({ fields: 200, interrupted: false });
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is rejected field by field for a token that lacks the scope and without a token", async () => {
    const { auth, yoga } = await start();
    const { signed } = await auth.authToken("ada");
    const poor = await askYoga(yoga, "{ items { secret } }", { token: signed });
    expect(poor.body.errors).toHaveLength(200);
    expect(poor.body.errors?.[199]?.extensions?.auth?.reason).toBe("SCOPE_INSUFFICIENT");
    const anonymous = await askYoga(yoga, "{ items { secret } }");
    expect(anonymous.body.errors?.[199]?.extensions?.auth?.reason).toBe("TOKEN_MISSING");
    expect(turn.fields).toBe(0);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is rejected for a token that expires while it is verified", async () => {
    const { clock, yoga, token } = await start();
    verify.mockImplementationOnce(async () => {
      clock.advance(3600);
      return true;
    });
    const { body } = await askYoga(yoga, "{ items { secret } }", { token });
    expect(body.errors?.[0]?.extensions?.auth?.reason).toBe("TOKEN_EXPIRED");
    expect(turn.fields).toBe(0);
  });

  test("resolves without a pause between its fields when rights are looked up at request time", async () => {
    let asked = 0;
    const authorize = async () => {
      asked++;
      return { scope: "read" };
    };
    const { yoga, token } = await start({ authorize, authorizeAt: "request" });
    expect((await askYoga(yoga, "{ items { secret } }", { token })).body.errors).toBeUndefined();
    expect({ turn, asked }).toEqual({ turn: { fields: 200, interrupted: false }, asked: 1 });
  });
});

describe("for a token seen before, with the cache", () => {
  test("an operation of synchronous fields creates no promise, from the first hook to the result", async () => {
    const { auth, yoga, token } = await start({ cache: { max: 10 } });
    await auth.verify(token);
    verify.mockClear();
    const request = new Request("http://api.test/graphql", { headers: { authorization: `Bearer ${token}` } });
    const { contextFactory, execute, schema: enveloped } = yoga.getEnveloped({ request });
    const contextValue: unknown = contextFactory({ request });
    expect(contextValue).not.toBeInstanceOf(Promise);
    const result: unknown = execute({ schema: enveloped, document: parse("{ me items { secret } }"), contextValue });
    expect(result).not.toBeInstanceOf(Promise);
    expect((result as ExecutionResult).errors).toBeUndefined();
    expect(verify).not.toHaveBeenCalled();
  });
});

describe("useAuth verifies the token once for an operation with", () => {
  test.each([
    ["a guarded field", "{ me }"],
    ["a guarded field of a list item", "{ items { secret } }"],
    ["a guarded field at depth three", "{ items { deep { deep { secret } } } }"],
    ["a guarded field in a fragment", "{ items { ...F } } fragment F on Item { id secret }"],
    ["a guarded field in an inline fragment", "{ items { ... on Item { secret } } }"],
    ["a guarded field in a fragment without a type condition", "{ ... { me } }"],
    ["a field of an interface that is guarded in one type", "{ nodes { label } }"],
    ["a fragment on a type with a guarded field", "{ nodes { id ... on Guarded { label } } }"],
    ["a union with one guarded type", "{ found { __typename } }"],
    ["a guarded field that a literal @skip or @include keeps", "{ open me @skip(if: false) @include(if: true) }"],
    ["a guarded field that a variable keeps", "query ($no: Boolean!) { me @skip(if: $no) }"],
    ["a guarded field that a variable's default keeps", "query ($yes: Boolean = true) { me @include(if: $yes) }"],
    ["a guarded mutation", "mutation { write }"],
  ])("%s", async (_, query) => {
    const { yoga, token } = await start();
    await askYoga(yoga, query, { token, variables: { no: false } });
    expect(verify).toHaveBeenCalledTimes(1);
  });
});

describe("useAuth verifies nothing for an operation with", () => {
  test.each([
    ["an open field", "{ open }"],
    ["an open field of a type that has guarded fields", "{ items { id } }"],
    ["introspection", "{ __schema { types { name } } }"],
    ["an interface's field that is guarded in no type", "{ nodes { id } }"],
    ["a fragment on a type without guarded fields", "{ nodes { ... on Plain { label } } }"],
    ["a guarded field that a literal removes", "{ open me @skip(if: true) }"],
    ["a guarded field that a variable removes", "query ($no: Boolean!) { open me @include(if: $no) }"],
    ["a fragment that a variable removes", "query ($no: Boolean!) { open ... @include(if: $no) { me } }"],
    ["a guarded field that a variable's default removes", "query ($yes: Boolean = true) { open me @skip(if: $yes) }"],
    ["guarded fields only in another operation of the document", "query A { open } query B { me }", "A"],
    ["an open mutation", "mutation { log }"],
  ])("%s", async (_, query, operationName?: string) => {
    const { yoga, token } = await start();
    const named = operationName === undefined ? {} : { operationName };
    const { body } = await askYoga(yoga, query, { token, variables: { no: false }, ...named });
    expect(body.errors).toBeUndefined();
    expect(verify).not.toHaveBeenCalled();
  });

  test("useAuth verifies the token or not, as the variables of one document include the guarded field", async () => {
    const { yoga, token } = await start();
    const query = "query ($with: Boolean!) { open me @include(if: $with) }";
    for (const [value, times] of [
      [false, 0],
      [true, 1],
      [false, 1],
    ] as const) {
      await askYoga(yoga, query, { token, variables: { with: value } });
      expect(verify).toHaveBeenCalledTimes(times);
    }
  });

  test("useAuth verifies one token once for each token type, and not again for a header field", async () => {
    const { auth, yoga, token } = await start();
    await askYoga(yoga, "{ me header }", { token });
    expect(verify).toHaveBeenCalledTimes(1);
    const { signed } = await auth.refreshToken("ada");
    const { body } = await askYoga(yoga, "{ me renew }", { token: signed });
    expect(body.data).toEqual({ me: null, renew: 1 });
    expect(verify).toHaveBeenCalledTimes(2);
  });
});

describe("prepare of createGraphQLContext", () => {
  const open = async (
    query: string,
    carried: (token: string) => string | undefined,
    config: Partial<AuthManagerConfig> = {},
  ) => {
    const { auth, token } = await start(config);
    const createContext = createGraphQLContext(auth, { schema });
    const authorization = carried(token);
    const contextValue = createContext({ headers: authorization === undefined ? {} : { authorization } });
    return { auth, args: { schema, document: parse(query), contextValue }, prepare: createContext.prepare };
  };
  const bearer = (token: string): string => `Bearer ${token}`;

  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-384" });
  const onOtherThreads = [{ kid: "slow", algorithm: "ES384" as const, privateKey }];

  test.each([
    ["waits for a signature that is computed on other threads", { keys: onOtherThreads }, Promise],
    ["waits for nothing if the signature is synchronous", {}, undefined],
  ])("%s, and a list resolves without a pause between its fields", async (_, config, waits) => {
    const { args, prepare } = await open("{ items { secret } }", bearer, config);
    const prepared = prepare(args);
    expect(prepared?.constructor).toBe(waits);
    await prepared;
    const result = execute(args);
    expect(result).not.toBeInstanceOf(Promise);
    expect((result as ExecutionResult).errors).toBeUndefined();
    expect({ turn, verified: verify.mock.calls.length }).toEqual({
      turn: { fields: 200, interrupted: false },
      verified: 1,
    });
  });

  test("returns undefined and verifies nothing for an open operation and without a token", async () => {
    for (const { args, prepare } of [
      await open("{ open }", bearer),
      await open("{ me }", () => undefined),
      await open("query A { open } query B { me }", bearer),
    ])
      expect(prepare(args)).toBeUndefined();
    expect(verify).not.toHaveBeenCalled();
  });

  test("accepts an invalid token, which the guarded field then rejects", async () => {
    for (const bad of [(token: string) => `Bearer ${token.slice(0, -43)}${"A".repeat(43)}`, () => "Bearer garbage"]) {
      const { args, prepare } = await open("{ open me }", bad);
      await prepare(args);
      const { data, errors } = await execute(args);
      expect(data).toEqual({ open: 1, me: null });
      expect(errors?.[0]?.extensions["code"]).toBe("UNAUTHENTICATED");
    }
  });

  test("ignores a context without auth", () => {
    const prepare = createGraphQLContext(createAuth().auth).prepare;
    for (const contextValue of [undefined, null, {}, { auth: {} }])
      expect(prepare({ schema, document: parse("{ me }"), contextValue })).toBeUndefined();
  });
});

test("useAuth executes an unvalidated document with circular fragments to its end", async () => {
  const { auth, yoga, token } = await start();
  await auth.verify(token);
  const request = new Request("http://api.test/graphql", { headers: { authorization: `Bearer ${token}` } });
  const { contextFactory, execute, schema: enveloped } = yoga.getEnveloped({ request });
  const document = parse("{ items { ...A } } fragment A on Item { id ...B } fragment B on Item { id ...A }");
  const result = (await execute({ schema: enveloped, document, contextValue: await contextFactory({ request }) })) as {
    data: { items: unknown[] };
  };
  expect(result.data.items).toHaveLength(200);
});
