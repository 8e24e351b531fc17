/** The microtask cache of decisions: valid for one caller and one rule until the next microtask. */
import { type ExecutionResult, execute, graphqlSync, parse } from "graphql";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { createAuth } from "../../support/create-auth.ts";
import { createGuardedSchema } from "../../support/graphql.ts";

const typeDefs = `
  type Query {
    a: Int @requireToken(scope: "a")
    again: Int @requireToken(scope: "a")
    b: Int @requireToken(scope: "b")
    both: Int @requireToken(scope: "a") @requireToken(scope: "b")
    mine(id: ID): Int @requireToken(args: { sub: "id" })
    users: [User!]
    later: [Later!]
    refreshed: Int @requireToken(type: "refresh")
    refreshedToo: Int @requireToken(type: "refresh", claims: { sub: "ada" })
    mixed: Int @requireToken(type: "refresh") @requireToken(scope: "a")
    mixedToo: Int @requireToken(scope: "a") @requireToken(type: "refresh")
    header: Int @requireToken(location: "header", scope: "a")
    cookie: Int @requireToken(location: "cookies", scope: "a")
    greeting: Int @requireToken(optional: true)
    nullable: Int @requireToken(scope: "a", onDeny: NULL)
  }
  type User { email: String @requireToken(parent: { sub: "id" }, onDeny: NULL) }
  type Later { value: Int @requireToken(scope: "a") }
`;

const { auth, clock } = createAuth();
let betweenItems: () => void = () => undefined;
const resolvers = {
  Query: {
    a: () => 1,
    again: () => 1,
    b: () => 1,
    both: () => 1,
    mine: () => 1,
    refreshed: () => 1,
    refreshedToo: () => 1,
    mixed: () => 1,
    mixedToo: () => 1,
    header: () => 1,
    cookie: () => 1,
    greeting: () => 1,
    nullable: () => 1,
    users: () => ["ada", "eve", "ada"].map((id) => ({ id, email: `${id}@example.com` })),
    later: () => [1, 2, 3].map(async (value) => ({ value: await waited(value) })),
  },
};
const schema = createGuardedSchema(typeDefs, resolvers);

async function waited(value: number): Promise<number> {
  if (value > 1) {
    for (let i = 0; i < value * 10; i++) await Promise.resolve();
    betweenItems();
  }
  return value;
}

const request = async (subject: string, scope?: string) => {
  const { signed: token } = await auth.authToken(subject, scope === undefined ? {} : { scope });
  const opened = auth.forRequest({ token });
  await opened.authenticate();
  return { auth: opened };
};

const ask = (source: string, contextValue: unknown, on = schema): ExecutionResult =>
  graphqlSync({ schema: on, source, contextValue });
const reasons = ({ errors = [] }: ExecutionResult): unknown[] => errors.map((error) => error.extensions["auth"]);
const SCOPE = { reason: "SCOPE_INSUFFICIENT" };

