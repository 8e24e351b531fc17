/** The matrix cannot turn green by mistake: what its parts make of versions, reports and the README. */
import { describe, expect, test } from "vitest";
import { demandOf, lowestOf } from "../../scripts/matrix/engines.ts";
import { inParallel, once, passed, readReport, settle } from "../../scripts/matrix/outcome.ts";
import { OLDEST } from "../../scripts/matrix/peer-sets.ts";
import { renderTables, replaceMatrix } from "../../scripts/matrix/table.ts";
import { companionsOf } from "../../scripts/project.ts";
import { createChecks } from "./checks.ts";

describe("engines", () => {
  test("a demand is told by its lowest version, or whole where the version lies in a gap", () => {
    expect(demandOf("^22.1.0 || >=24", "20.0.0")).toBe("Node 22.1.0 or later");
    expect(demandOf("^22.1.0 || >=24", "23.0.0")).toBe("Node `^22.1.0 || >=24`");
  });

  test("the oldest peers are the lowest that package.json admits", () => {
    expect(lowestOf("^10.5.6 || ^11.0.0")).toBe("10.5.6");
    expect(() => lowestOf("latest")).toThrow(TypeError);
    expect(Object.values(OLDEST.versions).every((version) => /^\d+\.\d+\.\d+$/.test(version))).toBe(true);
  });
});

describe("an example", () => {
  test("gets what it imports, with types where those are a package of their own, and nothing that is there already", () => {
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
  test("counts the checks that held", async () => {
    const { check, report } = createChecks();
    await check("holds", () => undefined);
    const output = `a warning\n${JSON.stringify(report)}\nanother`;
    expect(readReport({ status: 0, output })).toBe(1);
  });

  test("fails with the name of a check that does not hold, and runs the rest", async () => {
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

  test("fails where a programme reports nothing, ends badly, or checked nothing", () => {
    const held = '{"passed":["holds"],"failed":[]}';
    expect(readReport({ status: 0, output: held })).toBe(1);
    expect(() => readReport({ status: 0, output: "" })).toThrow(Error);
    expect(() => readReport({ status: 1, output: held })).toThrow(Error);
    expect(() => readReport({ status: 0, output: '{"passed":[],"failed":[]}' })).toThrow(Error);
  });

  test("is run beside no more than the limit, and results keep their order", async () => {
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

  test("shares what is made once, its failure included", async () => {
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

  test("takes the place of what stands between the README's markers, and of nothing else", () => {
    const readme = "before <!-- matrix --> old\n<!-- /matrix --> after";
    const replaced = "before <!-- matrix -->\nnew $&\n<!-- /matrix --> after";
    expect(replaceMatrix(readme, "new $&")).toBe(replaced);
    expect(replaceMatrix(replaced, "new $&")).toBe(replaced);
  });

  test("is refused by a README without markers", () => {
    expect(() => replaceMatrix("<!-- /matrix --> <!-- matrix -->", "new")).toThrow(Error);
    expect(() => replaceMatrix("nothing", "new")).toThrow(Error);
  });
});
