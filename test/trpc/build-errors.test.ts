/** A meaningless rule is an error when the router is built; the nearest valid rule is accepted. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, defineRule } from "claimgate";
import { authProcedures, requireToken } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { createAuth } from "../support/create-auth.ts";

const t = initTRPC.context<AuthContext>().create();
const { protectedProcedure } = authProcedures(t.procedure);
const { auth } = createAuth();

// Bypasses the types, which would not compile these rules.
const anyRule = (rule: unknown): never => rule as never;
const inRouter = (rule: unknown) =>
  t.router({ it: protectedProcedure.use(requireToken(anyRule(rule))).query(() => 1) });
const builders = [
  { name: "a router with requireToken", build: inRouter },
  { name: "defineRule", build: (rule: unknown) => defineRule(anyRule(rule)) },
  { name: "auth.rule", build: (rule: unknown) => auth.rule(anyRule(rule)) },
];

class Plan {
  readonly name = "pro";
}
const deep = (levels: number): unknown => (levels === 0 ? 1 : { deeper: deep(levels - 1) });
const key = (text: string): RegExp => new RegExp(`(^|[^\\w])${text.replace(/[.[\]]/g, "\\$&")}([^\\w]|$)`);

/** An invalid rule, the key that its message names, and the nearest valid rule. */
type Case = readonly [what: string, wrong: unknown, named: string, right: unknown];

const shapes: readonly Case[] = [
  ["an unknown key", { scopes: "a" }, "scopes", { scope: "a" }],
  ["a key in the wrong case", { Scope: "a" }, "Scope", { scope: "a" }],
  [
    "an unknown key in a branch",
    { anyOf: [{ scope: "a" }, { claim: { a: 1 } }] },
    "claim",
    { anyOf: [{ scope: "a" }] },
  ],
  ["a type in a branch", { anyOf: [{ type: "refresh" }] }, "type", { type: "refresh", anyOf: [{ scope: "a" }] }],
  ["an override in a branch", { anyOf: [{ override: { a: 1 } }] }, "override", { anyOf: [{ claims: { a: 1 } }] }],
  ["a branch in a branch", { anyOf: [{ anyOf: [{ scope: "a" }] }] }, "anyOf", { anyOf: [{ scope: "a" }] }],
  ["no key at all", {}, "rule", { type: "auth" }],
  ["a list in the place of a rule", [{ scope: "a" }], "rule", { scope: "a" }],
  ["a text in the place of a rule", "admin", "rule", { scope: "admin" }],
  ["null in the place of a rule", null, "rule", { type: "auth" }],
  ["an instance in the place of a rule", new Plan(), "rule", { claims: { name: "pro" } }],
  ["a list in the place of claims", { claims: ["admin"] }, "claims", { claims: { admin: true } }],
  ["a text in the place of claims", { claims: "admin" }, "claims", { claims: { admin: true } }],
  ["null in the place of claims", { claims: null }, "claims", { claims: { admin: null } }],
  ["true for override", { override: true }, "override", { override: { admin: true } }],
  ["an object in the place of anyOf", { anyOf: { scope: "a" } }, "anyOf", { anyOf: [{ scope: "a" }] }],
  ["a text in the place of a branch", { anyOf: ["a"] }, "anyOf[0]", { anyOf: [{ scope: "a" }] }],
];

const undefineds: readonly Case[] = [
  ["scope", { type: "auth", scope: undefined }, "scope", { type: "auth" }],
  ["type", { type: undefined }, "type", { type: "auth" }],
  ["location", { type: "auth", location: undefined }, "location", { location: "header" }],
  ["optional", { type: "auth", optional: undefined }, "optional", { optional: true }],
  ["claims", { claims: undefined }, "claims", { claims: { a: 1 } }],
  ["args", { args: undefined, scope: "a" }, "args", { args: { sub: "id" }, scope: "a" }],
  ["override", { override: undefined, scope: "a" }, "override", { override: { a: 1 }, scope: "a" }],
  ["anyOf", { anyOf: undefined, scope: "a" }, "anyOf", { anyOf: [{ scope: "a" }] }],
  ["a claim", { claims: { admin: undefined } }, "claims.admin", { claims: { admin: false } }],
  ["a nested claim", { claims: { a: { b: undefined } } }, "claims.a.b", { claims: { a: { b: null } } }],
  ["an element", { claims: { a: [1, undefined] } }, "claims.a[1]", { claims: { a: [1, null] } }],
  ["a hole of a list", { claims: { a: Array(1) } }, "claims.a[0]", { claims: { a: [1] } }],
  ["a scope's key", { scope: { admin: undefined } }, "scope.admin", { scope: { admin: true } }],
  ["an overriding claim", { override: { admin: undefined } }, "override.admin", { override: { admin: true } }],
  ["a bound path", { args: { sub: undefined } }, "args.sub", { args: { sub: "" } }],
  ["a branch's key", { anyOf: [{ scope: undefined }] }, "scope", { anyOf: [{ scope: "a" }] }],
  ["a branch's claim", { anyOf: [{ claims: { a: undefined } }] }, "claims.a", { anyOf: [{ claims: { a: 0 } }] }],
  ["a branch", { anyOf: [undefined] }, "anyOf[0]", { anyOf: [{ scope: "a" }] }],
];

