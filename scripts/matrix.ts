/** `npm run matrix`: runs the tarball on every runtime with every peer and prints a table. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCells } from "./matrix/cells.ts";
import { DIAGONAL, FULL } from "./matrix/plan.ts";
import { renderTables, replaceMatrix } from "./matrix/table.ts";
import { createWorkspace, pack } from "./project.ts";
import { must, ROOT, run } from "./run.ts";

const { values: flags } = parseArgs({
  options: {
    // Writes the table into the README.
    write: { type: "boolean", default: false },
    // Runs a few cells only.
    diagonal: { type: "boolean", default: false },
    // Uses the existing build.
    built: { type: "boolean", default: false },
  },
});
if (flags.write && flags.diagonal)
  throw new TypeError("--write cannot be combined with --diagonal; the README needs the whole matrix");

if (!flags.built) must("npm run build", run("npm", ["run", "--silent", "build"], { capture: true }));
const workspace = createWorkspace("matrix");
const { tarball } = pack(workspace);
const tables = await runCells(workspace, tarball, flags.diagonal ? DIAGONAL : FULL);
const text = renderTables(tables);
console.log(text);
if (flags.write) {
  const readme = join(ROOT, "README.md");
  writeFileSync(readme, replaceMatrix(readFileSync(readme, "utf8"), text));
}

const outcomes = tables.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells));
const count = (kind: string): number => outcomes.filter((outcome) => outcome?.kind === kind).length;
console.log(`\n${count("passed")} cells passed, ${count("failed")} failed, ${count("ruled out")} ruled out`);
process.exitCode = count("failed") === 0 && count("passed") > 0 ? 0 : 1;
