/** The check of a grant's texts takes steps in proportion to the grant. */
// node:inspector counts the steps, which slows the whole process.
import { describe, it } from "vitest";
import { storableGrant } from "../../src/core/stores/storable.ts";
import { expectLinear, withStepCounter } from "../support/step-counter.ts";

const SIZES = [200, 400, 800];
const many = (size: number, make: (index: number) => unknown): unknown[] =>
  Array.from({ length: size }, (_, index) => make(index));
const nested = (size: number): unknown => many(size, (index) => index).reduce((held) => [held], "x");

describe("the check of a grant is linear", () => {
  it.each<[shape: string, make: (size: number) => unknown]>([
    ["texts", (size) => many(size, String)],
    [
      "members",
      (size) => Object.fromEntries(many(size, (index) => [`name${String(index)}`, "x"]) as [string, string][]),
    ],
    ["levels", nested],
    ["lists of lists", (size) => many(size, () => [["x"]])],
    ["levels with an odd text", (size) => [nested(size), "\0"]],
    ["an odd text below many levels", (size) => many(size, () => 0).reduce((held) => [held], "\0")],
  ])("in its %s", async (shape, make) => {
    await withStepCounter(async (count) => {
      const steps: number[] = [];
      for (const size of SIZES) {
        const grant = { scope: make(size) };
        const work = (): void => {
          try {
            storableGrant(grant);
          } catch {
            // An odd text is a TypeError.
          }
        };
        steps.push(await count(work));
      }
      expectLinear(SIZES, steps, shape);
    });
  });
});