const blanks: readonly Case[] = [
  ["an empty scope", { scope: "" }, "scope", { scope: "a" }],
  ["a scope of spaces", { scope: "  " }, "scope", { scope: " a " }],
  ["a blank word among others", { scope: ["a", " "] }, "scope", { scope: ["a", "b"] }],
  ["an empty word", { scope: [""] }, "scope", { scope: ["a"] }],
  ["a blank word in a mixed list", { scope: [{ a: 1 }, ""] }, "scope", { scope: [{ a: 1 }, "b"] }],
  ["null as the scope", { scope: null }, "scope", { scope: false }],
  ["a blank scope among claims", { claims: { scope: " " } }, "claims.scope", { claims: { scope: "a" } }],
  ["a blank scope in override", { override: { scope: [""] } }, "override.scope", { override: { scope: ["a"] } }],
  ["a blank scope in a branch", { anyOf: [{ scope: "" }] }, "scope", { anyOf: [{ scope: "a" }] }],
  [
    "a blank scope among a branch's claims",
    { anyOf: [{ claims: { scope: "" } }] },
    "claims.scope",
    { anyOf: [{ scope: "a" }] },
  ],
];

const empties: readonly Case[] = [
  ["claims", { claims: {} }, "claims", { claims: { a: 1 } }],
  ["args", { args: {} }, "args", { args: { sub: "id" } }],
  ["override", { override: {} }, "override", { override: { a: 1 } }],
  ["anyOf", { anyOf: [] }, "anyOf", { anyOf: [{ scope: "a" }] }],
  ["a branch", { anyOf: [{ scope: "a" }, {}] }, "anyOf[1]", { anyOf: [{ scope: "a" }, { scope: "b" }] }],
  ["the scope's object", { scope: {} }, "scope", { scope: { a: 1 } }],
  ["the scope's list", { scope: [] }, "scope", { scope: ["a"] }],
  ["a claim's object", { claims: { a: {} } }, "claims.a", { claims: { a: { b: 1 } } }],
  ["a claim's list", { claims: { a: [] } }, "claims.a", { claims: { a: [1] } }],
  ["a deep object", { claims: { a: { b: [{ c: {} }] } } }, "claims.a.b[0].c", { claims: { a: { b: [{ c: 1 }] } } }],
  ["a deep list", { scope: { a: { b: [] } } }, "scope.a.b", { scope: { a: { b: [0] } } }],
  ["a list of paths", { args: { teams: [] } }, "args.teams", { args: { teams: ["a"] } }],
  ["an object in override", { override: { a: {} } }, "override.a", { override: { a: { b: 1 } } }],
  ["a branch's claims", { anyOf: [{ claims: {} }] }, "claims", { anyOf: [{ claims: { a: 1 } }] }],
];

const values: readonly Case[] = [
  ["2^53", { claims: { id: 2 ** 53 } }, "claims.id", { claims: { id: 2 ** 53 - 1 } }],
  ["-2^53", { claims: { id: -(2 ** 53) } }, "claims.id", { claims: { id: -(2 ** 53) + 1 } }],
  ["a huge number deep in a scope", { scope: { a: [1e300] } }, "scope.a[0]", { scope: { a: [1e15] } }],
  ["NaN", { claims: { n: Number.NaN } }, "claims.n", { claims: { n: 0 } }],
  ["Infinity", { override: { n: Number.POSITIVE_INFINITY } }, "override.n", { override: { n: 0.5 } }],
  ["a function", { claims: { f: () => true } }, "claims.f", { claims: { f: true } }],
  ["a symbol", { claims: { s: Symbol("s") } }, "claims.s", { claims: { s: "s" } }],
  ["a bigint", { claims: { b: 1n } }, "claims.b", { claims: { b: 1 } }],
  ["a Date", { claims: { since: new Date(0) } }, "claims.since", { claims: { since: "1970-01-01" } }],
  ["a class's instance", { scope: new Plan() }, "scope", { scope: { name: "pro" } }],
  ["a Map", { claims: { m: new Map([["a", 1]]) } }, "claims.m", { claims: { m: { a: 1 } } }],
  ["a Set", { claims: { s: new Set(["a"]) } }, "claims.s", { claims: { s: ["a"] } }],
  ["a RegExp", { scope: /admin/ }, "scope", { scope: "admin" }],
  ["too deep an object", { claims: { a: deep(100) } }, "claims.a", { claims: { a: deep(10) } }],
];

