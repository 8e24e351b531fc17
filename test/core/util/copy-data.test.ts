/** `copyData` copies as `structuredClone` does. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyData } from "../../../src/core/util/copy-data.ts";

const cyclic: Record<string, unknown> = { name: "ada" };
cyclic["self"] = cyclic;
const deep = Array.from({ length: 50 }).reduce<unknown>((inner) => [{ inner }], 1);
const sparse: unknown[] = [1];
sparse[2] = 3;
const named = Object.assign([1], { name: "list" });

describe("copyData", () => {
  it("copies JSON data as structuredClone does", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 12 }), (value) => {
        expect(copyData(value)).toStrictEqual(structuredClone(value));
      }),
    );
  });

  it.each([
    ["a member named __proto__", JSON.parse('{"__proto__":{"admin":true},"a":[{"__proto__":1}]}')],
    ["a cycle", cyclic],
    ["deep data", deep],
    ["a sparse list", sparse],
    ["a list with a named member", named],
    ["a Date, a Map and a bigint", { at: new Date(0), map: new Map([[1, { a: 1 }]]), big: 1n }],
    ["undefined, NaN and -0", { a: undefined, b: Number.NaN, c: -0 }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: [1] })],
  ])("copies %s as structuredClone does", (_, value) => {
    expect(copyData(value)).toStrictEqual(structuredClone(value));
    expect(Object.getOwnPropertyNames(copyData(value))).toEqual(Object.getOwnPropertyNames(structuredClone(value)));
  });

  it("shares no object with the original", () => {
    const original = { scope: { admin: true }, roles: [["a"]] };
    const copy = copyData(original);
    original.scope.admin = false;
    original.roles[0]?.push("b");
    expect(copy).toEqual({ scope: { admin: true }, roles: [["a"]] });
  });

  it.each([
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
  ])("throws for %s at any depth, and not beside it", (_, value) => {
    for (const data of [{ value }, { list: [{ value }] }]) expect(() => copyData(data)).toThrow(DOMException);
    expect(copyData({ value: "text" })).toEqual({ value: "text" });
  });
});
