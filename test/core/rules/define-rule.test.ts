/** `defineRule` and `auth.rule`: invalid rules are rejected by path, valid rules are frozen. */
import { defineRule, type Rule } from "claimgate";
import { requireTokenDirective } from "claimgate/graphql";
import { requireToken } from "claimgate/trpc";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { verdictOf } from "../../support/verdict-of.ts";

const { auth } = createAuth();
const deep = (depth: number): object => (depth === 0 ? { a: 1 } : { a: deep(depth - 1) });
const circular: Record<string, unknown> = {};
circular["self"] = circular;
const circularList: unknown[] = [];
circularList.push(circularList);

/** The path that the message names, a description, and the invalid rule. */
const BAD: ReadonlyArray<readonly [path: string, what: string, rule: unknown]> = [
  ["rule", "text instead of an object", "auth"],
  ["rule", "null", null],
  ["rule", "a list", []],
  ["rule", "an empty object", {}],
  [
    "rule",
    "a class instance",
    new (class Rule2 {
      scope = "a";
    })(),
  ],
  ["rule.roles", "an unknown key", { roles: ["admin"] }],
  ["rule.Scope", "a key in another case", { Scope: "a" }],
  ["rule.scope", "an explicit undefined scope", { scope: undefined }],
  ["rule.claims", "explicit undefined claims", { scope: "a", claims: undefined }],
  ["rule.type", "an explicit undefined type", { type: undefined }],
  ["rule.type", "an unknown type", { type: "access" }],
  ["rule.location", "an unknown location", { location: "query" }],
  ["rule.scope", "an empty scope", { scope: "" }],
  ["rule.scope", "a blank scope", { scope: "  " }],
  ["rule.scope", "an empty list of scopes", { scope: [] }],
  ["rule.scope", "a blank scope in a list", { scope: ["a", " "] }],
  ["rule.scope", "an empty object", { scope: {} }],
  ["rule.scope", "null", { scope: null }],
  ["rule.claims", "empty claims", { claims: {} }],
  ["rule.claims", "a list of claims", { claims: ["a"] }],
  ["rule.claims", "claims as text", { claims: "admin" }],
  ["rule.claims.a", "an undefined claim", { claims: { a: undefined } }],
  ["rule.claims.a", "an empty object", { claims: { a: {} } }],
  ["rule.claims.a.b.c", "a nested empty object", { claims: { a: { b: { c: {} } } } }],
  ["rule.claims.a", "an empty list", { claims: { a: [] } }],
  ["rule.claims.a[0]", "a nested empty list", { claims: { a: [[]] } }],
  ["rule.claims.a[0].b", "undefined in a list", { claims: { a: [{ b: undefined }] } }],
  ["rule.claims.a[1]", "a hole in a list", { claims: { a: Object.assign([1], { length: 3 }) } }],
  ["rule.claims.a", "an integer above 2^53", { claims: { a: 2 ** 53 } }],
  ["rule.claims.a", "NaN", { claims: { a: Number.NaN } }],
  ["rule.claims.a", "Infinity", { claims: { a: Number.POSITIVE_INFINITY } }],
  ["rule.claims.a", "a bigint", { claims: { a: 1n } }],
  ["rule.claims.a", "a function", { claims: { a: () => true } }],
  ["rule.claims.a", "a symbol", { claims: { a: Symbol("a") } }],
  ["rule.claims.a", "a Date", { claims: { a: new Date() } }],
  ["rule.claims.a", "a RegExp", { claims: { a: /a/ } }],
  ["rule.claims.a", "a Map", { claims: { a: new Map([["a", 1]]) } }],
  ["rule.claims.scope", "a blank scope claim", { claims: { scope: " " } }],
  ["rule.claims.scope", "a scope claim that is null", { claims: { scope: null } }],
  ["rule.claims", "a circular object", { claims: { a: circular } }],
  ["rule.claims", "a circular list", { claims: { a: circularList } }],
  ["rule.claims", "an object nested 100 levels deep", { claims: deep(100) }],
  ["rule.claims", "an object nested one level too deep", { claims: deep(63) }],
  ["rule.override", "an empty override", { override: {}, scope: "a" }],
  ["rule.override.scope", "a blank scope in override", { override: { scope: "" }, scope: "a" }],
  ["rule.args", "empty args", { args: {} }],
  ["rule.args.sub", "an empty list of paths", { args: { sub: [] } }],
  ["rule.args.sub", "a path that is a number", { args: { sub: 5 } }],
  ["rule.args.sub", "a path that is null", { args: { sub: null } }],
  ["rule.args.sub", "a path with an empty step", { args: { sub: "a..b" } }],
  ["rule.args.sub", "a path that ends in a dot", { args: { sub: "a." } }],
  ["rule.args.sub", "a path with a blank step", { args: { sub: "a. .b" } }],
  ["rule.parent", "empty parent", { parent: {} }],
  ["rule.parent.sub", "a parent path that is an object", { parent: { sub: { a: "b" } } }],
  ["rule.anyOf", "an empty anyOf", { anyOf: [] }],
  ["rule.anyOf", "anyOf that is not a list", { anyOf: { scope: "a" } }],
  ["rule.anyOf[1]", "an empty branch", { anyOf: [{ scope: "a" }, {}] }],
  ["rule.anyOf[0].type", "a branch with a type", { anyOf: [{ type: "refresh" }] }],
  ["rule.anyOf[0].anyOf", "a branch with branches", { anyOf: [{ anyOf: [{ scope: "a" }] }] }],
  ["rule.anyOf[0].override", "a branch with an override", { anyOf: [{ override: { a: 1 } }] }],
  ["rule.anyOf[0].scope", "a blank scope in a branch", { anyOf: [{ scope: " " }] }],
  ["rule.optional", "a text as optional", { optional: "true" }],
  ...["scope", "claims", "args", "parent", "override", "anyOf"].map((key) => {
    const value = key === "anyOf" ? [{ scope: "a" }] : key === "scope" ? "a" : { sub: "a" };
    return ["rule.optional", `optional together with ${key}`, { optional: true, [key]: value }] as const;
  }),
];