describe("within one microtask", () => {
  test("keeps the decisions of two callers apart, in every order", async () => {
    const [rich, poor] = [await request("ada", "a b"), await request("eve")];
    for (const order of [
      [rich, poor, rich, poor],
      [poor, rich, poor, rich],
    ])
      for (const caller of order) {
        const result = ask("{ a again }", caller);
        expect([result.data, reasons(result)]).toEqual(
          caller === rich ? [{ a: 1, again: 1 }, []] : [{ a: null, again: null }, [SCOPE, SCOPE]],
        );
      }
  });

  test("rejects a caller without a token after a decision that accepted another caller", async () => {
    expect(ask("{ a }", await request("ada", "a")).errors).toBeUndefined();
    const rich = await request("ada", "a");
    ask("{ a }", rich);
    for (const contextValue of [{ auth: auth.forRequest() }, { auth: undefined }, {}, undefined, null])
      expect(ask("{ a }", contextValue).data).toEqual({ a: null });
  });

  test("rejects an anonymous caller, whom an optional guard accepts, after it has judged another caller", async () => {
    const [rich, poor] = [await request("ada", "a b"), await request("eve")];
    for (const contextValue of [{ auth: auth.forRequest() }, poor]) {
      expect(ask("{ a b }", rich).data).toEqual({ a: 1, b: 1 });
      expect(ask("{ greeting a b both }", contextValue).data).toEqual({ greeting: 1, a: null, b: null, both: null });
    }
  });

  test("keeps rules apart: a caller that one rule accepts is rejected by another", async () => {
    const caller = await request("ada", "a");
    const result = ask("{ a b both again nullable }", caller);
    expect(result.data).toEqual({ a: 1, b: null, both: null, again: 1, nullable: 1 });
    expect(reasons(result)).toEqual([SCOPE, SCOPE]);
  });

  test("rejects a context whose auth was replaced by that of another caller", async () => {
    const [rich, poor] = [await request("ada", "a"), await request("eve")];
    const context = { auth: rich.auth };
    expect(ask("{ a }", context).errors).toBeUndefined();
    context.auth = poor.auth;
    expect(reasons(ask("{ a }", context))).toEqual([SCOPE]);
  });

  test("compares arguments and parents for each field", async () => {
    const caller = await request("ada");
    const result = ask('{ x: mine(id: "ada") y: mine(id: "eve") z: mine(id: "ada") users { email } }', caller);
    expect(result.data).toEqual({
      x: 1,
      y: null,
      z: 1,
      users: [{ email: "ada@example.com" }, { email: null }, { email: "ada@example.com" }],
    });
  });

  test("keeps the decisions of two schemas apart for the same caller", async () => {
    const other = createGuardedSchema(`type Query { a: Int @requireToken(scope: "other") }`, { Query: { a: () => 1 } });
    const caller = await request("ada", "a");
    expect(ask("{ a }", caller).data).toEqual({ a: 1 });
    expect(reasons(ask("{ a }", caller, other))).toEqual([SCOPE]);
  });

  test("keeps credentials apart: guards judge only the token of their own type and location", async () => {
    const bySlot = ask("{ a mixedToo header cookie refreshed refreshedToo mixed again }", await request("ada", "a"));
    const notForAuthToken = { cookie: null, refreshed: null, refreshedToo: null, mixed: null, mixedToo: null };
    expect(bySlot.data).toEqual({ a: 1, header: 1, again: 1, ...notForAuthToken });
    const { signed: token } = await auth.refreshToken("ada");
    const refreshing = auth.forRequest({ token });
    await refreshing.require({ type: "refresh" });
    const result = ask("{ refreshed refreshedToo a mixed }", { auth: refreshing });
    expect(result.data).toEqual({ refreshed: 1, refreshedToo: 1, a: null, mixed: null });
  });

  test.each([
    ["at once", {}],
    ["later", { authorizeAt: "request", authorize: async () => ({}) }],
  ] as const)("keeps each pair of type and location apart, verified %s", async (_, config) => {
    const { auth: local } = createAuth({ cookies: { auth: "t", refresh: "r" }, ...config });
    const names = ["auth", "refresh"].flatMap((type) => [type, `${type}_header`, `${type}_cookies`]);
    const fieldOf = (name: string): string => {
      const [type, location] = name.split("_");
      return `${name}: Int @requireToken(type: "${type}"${location ? `, location: "${location}"` : ""})`;
    };
    const guarded = createGuardedSchema(`type Query { ${names.map(fieldOf).join(" ")} }`, {
      Query: Object.fromEntries(names.map((name) => [name, () => 1])),
    });
    const [token, refresh] = [await local.authToken("ada"), await local.refreshToken("ada")].map(
      ({ signed }) => signed,
    );
    const sent: readonly (readonly [Record<string, string>, string[]])[] = [
      [{ authorization: `Bearer ${token}` }, ["auth", "auth_header"]],
      [{ authorization: `Bearer ${refresh}` }, ["refresh", "refresh_header"]],
      [{ cookie: `t=${token}` }, ["auth", "auth_cookies"]],
      [{ cookie: `r=${refresh}` }, ["refresh", "refresh_cookies"]],
      [{ cookie: `t=${token}; r=${refresh}` }, ["auth", "auth_cookies", "refresh", "refresh_cookies"]],
    ];
    for (const [headers, accepted] of sent)
      for (const order of [names, names.toReversed()]) {
        const contextValue = { auth: local.forRequest({ headers, method: "GET" }) };
        const { data } = await execute({ schema: guarded, document: parse(`{ ${order.join(" ")} }`), contextValue });
        expect(order.filter((name) => data?.[name] === 1)).toEqual(order.filter((name) => accepted.includes(name)));
      }
  });

  test("judges guards of several credentials by the token of each, after others have accepted both", async () => {
    const { auth: local } = createAuth({ cookies: { auth: "t", refresh: "r" } });
    const guarded = createGuardedSchema(
      `type Query {
        first: Int @requireToken(type: "refresh") @requireToken(scope: "a")
        second: Int @requireToken(type: "refresh", claims: { sub: "eve" }) @requireToken(scope: "a")
      }`,
      { Query: { first: () => 1, second: () => 1 } },
    );
    const { signed: refresh } = await local.refreshToken("ada");
    const { signed: token } = await local.authToken("eve", { scope: "a" });
    const request = local.forRequest({ headers: { cookie: `t=${token}; r=${refresh}` }, method: "GET" });
    expect(ask("{ first second again: first }", { auth: request }, guarded).data).toEqual({
      first: 1,
      second: null,
      again: 1,
    });
  });

  test("rejects claims whose accessor throws after a guard has accepted them", async () => {
    let isBroken = false;
    const plan = {
      get tier(): string {
        if (isBroken) throw new Error("no tier");
        return "pro";
      },
    };
    const local = createAuth({ claimsSchema: z.looseObject({}).transform((claims) => ({ ...claims, plan })) });
    const { signed: token } = await local.auth.authToken("ada", { scope: "a" });
    const opened = local.auth.forRequest({ token });
    await opened.authenticate();
    const guarded = createGuardedSchema(
      `type Query { a: Int @requireToken(scope: "a") pro: Int @requireToken(claims: { plan: { tier: "pro" } }) }`,
      { Query: { a: () => 1, pro: () => 1 } },
    );
    expect(ask("{ a pro }", { auth: opened }, guarded).data).toEqual({ a: 1, pro: 1 });
    await Promise.resolve();
    isBroken = true;
    const result = ask("{ a pro }", { auth: opened }, guarded);
    expect(result.data).toEqual({ a: 1, pro: null });
    expect(reasons(result)).toEqual([{ reason: "CLAIMS_INSUFFICIENT" }]);
  });

  test("rejects a caller without a token after an optional guard has accepted it", () => {
    const result = ask("{ greeting a }", { auth: auth.forRequest() });
    expect(result.data).toEqual({ greeting: 1, a: null });
    expect(reasons(result)).toEqual([{ reason: "TOKEN_MISSING" }]);
  });
});

