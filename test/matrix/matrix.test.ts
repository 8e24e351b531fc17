/** The parts of the matrix that decide about versions, reports and the README's table. */
import { describe, expect, test } from "vitest";
import { demandOf, lowestOf } from "../../scripts/matrix/engines.ts";
import { inParallel, once, passed, readReport, settle } from "../../scripts/matrix/outcome.ts";
import { OLDEST } from "../../scripts/matrix/peer-sets.ts";
import { renderTables, replaceMatrix } from "../../scripts/matrix/table.ts";
import { companionsOf } from "../../scripts/project.ts";
import { createChecks } from "./checks.ts";

describe("engines", () => {
  test("names the lowest version that an engine requires, or the whole range for a version in a gap", () => {
    expect(demandOf("^22.1.0 || >=24", "20.0.0")).toBe("Node 22.1.0 or later");
    expect(demandOf("^22.1.0 || >=24", "23.0.0")).toBe("Node `^22.1.0 || >=24`");
  });

  test("the oldest peers are the lowest versions that package.json admits", () => {
    expect(lowestOf("^10.5.6 || ^11.0.0")).toBe("10.5.6");
    expect(() => lowestOf("latest")).toThrow(TypeError);
    expect(Object.values(OLDEST.versions).every((version) => /^\d+\.\d+\.\d+$/.test(version))).toBe(true);
  });
});

describe("an example", () => {
  test("gets its imports and their type packages, and no package that is already installed", () => {
    const code = [
      'import pg from "pg";',
      'import { Redis } from "ioredis";',
      'import { createClient } from "redis";',
      'import { PGlite } from "@electric-sql/pglite";',
      'import { createHTTPServer } from "@trpc/server/adapters/standalone";',
      'import { postgresSessionStore } from "claimgate/postgres";',
      'import { readFileSync } from "node:fs";',
      'import type { PoolConfig } from "pg";',
    ].join("\n");
    expect(companionsOf(code)).toEqual(["pg", "@types/pg", "ioredis", "redis", "@electric-sql/pglite"]);
    expect(companionsOf('import { AuthManager } from "claimgate";')).toEqual([]);
  });
});

describe("a cell", () => {
  test("counts the checks that passed", async () => {
    const { check, report } = createChecks();
    await check("holds", () => undefined);
    const output = `a warning\n${JSON.stringify(report)}\nanother`;
    expect(readReport({ status: 0, output })).toBe(1);
  });

  test("fails with the name of a failed check, and runs the other checks", async () => {
    const { check, report } = createChecks();
    await check("rejects", () => Promise.reject(new Error("no")));
    await check("throws", () => {
      throw new TypeError("never");
    });
    await check("holds", () => Promise.resolve());
    expect(report.passed).toEqual(["holds"]);
    const outcome = await settle(async () => passed(readReport({ status: 0, output: JSON.stringify(report) })));
    expect(outcome).toMatchObject({
      kind: "failed",
      why: expect.stringMatching(/^rejects\nError: no[^]*throws\nTypeError: never/),
    });
  });

  test("fails when a program reports nothing, exits with an error or checked nothing", () => {
    const held = '{"passed":["holds"],"failed":[]}';
    expect(readReport({ status: 0, output: held })).toBe(1);
    expect(() => readReport({ status: 0, output: "" })).toThrow(Error);
    expect(() => readReport({ status: 1, output: held })).toThrow(Error);
    expect(() => readReport({ status: 0, output: '{"passed":[],"failed":[]}' })).toThrow(Error);
  });

  test("runs next to at most `limit` others, and results keep their order", async () => {
    let running = 0;
    const seen: number[] = [];
    const task = (value: number) => async (): Promise<number> => {
      seen.push(++running);
      await Promise.resolve();
      running--;
      return value;
    };
    expect(await inParallel(2, [1, 2, 3, 4, 5].map(task))).toEqual([1, 2, 3, 4, 5]);
    expect(Math.max(...seen)).toBe(2);
  });

  test("shares a value that is created once, and its failure", async () => {
    let made = 0;
    const make = once(() => Promise.reject(new Error(`${++made}`)));
    await expect(make()).rejects.toThrow("1");
    await expect(make()).rejects.toThrow("1");
  });
});

describe("the table", () => {
  const ruledOut = { kind: "ruled out", why: "It asks for more." } as const;
  const table = {
    head: ["peer", "one", "two", "three", "four"],
    rows: [
      {
        head: ["1.0.0"],
        note: "All old.",
        cells: [passed(3), { kind: "failed", why: "no" } as const, ruledOut, undefined],
      },
      { head: ["2.0.0"], cells: [ruledOut, passed(3, "Without one."), passed(3), passed(3)] },
    ],
  };

  test("shows each outcome, and each reason once", () => {
    expect(renderTables([table])).toBe(
      [
        "| peer | one | two | three | four |",
        "| --- | --- | --- | --- | --- |",
        "| 1.0.0 <sup>1</sup> | ✓ | ✗ | — <sup>2</sup> |  |",
        "| 2.0.0 | — <sup>2</sup> | ✓ <sup>3</sup> | ✓ | ✓ |",
        "",
        "<sup>1</sup> All old.  ",
        "<sup>2</sup> It asks for more.  ",
        "<sup>3</sup> Without one.",
      ].join("\n"),
    );
  });

  test("replaces the text between the README's markers and no other", () => {
    const readme = "before <!-- matrix --> old\n<!-- /matrix --> after";
    const replaced = "before <!-- matrix -->\nnew $&\n<!-- /matrix --> after";
    expect(replaceMatrix(readme, "new $&")).toBe(replaced);
    expect(replaceMatrix(replaced, "new $&")).toBe(replaced);
  });

  test("is rejected for a README without markers", () => {
    expect(() => replaceMatrix("<!-- /matrix --> <!-- matrix -->", "new")).toThrow(Error);
    expect(() => replaceMatrix("nothing", "new")).toThrow(Error);
  });
});
