/** The tests that test/reports.md names exist. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ROOT } from "../../scripts/run.ts";

const PAGE = readFileSync(new URL("../reports.md", import.meta.url), "utf8");
const ROWS = PAGE.split("\n").filter((line) => /^\| \d+ \| /.test(line));

it("names a test in each row that says fixed", () => {
  const unnamed = ROWS.filter((row) => row.includes("**Fixed**") && testsIn(row).length === 0);
  expect(unnamed).toEqual([]);
});

it("names tests that exist", () => {
  const names = ROWS.flatMap(testsIn);
  const missing = names.filter((name) => !existsSync(join(ROOT, `test/${name}.test.ts`)));
  expect(names.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});

it("numbers its rows", () => {
  expect(ROWS.map((row) => Number(row.split(" ")[1]))).toEqual(ROWS.map((_, i) => i + 1));
});

function testsIn(row: string): string[] {
  return [...row.matchAll(/`((?:core|graphql|parity|regression|trpc)\/[a-z/-]+)`/g)].map(([, name = ""]) => name);
}
