/** Whether anything costs more where there is more of it: fields, rules, cached tokens, types. */
import { CACHE_ENTRY_BYTES, FLAT_FIELDS, FLAT_RULES, FLAT_TOKENS } from "../goals.ts";
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
  goals: FLAT_FIELDS,
  notes: [
    "Unguarded: the same query, context and look-up of the token on a schema without guards. Goals hold the guarded to the unguarded of the same number: what guards add is a tenth of a field or less, too little beside the noise to be compared with itself.",
  ],
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
  goals: FLAT_RULES,
  notes: [
    "Each distinct rule is decided once a request: with 1,000 rules among 1,000 fields every field is a decision. What a rule adds is the difference to one rule, over their number.",
  ],
};

const SIZES = [1000, 10_000, 100_000];

const tokens: Table = {
  name: "scale/tokens",
  title: "a warm verify, by the number of tokens that are remembered and come in turn",
  base: "1,000 tokens",
  unit: "verify",
  netOf: EMPTY_CALL,
  cases: [
    emptyCall(),
    ...SIZES.map((count) => toLookups(`${format(count)} tokens`, "claimgate", count)),
    ...SIZES.map((count) => toLookups(`fast-jwt, ${format(count)} tokens`, "fast-jwt", count)),
  ],
  goals: FLAT_TOKENS,
};

const bytes: Table = {
  name: "scale/bytes",
  title: "what a remembered token weighs",
  base: "claimgate, 100,000 tokens",
  unit: "token filled in",
  cases: (["claimgate", "fast-jwt"] as const).flatMap((name) => SIZES.map((count) => toBytes(name, count))),
  goals: CACHE_ENTRY_BYTES,
  notes: ["Bytes of the heap, and outside it, after less before, both after a collection; measured once a process."],
};

const build: Table = {
  name: "scale/build",
  title: "requireTokenDirective().apply on a schema of many types, each of five fields of which one is guarded",
  base: "1,000 types",
  unit: "type",
  cases: [
    ...[100, 1000, 10_000].map((count) => toBuild(`${format(count)} types`, count, "apply")),
    toBuild("1,000 types, copied by mapSchema alone", 1000, "mapSchema"),
  ],
};

export const tables: readonly Table[] = [fields, rules, tokens, bytes, build];

function guardedAndOpen(name: string, shape: Omit<Shape, "isGuarded">): Case[] {
  const open = `${name}, unguarded`;
  return [toFields(name, { ...shape, isGuarded: true }), toFields(open, { ...shape, isGuarded: false })];
}

function toFields(name: string, shape: Shape): Case {
  return { name, load: async () => (await import("./scale/fields.ts")).loadFields(shape) };
}

function toLookups(name: string, by: Package, count: number): Case {
  return { name, load: async () => (await import("./scale/tokens.ts")).loadLookups(by, count) };
}

function toBytes(by: Package, count: number): Case {
  const load: Case["load"] = async () => (await import("./scale/tokens.ts")).loadBytes(by, count);
  return { name: `${by}, ${format(count)} tokens`, load, execArgv: ["--expose-gc"] };
}

function toBuild(name: string, types: number, step: Step): Case {
  return { name, load: async () => (await import("./scale/build.ts")).loadBuild(types, step) };
}

function format(count: number): string {
  return count.toLocaleString("en-US");
}
