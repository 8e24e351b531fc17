/** The cost per field, rule, remembered token and type as their number grows. */
import { EMPTY_CALL, emptyCall } from "../harness/empty-call.ts";
import type { Case, Table } from "../harness/types.ts";
import type { Step } from "./scale/build.ts";
import type { Shape } from "./scale/fields.ts";
import type { Package } from "./scale/tokens.ts";

const fields: Table = {
  name: "scale/fields",
  title: "a guarded GraphQL field, in lists of objects of ten, by their number",
  base: "1,000 fields, unguarded",
  unit: "field",
  cases: [10, 100, 1000, 10_000].flatMap((count) =>
    guardedAndOpen(`${format(count)} fields`, { objects: count / 10, width: 10, rules: 10 }),
  ),
  notes: ["Unguarded: the same query, context and look-up of the token on a schema without guards."],
};

const rules: Table = {
  name: "scale/rules",
  title: "a guarded GraphQL field of 1,000 in one query, by the number of distinct rules among them",
  base: "1 rule",
  unit: "field",
  cases: [
    ...[1, 10, 100, 1000].map((count): Case => {
      const name = count === 1 ? "1 rule" : `${format(count)} rules`;
      return toFields(name, { objects: 1, width: 1000, rules: count, isGuarded: true });
    }),
    toFields("no rule", { objects: 1, width: 1000, rules: 1, isGuarded: false }),
  ],
  notes: ["Each distinct rule is decided once a request: with 1,000 rules on 1,000 fields every field is a decision."],
};

const decision: Table = {
  name: "scale/decision",
  title: "one more decision: 1,000 fields with a rule each, less 1,000 fields with one rule",
  base: "claimgate, a decision",
  unit: "decision",
  cases: [{ name: "claimgate, a decision", load: async () => (await import("./scale/decision.ts")).loadDecision() }],
  notes: ["Both queries take turns in one process. The reference is a bare createHmac of a token."],
};

const SIZES = [1000, 10_000, 100_000];

const tokens: Table = {
  name: "scale/tokens",
  title: "a warm verify, by the number of remembered tokens that come in turn",
  base: "1,000 tokens",
  unit: "verify",
  netOf: EMPTY_CALL,
  cases: [
    emptyCall(),
    ...SIZES.map((count) => toLookups(`${format(count)} tokens`, "claimgate", count)),
    ...SIZES.map((count) => toLookups(`fast-jwt, ${format(count)} tokens`, "fast-jwt", count)),
  ],
};

const bytes: Table = {
  name: "scale/bytes",
  title: "the memory of a remembered token",
  base: "claimgate, 100,000 tokens",
  unit: "token filled in",
  cases: (["claimgate", "fast-jwt"] as const).flatMap((name) => SIZES.map((count) => toBytes(name, count))),
  notes: [
    "Growth of the memory on and outside the heap, with a collection before and after; measured once per process.",
  ],
};

const build: Table = {
  name: "scale/build",
  title: "requireTokenDirective().apply on a schema of many types, each of five fields, one of them guarded",
  base: "1,000 types",
  unit: "type",
  cases: [
    ...[100, 1000, 10_000].map((count) => toBuild(`${format(count)} types`, count, "apply")),
    toBuild("1,000 types, copied by mapSchema alone", 1000, "mapSchema"),
  ],
};

export const tables: readonly Table[] = [fields, rules, decision, tokens, bytes, build];

function guardedAndOpen(name: string, shape: Omit<Shape, "isGuarded">): Case[] {
  const open = `${name}, unguarded`;
  return [toFields(name, { ...shape, isGuarded: true }), toFields(open, { ...shape, isGuarded: false })];
}

function toFields(name: string, shape: Shape): Case {
  const load: Case["load"] = async () => (await import("./scale/fields.ts")).loadFields(shape);
  return { name, load, isClaimgate: shape.isGuarded };
}

function toLookups(name: string, by: Package, count: number): Case {
  const load: Case["load"] = async () => (await import("./scale/tokens.ts")).loadLookups(by, count);
  return { name, load, isClaimgate: by === "claimgate" };
}

function toBytes(by: Package, count: number): Case {
  const load: Case["load"] = async () => (await import("./scale/tokens.ts")).loadBytes(by, count);
  return { name: `${by}, ${format(count)} tokens`, load, execArgv: ["--expose-gc"] };
}

function toBuild(name: string, types: number, step: Step): Case {
  const load: Case["load"] = async () => (await import("./scale/build.ts")).loadBuild(types, step);
  return { name, load, isClaimgate: step === "apply" };
}

function format(count: number): string {
  return count.toLocaleString("en-US");
}
