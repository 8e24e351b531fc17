/** Rules keep V8's fast properties, and read nothing from a polluted prototype. */
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { defineRule } from "claimgate";
import { expect, it } from "vitest";
import { compileRule } from "../../../src/core/rules/compile.ts";

setFlagsFromString("--allow-natives-syntax");
const isFast = runInThisContext("(object) => %HasFastProperties(object)") as (object: object) => boolean;

function objectsIn(value: unknown): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

it("the values of a rule and its plan keep fast properties", () => {
  const rule = defineRule({
    scope: { admin: true },
    claims: { plan: { tier: "pro", of: { name: "a" } }, list: [{ a: 1 }], ["__proto__"]: { b: 1 } },
    args: { sub: "user.id" },
    anyOf: [{ claims: { team: { red: true } } }],
  });
  const objects = [...objectsIn(rule), ...objectsIn(compileRule(rule))];
  expect(objects.length).toBeGreaterThan(12);
  expect(objects.filter((one) => !isFast(one))).toEqual([]);
});

it("the check detects slow properties: an object that was created without a prototype", () => {
  expect(isFast(Object.assign(Object.create(null), { admin: true }) as object)).toBe(false);
});

it("a member of a polluted Object.prototype does not count as a part of a rule", () => {
  const shared = Object.prototype as { optional?: unknown };
  shared.optional = true;
  try {
    expect(compileRule({ scope: "a" }).optional).toBe(false);
    expect(compileRule({ optional: true }).optional).toBe(true);
  } finally {
    delete shared.optional;
  }
});