describe("after a microtask", () => {
  test("checks exp again between the items of one list", async () => {
    const caller = await request("ada", "a");
    betweenItems = () => {
      clock.advance(3600);
    };
    const result = await execute({ schema, document: parse("{ later { value } }"), contextValue: caller });
    betweenItems = () => undefined;
    expect(result.data).toEqual({ later: [{ value: 1 }, { value: null }, { value: null }] });
    expect(reasons(result)).toEqual([{ reason: "TOKEN_EXPIRED" }, { reason: "TOKEN_EXPIRED" }]);
  });

  test("rejects a token whose key is retired between the items of one list", async () => {
    const local = createAuth({ keys: [{ kid: "one", algorithm: "HS256", secret: "k".repeat(32) }] });
    const { signed: token } = await local.auth.authToken("ada", { scope: "a" });
    const opened = local.auth.forRequest({ token });
    await opened.authenticate();
    betweenItems = () => void local.auth.retire("one");
    const result = await execute({ schema, document: parse("{ later { value } }"), contextValue: { auth: opened } });
    betweenItems = () => undefined;
    expect((result.data as { later: unknown[] }).later).toEqual([{ value: 1 }, { value: null }, { value: null }]);
    expect(reasons(result)[0]).toEqual({ reason: "SIGNATURE_INVALID" });
  });

  test("rejects a token that expired while the resolver ran, when the resolver calls require", async () => {
    const local = createAuth();
    const slow = createGuardedSchema(`type Query { a: Int @requireToken }`, {
      Query: {
        a: async (_, __, ctx) => {
          local.clock.advance(3600);
          await ctx.auth.require();
          return 1;
        },
      },
    });
    const { signed: token } = await local.auth.authToken("ada");
    const contextValue = { auth: local.auth.forRequest({ token }) };
    const result = await execute({ schema: slow, document: parse("{ a }"), contextValue });
    expect(result.errors?.map((error) => error.originalError)).toMatchObject([{ reason: "TOKEN_EXPIRED" }]);
  });
});
