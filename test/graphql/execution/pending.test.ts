/** Guards have the same verdicts whether the token is verified at once or later. */
import type { AuthManagerConfig } from "claimgate";
import { execute, type GraphQLError, parse, subscribe } from "graphql";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { createGuardedSchema } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    one: Int @requireToken(scope: "a")
    both: Int @requireToken(scope: "a") @requireToken(scope: "b")
    three: Int @requireToken(scope: "a") @requireToken(scope: "b") @requireToken(scope: "c")
    hidden: Int @requireToken(scope: "a", onDeny: NULL) @requireToken(scope: "b", onDeny: NULL)
    halfHidden: Int @requireToken(scope: "a", onDeny: NULL) @requireToken(scope: "b")
    mine(id: ID): Int @requireToken(args: { sub: "id" }) @requireToken(scope: "a")
    node: Node
  }
  union Node = Plain | Once | Twice
  type Plain { id: ID }
  type Once @requireToken(scope: "a") { id: ID }
  type Twice @requireToken(scope: "a") @requireToken(scope: "b") { id: ID }
  type Subscription { ticks: Int @requireToken(scope: "a") @requireToken(scope: "b") }
`;

const MANAGERS: readonly (readonly [when: string, config: Partial<AuthManagerConfig>])[] = [
  ["at once", {}],
  ["later", { authorizeAt: "request", authorize: async () => ({}) }],
];

describe.each(MANAGERS)("a token that is verified %s", (_, config) => {
  const { auth } = createAuth(config);
  let node = "Plain";
  const schema = createGuardedSchema(typeDefs, {
    Query: {
      ...Object.fromEntries(["one", "both", "three", "hidden", "halfHidden", "mine"].map((name) => [name, () => 1])),
      node: () => ({ id: "1" }),
    },
    Node: { __resolveType: () => node },
    Subscription: {
      ticks: {
        subscribe: async function* () {
          yield { ticks: 1 };
        },
      },
    },
  });

  const opened = async (scope: string | null): Promise<object> => {
    if (scope === null) return { auth: auth.forRequest() };
    const { signed: token } = await auth.authToken("ada", { scope });
    return { auth: auth.forRequest({ token }) };
  };
  /** The data of all events, or the reasons why there is no stream. */
  const eventsOf = async (started: Awaited<ReturnType<typeof subscribe>>): Promise<unknown[]> => {
    if (!(Symbol.asyncIterator in started)) return reasonsOf(started.errors);
    const events: unknown[] = [];
    for await (const { data } of started) events.push(data);
    return events;
  };
  const reasonsOf = (errors: readonly GraphQLError[] = []): unknown[] =>
    errors.map(({ extensions }) => (extensions["auth"] as { reason: string }).reason);
  const ask = async (scope: string | null, source: string): Promise<unknown[]> => {
    const contextValue = await opened(scope);
    const { data, errors } = await execute({ schema, document: parse(source), contextValue });
    return [data?.["it"], ...reasonsOf(errors)];
  };

  const SCOPE = "SCOPE_INSUFFICIENT";
  const MISSING = "TOKEN_MISSING";
  const FIELDS: readonly (readonly [field: string, verdicts: Readonly<Record<string, unknown[]>>])[] = [
    ["one", { "": [null, SCOPE], a: [1], b: [null, SCOPE] }],
    ["both", { a: [null, SCOPE], b: [null, SCOPE], "a b": [1] }],
    ["three", { "a b": [null, SCOPE], "a c": [null, SCOPE], "b c": [null, SCOPE], "a b c": [1] }],
    ["hidden", { a: [null], b: [null], "a b": [1] }],
    ["halfHidden", { a: [null, SCOPE], b: [null], "a b": [1] }],
    ['mine(id: "ada")', { a: [1], b: [null, SCOPE] }],
    ['mine(id: "eve")', { a: [null, "CLAIMS_INSUFFICIENT"] }],
  ];

  it.each(FIELDS)("gets the verdict of each guard of %s", async (field, verdicts) => {
    for (const [scope, verdict] of Object.entries(verdicts))
      expect([scope, await ask(scope, `{ it: ${field} }`)]).toEqual([scope, verdict]);
  });

  it("gets an anonymous caller rejected", async () => {
    expect(await ask(null, "{ it: both }")).toEqual([null, MISSING]);
    expect(await ask(null, "{ it: hidden }")).toEqual([null]);
  });

  it.each([
    ["Plain", { "": [{ type: "Plain" }] }],
    ["Once", { "": [null, SCOPE], a: [{ type: "Once" }] }],
    ["Twice", { a: [null, SCOPE], b: [null, SCOPE], "a b": [{ type: "Twice" }] }],
  ] as const)("gets the verdict of each guard of the type %s of a union", async (type, verdicts) => {
    node = type;
    for (const [scope, verdict] of Object.entries(verdicts))
      expect([scope, await ask(scope, "{ it: node { type: __typename } }")]).toEqual([scope, verdict]);
  });

  it("starts a subscription only if each guard accepts", async () => {
    const document = parse("subscription { it: ticks }");
    for (const [scope, accepted] of [
      ["a", false],
      ["b", false],
      ["a b", true],
    ] as const) {
      const started = await subscribe({ schema, document, contextValue: await opened(scope) });
      expect([scope, await eventsOf(started)]).toEqual([scope, accepted ? [{ it: 1 }] : [SCOPE]]);
    }
  });

  it("with a fault of the application is that fault, not a refusal", async () => {
    const fault = new Error("no clock");
    const local = createAuth({
      ...config,
      now: () => {
        throw fault;
      },
    });
    const contextValue = {
      auth: local.auth.forRequest({ token: (await auth.authToken("ada", { scope: "a b" })).signed }),
    };
    for (const field of ["one", "hidden"]) {
      const { errors } = await execute({ schema, document: parse(`{ it: ${field} }`), contextValue });
      expect(errors?.map(({ originalError }) => originalError)).toEqual([fault]);
    }
  });
});
