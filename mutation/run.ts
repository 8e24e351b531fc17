/** `npm run mutation`: mutates the sources of each group; fails for an unexplained survivor. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must, run } from "../scripts/run.ts";
import { GROUPS, type Group } from "./groups.ts";
import { writeReport } from "./report.ts";
import { explain, readResults } from "./results.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    /** Mutates only these files, or lines of them, as in `src/core/rules/match.ts:10-20`. */
    mutate: { type: "string", multiple: true },
    workers: { type: "string", default: "2" },
    /** Writes REPORT.md from the latest results of all groups. */
    write: { type: "boolean", default: false },
    /** Tests nothing: judges the latest results anew, after a change of the explanations. */
    judge: { type: "boolean", default: false },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);

if (!existsSync(`${HERE}node_modules`))
  must("npm ci in mutation/", run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: HERE, capture: true }));
const { Stryker } = await import("@stryker-mutator/core");

for (const name of names) {
  const group = GROUPS[name];
  if (!group) throw new Error(`There is no group ${name}; there are ${Object.keys(GROUPS).join(", ")}`);
  if (!values.judge) await mutate(name, group);
  for (const { file, line, from, to } of explain(readResults(name)).unexplained) {
    console.error(`${file}:${line} survived\n  - ${from}\n  + ${to}`);
    process.exitCode = 1;
  }
}
if (values.write) writeReport();

async function mutate(name: string, group: Group): Promise<void> {
  process.env["MUTATION_GROUP"] = name;
  await new Stryker({
    mutate: [...(values.mutate ?? group.mutate)],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    vitest: { configFile: "mutation/vitest.config.ts", related: false },
    coverageAnalysis: "perTest",
    concurrency: Number(values.workers),
    timeoutMS: 60_000,
    // Stryker 9 reads this file with an API that TypeScript 7 does not have.
    tsconfigFile: "mutation/no-tsconfig.json",
    disableTypeChecks: false,
    // The sandbox is in this folder, so that it finds the packages of the repository.
    tempDirName: ".stryker-tmp",
    symlinkNodeModules: false,
    ignorePatterns: ["bench", "dist", "mutation/.results"],
    reporters: ["progress-append-only"],
    incremental: true,
    incrementalFile: `mutation/.results/${name}.json`,
    warnings: false,
    allowConsoleColors: false,
  }).runMutationTest();
}
