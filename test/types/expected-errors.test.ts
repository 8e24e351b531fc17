/** The comparison of a compiler's errors with the directives of a type test. */
import { expect, it } from "vitest";
import { compareErrors, errorsIn, hideDirectives } from "../support/expected-errors.ts";

const CODE = `const a = 1;
// expect-error: no claim \`rol\`
// expect-error 7: did you mean
// @ts-expect-error
void a.rol;
`;
const claimError = { file: "a.ts", line: 5, message: "TS1: no claim `rol`" };

it("reads errors with their chains of messages", () => {
  const output = "types/a.ts(5,3): error TS1: first\n  second\n    third\ntypes/b.ts(1,1): error TS2: other\n";
  expect(errorsIn(output)).toEqual([
    { file: "types/a.ts", line: 5, message: "TS1: first second third" },
    { file: "types/b.ts", line: 1, message: "TS2: other" },
  ]);
});

it("keeps output that is not an error of a file", () => {
  expect(errorsIn("error TS5023: Unknown compiler option\n")).toEqual([
    { file: "", line: 0, message: "error TS5023: Unknown compiler option" },
  ]);
});

it("hides directives and keeps lines", () => {
  expect(hideDirectives(CODE)).not.toContain("@ts-expect-error");
  expect(hideDirectives(CODE).split("\n")).toHaveLength(CODE.split("\n").length);
});

it("accepts an error with the expected words", () => {
  expect(compareErrors(CODE, [claimError], "5.7.3")).toEqual([]);
});

it("reports words that the message lacks in the version that must have them", () => {
  expect(compareErrors(CODE, [claimError], "7.0.2")).toEqual(['line 5: no "did you mean" in TS1: no claim `rol`']);
  expect(compareErrors(CODE, [{ ...claimError, message: "TS1: never" }], "5.7.3")).toEqual([
    'line 5: no "no claim `rol`" in TS1: never',
  ]);
});

it("reports an error without a directive, and a directive without an error", () => {
  expect(compareErrors(CODE, [{ ...claimError, line: 1 }], "5.7.3")).toEqual([
    "line 1: TS1: no claim `rol`",
    "line 5: no error",
  ]);
});

it("rejects words that are not directly above a directive", () => {
  expect(() => compareErrors("// expect-error: words\nvoid 1;\n", [], "5.7.3")).toThrow("line 1");
});