const GOOD: readonly Rule[] = [
  { type: "auth" },
  { type: "refresh", location: "cookies", optional: true },
  { optional: true },
  { scope: "a b" },
  { scope: { admin: true } },
  { claims: { a: null, b: false, c: "", d: 0, e: [1, [2]], f: { g: [{ h: 1 }] } } },
  { claims: { a: Number.MAX_SAFE_INTEGER } },
  { claims: deep(62) as never },
  { args: { sub: "", other: ["a.b", "c"] }, parent: { sub: "id" }, override: { admin: true } },
  { anyOf: [{ scope: "a" }, { args: { sub: "id" } }] },
  Object.assign(Object.create(null), { scope: "a" }) as Rule,
];

describe("an invalid rule", () => {
  it.each(BAD)("throws a TypeError that begins with %s: %s", async (path, _, rule) => {
    const found = await Promise.all([
      refusalOf(() => defineRule(rule as Rule)),
      refusalOf(() => auth.rule(rule as never)),
      refusalOf(auth.forRequest({ token: forge() }).require(rule as Rule)),
    ]);
    for (const error of found) {
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message.slice(0, path.length)).toBe(path);
    }
  });

  it("throws a TypeError even without a token", async () => {
    expect(await refusalOf(auth.forRequest().require({ scope: " " }))).toBeInstanceOf(TypeError);
  });
});

describe("a valid rule", () => {
  it.each(GOOD)("%j is returned unchanged and frozen", (rule) => {
    for (const defined of [defineRule(rule), auth.rule(rule as never) as Rule]) {
      expect(JSON.parse(JSON.stringify(defined))).toEqual(JSON.parse(JSON.stringify(rule)));
      expect(Object.isFrozen(defined)).toBe(true);
    }
    expect(Object.isFrozen(rule)).toBe(false);
  });

  it("gets the same verdict as an object, frozen, or defined", async () => {
    const rule = { claims: { plan: { tier: "pro" } } };
    const forms = [rule, Object.freeze({ ...rule }), defineRule(rule), auth.rule(rule), defineRule(defineRule(rule))];
    for (const form of forms) {
      expect(await verdictOf(auth, forge({ payload: goodClaims({ plan: { tier: "pro" } }) }), form)).toBe("allowed");
      expect(await verdictOf(auth, forge({ payload: goodClaims({ plan: { tier: "free" } }) }), form)).toBe(
        "CLAIMS_INSUFFICIENT",
      );
    }
  });

  it("is not affected by later changes of the object it was defined from", async () => {
    const source = { claims: { plan: { tier: "pro" }, list: ["a"] } };
    const rule = defineRule(source);
    source.claims.plan.tier = "free";
    source.claims.list.push("b");
    const token = forge({ payload: goodClaims({ plan: { tier: "pro" }, list: ["a"] }) });
    expect(await verdictOf(auth, token, rule)).toBe("allowed");
    expect(await verdictOf(auth, token, source)).toBe("CLAIMS_INSUFFICIENT");
    expect(() => Object.assign(rule.claims.plan, { tier: "free" })).toThrow(TypeError);
  });

  it("is compiled again by require after a change of its object", async () => {
    const rule = { claims: { plan: "pro" } };
    const request = auth.forRequest({ token: forge({ payload: goodClaims({ plan: "pro" }) }) });
    expect((await request.require(rule)).sub).toBe("ada");
    rule.claims.plan = "gold";
    expect(await refusalOf(request.require(rule))).toMatchObject({ reason: "CLAIMS_INSUFFICIENT" });
  });

  it("can be spread into another rule, which is checked as a whole", async () => {
    const pro = defineRule({ claims: { plan: "pro" } });
    const token = forge({ payload: goodClaims({ plan: "pro" }) });
    expect(await verdictOf(auth, token, pro)).toBe("allowed");
    expect(await verdictOf(auth, token, { ...pro, scope: "a" })).toBe("SCOPE_INSUFFICIENT");
    expect(await verdictOf(auth, token, { ...pro, claims: { plan: "gold" } })).toBe("CLAIMS_INSUFFICIENT");
  });
});

describe("an undefined rule, for example a misspelt name,", () => {
  const rules: Record<string, Rule> = {};
  const token = forge({ payload: goodClaims() });

  it("is rejected wherever the rule is optional", async () => {
    expect(() => requireToken(rules["admn"] as never)).toThrow(/rule is undefined/);
    expect(() => requireTokenDirective().extensions(rules["admn"] as never)).toThrow(/rule is undefined/);
    expect(await refusalOf(auth.forRequest({ token }).require(rules["admn"]))).toBeInstanceOf(TypeError);
  });

  it("is accepted when the argument is missing", async () => {
    expect(() => requireToken()).not.toThrow();
    expect(() => requireTokenDirective().extensions()).not.toThrow();
    expect((await auth.forRequest({ token }).require()).tokenType).toBe("auth");
  });

  it("is not confused with an object that inherits from a rule, which is rejected", async () => {
    const weak = defineRule({ type: "auth" });
    const made = Object.create(weak, { scope: { value: "root", enumerable: true } }) as Rule;
    expect(await refusalOf(auth.forRequest({ token }).require(made))).toBeInstanceOf(TypeError);
  });
});
