/** A mutation that ran is never reported as rejected, so that the client does not repeat it. */
import { beforeEach, describe, expect, test } from "vitest";
import { createGate, refusedWith } from "../../support/graphql.ts";

const typeDefs = `
  type Query { open: Int }
  type Mutation {
    write: Int
    writeStrict: Int!
    guarded: Int @requireToken
    guardedStrict: Int! @requireToken
    admins: Int @requireToken(scope: { admin: true })
    make: Thing
    makeStrict: Thing!
    makeGuarded: Safe
    makeNode: Node
    makeNodeStrict: Node!
    asks: Int
    asksStrict: Int!
  }
  interface Node { id: ID }
  type Thing { id: ID, secret: Int @requireToken, secretStrict: Int! @requireToken }
  type Safe implements Node @requireToken { id: ID }
`;
let ran: string[] = [];
const run = (name: string, value: unknown) => (): unknown => {
  ran.push(name);
  return value;
};
const asking = async (_: unknown, __: unknown, ctx: { auth: { require(): Promise<unknown> } }): Promise<number> => {
  ran.push("asks");
  await ctx.auth.require();
  return 1;
};
const safe = { __typename: "Safe", id: "1" };
const thing = { id: "1", secret: 1, secretStrict: 1 };
const { auth, ask } = createGate(typeDefs, {
  Mutation: {
    write: run("write", 1),
    writeStrict: run("writeStrict", 1),
    guarded: run("guarded", 1),
    guardedStrict: run("guardedStrict", 1),
    admins: run("admins", 1),
    make: run("make", thing),
    makeStrict: run("makeStrict", thing),
    makeGuarded: run("makeGuarded", safe),
    makeNode: run("makeNode", safe),
    makeNodeStrict: run("makeNodeStrict", safe),
    asks: asking,
    asksStrict: asking,
  },
});

beforeEach(() => {
  ran = [];
});

describe("a mutation that did not run", () => {
  test.each([
    "{ guarded }",
    "{ guardedStrict }",
    "{ a: guarded b: guarded admins }",
    "{ __typename guarded }",
    "{ t: __typename ... on Mutation { x: guarded } }",
    "{ guarded write @skip(if: true) }",
    "{ guarded write @include(if: false) }",
    "{ makeGuarded { __typename } }",
    "{ makeGuarded { id } guarded }",
  ])("is rejected with 401: %s", async (selection) => {
    const { refused, challenge, body } = await ask(`mutation ${selection}`);
    expect(refused).toEqual(refusedWith("TOKEN_MISSING"));
    expect(challenge).toBe("Bearer");
    expect(body).not.toHaveProperty("data");
    expect(ran).toEqual([]);
  });

  test("is rejected with 403 without the scope", async () => {
    const { signed: token } = await auth.authToken("ada");
    expect((await ask("mutation { admins }", { token })).refused).toEqual(refusedWith("SCOPE_INSUFFICIENT"));
    expect(ran).toEqual([]);
  });
});

describe("a mutation that ran in whole or in part has status 200", () => {
  test.each([
    ["before a rejected field", "{ write guarded }", { write: 1, guarded: null }],
    ["after a rejected field", "{ guarded write }", { guarded: null, write: 1 }],
    ["before a rejected non-null field", "{ write guardedStrict }", null],
    ["as a non-null field before a rejected non-null field", "{ writeStrict guardedStrict }", null],
    ["with a rejected field below", "{ make { secret } }", { make: { secret: null } }],
    ["with a rejected non-null field below", "{ make { secretStrict } }", { make: null }],
    ["with a rejected non-null field below a non-null one", "{ makeStrict { secretStrict } }", null],
    ["with a value of a guarded type behind an interface", "{ makeNode { id } }", { makeNode: null }],
    ["with a value of a guarded type in a non-null field", "{ makeNodeStrict { id } }", null],
    ["with a resolver that rejects the caller", "{ asks }", { asks: null }],
    ["with a non-null resolver that rejects the caller", "{ asksStrict }", null],
    ["under the alias of a guarded field", "{ guarded: write x: guarded }", { guarded: 1, x: null }],
    ["in a fragment", "{ ...F guarded } fragment F on Mutation { write }", { write: 1, guarded: null }],
    [
      "with a resolver that rejects the caller, before a guarded field",
      "{ asks guarded }",
      { asks: null, guarded: null },
    ],
    [
      "with a value of a guarded type, before a guarded field",
      "{ makeNode { id } guarded }",
      { makeNode: null, guarded: null },
    ],
  ])("%s", async (_, selection, data) => {
    const { status, challenge, body } = await ask(`mutation ${selection}`);
    expect(ran).not.toEqual([]);
    expect(status).toBe(200);
    expect(challenge).toBeNull();
    expect(body.data).toEqual(data);
    expect(body.errors?.[0]?.extensions).toEqual({ code: "UNAUTHENTICATED", auth: { reason: "TOKEN_MISSING" } });
  });

  test.each([false, true])("a mutation under @include(if: %s) has the status of the fields that ran", async (on) => {
    const query = "mutation ($on: Boolean!) { guarded write @include(if: $on) }";
    const { status } = await ask(query, { variables: { on } });
    expect(ran).toEqual(on ? ["write"] : []);
    expect(status).toBe(on ? 200 : 401);
  });

  test("a mutation with a token is accepted as a whole", async () => {
    const { signed: token } = await auth.authToken("ada");
    const { body } = await ask("mutation { write guarded makeNode { id } make { secretStrict } asks }", { token });
    expect(body).toEqual({
      data: { write: 1, guarded: 1, makeNode: { id: "1" }, make: { secretStrict: 1 }, asks: 1 },
    });
  });
});