const keywords: readonly Case[] = [
  ["type Auth", { type: "Auth" }, "type", { type: "auth" }],
  ["type access", { type: "access" }, "type", { type: "refresh" }],
  ["type any", { type: "any" }, "type", { type: "auth" }],
  ["type null", { type: null }, "type", { type: "auth" }],
  ["type in a list", { type: ["auth", "refresh"] }, "type", { type: "refresh" }],
  ["location cookie", { location: "cookie" }, "location", { location: "cookies" }],
  ["location body", { location: "body" }, "location", { location: "header" }],
  ["location null", { location: null }, "location", { location: "header" }],
  ["locations in a list", { location: ["header"] }, "location", { location: "header" }],
  ["optional as a text", { optional: "true" }, "optional", { optional: true }],
  ["optional as a number", { optional: 1 }, "optional", { optional: false }],
  ["optional null", { optional: null }, "optional", { optional: true, type: "refresh", location: "header" }],
];

const requirements = {
  scope: "a",
  claims: { a: 1 },
  args: { sub: "id" },
  override: { admin: true },
  anyOf: [{ scope: "a" }],
};
const optionals: readonly Case[] = Object.entries(requirements).map(([name, value]) => [
  name,
  { optional: true, [name]: value },
  "optional",
  { optional: false, [name]: value },
]);

const paths: readonly Case[] = [
  ["a number", { args: { sub: 1 } }, "args.sub", { args: { sub: "1" } }],
  ["null", { args: { sub: null } }, "args.sub", { args: { sub: "" } }],
  ["an object", { args: { sub: { path: "id" } } }, "args.sub", { args: { sub: "path.id" } }],
  ["a number in a list", { args: { teams: ["a", 1] } }, "args.teams", { args: { teams: ["a", "1"] } }],
  ["a list in a list", { args: { teams: [["a"]] } }, "args.teams", { args: { teams: ["a"] } }],
  ["an empty name", { args: { sub: "a..b" } }, "args.sub", { args: { sub: "a.b" } }],
  ["a dot at the start", { args: { sub: ".a" } }, "args.sub", { args: { sub: "a" } }],
  ["a dot at the end", { args: { sub: "a." } }, "args.sub", { args: { sub: "a" } }],
  ["a dot alone", { args: { sub: "." } }, "args.sub", { args: { sub: "" } }],
  ["a blank", { args: { sub: " " } }, "args.sub", { args: { sub: "" } }],
  ["a list for args", { args: ["sub"] }, "args", { args: { sub: "sub" } }],
  ["a text for args", { args: "sub" }, "args", { args: { sub: "sub" } }],
  ["an empty name in a branch", { anyOf: [{ args: { sub: "a." } }] }, "args.sub", { anyOf: [{ args: { sub: "a" } }] }],
];

describe.each(builders)("$name rejects", ({ build }) => {
  const check = (_what: string, wrong: unknown, named: string, right: unknown): void => {
    let error: unknown;
    try {
      build(wrong);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(TypeError);
    expect((error as TypeError).message).toMatch(key(named));
    expect(() => build(right)).not.toThrow();
  };
  test.each(shapes)("%s", check);
  test.each(undefineds)("undefined as %s", check);
  test.each(blanks)("%s", check);
  test.each(empties)("an empty value in the place of %s", check);
  test.each(values)("%s as a value", check);
  test.each(keywords)("%s", check);
  test.each(optionals)("optional beside %s", check);
  test.each(paths)("%s as a path", check);
});

describe("requireToken, unlike defineRule, rejects", () => {
  test.each<Case>([
    ["parent", { parent: { sub: "id" } }, "parent", { args: { sub: "id" } }],
    [
      "parent in a branch",
      { anyOf: [{ scope: "a" }, { parent: { sub: "id" } }] },
      "parent",
      { anyOf: [{ scope: "a" }] },
    ],
  ])("%s", (_what, wrong, named, right) => {
    expect(() => inRouter(wrong)).toThrow(TypeError);
    expect(() => inRouter(wrong)).toThrow(key(named));
    expect(() => inRouter(defineRule(anyRule(wrong)))).toThrow(key(named));
    expect(() => inRouter(right)).not.toThrow();
    expect(() => inRouter(defineRule(anyRule(right)))).not.toThrow();
  });
});

test("a defined rule keeps its values, is frozen, and does not follow changes of its source", () => {
  const source = { claims: { plan: { name: "pro" } }, scope: ["a"] };
  const rule = defineRule(source);
  expect(rule).toEqual(source);
  source.claims.plan.name = "free";
  expect(rule.claims.plan.name).toBe("pro");
  expect(Object.isFrozen(rule) && Object.isFrozen(rule.claims.plan) && Object.isFrozen(rule.scope)).toBe(true);
});

test("a spread of a defined rule is checked again as a whole", () => {
  const rule = defineRule({ scope: "a" });
  expect(() => inRouter({ ...rule, claims: { a: 1 } })).not.toThrow();
  expect(() => inRouter({ ...rule, optional: true })).toThrow(key("optional"));
});
