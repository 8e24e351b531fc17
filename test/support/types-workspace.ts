/** Builds a folder where the type tests import `claimgate` by its manifest, as declarations. */
import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { TYPESCRIPT } from "../../scripts/compilers.ts";
import { must, ROOT, runBeside } from "../../scripts/run.ts";

// The strictest options that users set and that all compilers know.
const compilerOptions = {
  module: "NodeNext",
  target: "ES2023",
  lib: ["ES2023", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

/** Makes the folder, with the type tests in `types/`. Removes it after the tests of the file. */
export async function createTypesWorkspace(): Promise<string> {
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), "claimgate-types-")));
  afterAll(() => rmSync(workspace, { recursive: true, force: true }));
  cpSync(join(ROOT, "package.json"), join(workspace, "package.json"));
  const filter = (path: string): boolean => !path.endsWith(".test.ts");
  cpSync(join(ROOT, "test/types"), join(workspace, "types"), { recursive: true, filter });
  symlinkSync(join(ROOT, "node_modules"), join(workspace, "node_modules"));
  writeFileSync(join(workspace, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["types"] }));
  const build = ["-p", join(ROOT, "tsconfig.build.json"), "--emitDeclarationOnly", "--outDir", join(workspace, "dist")];
  must("the declarations", await runBeside(TYPESCRIPT.tsc, build, { cwd: ROOT }));
  return workspace;
}
