/** Compiles the type tests with each compiler, against the declarations that users get. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { COMPILERS } from "../../scripts/compilers.ts";
import { runBeside } from "../../scripts/run.ts";
import { type CompilerError, compareErrors, errorsIn, hideDirectives } from "../support/expected-errors.ts";
import { createTypesWorkspace } from "../support/types-workspace.ts";

const CODE: ReadonlyMap<string, string> = new Map(
  readdirSync(new URL("./", import.meta.url), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .toSorted()
    .map((file) => [`types/${file}`, readFileSync(new URL(file, import.meta.url), "utf8")]),
);
let workspace: string;

beforeAll(async () => {
  workspace = await createTypesWorkspace();
  for (const [file, code] of CODE) writeFileSync(join(workspace, file), hideDirectives(code));
});

describe.each(COMPILERS)("TypeScript $version", ({ tsc, version }) => {
  let errors: readonly CompilerError[];

  beforeAll(async () => {
    const { output } = await runBeside(tsc, ["-p", workspace, "--pretty", "false"], { cwd: workspace });
    errors = errorsIn(output);
  });

  it.each([...CODE])("reports the errors that %s expects, and no others", (file, code) => {
    const own = errors.filter((error) => error.file === file);
    expect(compareErrors(code, own, version)).toEqual([]);
  });

  it("reports no errors outside the type tests", () => {
    expect(errors.filter(({ file }) => !CODE.has(file))).toEqual([]);
  });
});
