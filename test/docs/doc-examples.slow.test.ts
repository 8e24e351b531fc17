/** Every example of doc comments and of `docs/` compiles, with the names it leaves out imported. */
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { TYPESCRIPT } from "../../scripts/compilers.ts";
import { ROOT, runBeside } from "../../scripts/run.ts";
import { NAMES, readDocExamples, readPageExamples } from "../support/doc-examples.ts";
import { type CompilerError, errorsIn } from "../support/expected-errors.ts";
import { createTypesWorkspace } from "../support/types-workspace.ts";

const EXAMPLES = [...readDocExamples(), ...readPageExamples()].map((example, i) => ({
  ...example,
  file: `example-${i}.ts`,
}));

let errors: readonly CompilerError[];

beforeAll(async () => {
  const folder = join(await createTypesWorkspace(), "examples");
  mkdirSync(folder);
  cpSync(join(ROOT, "test/docs", NAMES), join(folder, NAMES));
  for (const { file, code } of EXAMPLES) writeFileSync(join(folder, file), code);
  // `toWellFormed` of docs/sessions.md is in the library of ES2024.
  const lib = ["ES2024", "DOM", "DOM.Iterable", "DOM.AsyncIterable"];
  const compilerOptions = { lib, verbatimModuleSyntax: false };
  const config = { extends: "../tsconfig.json", compilerOptions, include: ["."] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  const { output } = await runBeside(TYPESCRIPT.tsc, ["-p", folder, "--pretty", "false"], { cwd: folder });
  errors = errorsIn(output);
});

it.each(EXAMPLES)("compiles the example at $place", ({ file, code }) => {
  const lines = code.split("\n");
  const own = errors.filter((error) => error.file === file);
  expect(own.map(({ line, message }) => ({ line: lines[line - 1], message }))).toEqual([]);
});

it("reports no errors outside the examples", () => {
  const files = new Set(EXAMPLES.map(({ file }) => file));
  expect(errors.filter(({ file }) => !files.has(file))).toEqual([]);
});

it("has the examples of every page with TypeScript", () => {
  const pages = new Set(EXAMPLES.map(({ place }) => place.replace(/:\d+$/, "")).filter((file) => file.endsWith(".md")));
  expect([...pages]).toEqual(["docs/key-rotation.md", "docs/sessions.md", "docs/trusted-issuers.md"]);
});
