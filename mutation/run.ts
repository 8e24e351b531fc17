/** `npm run mutation`: mutates the sources of each group; fails for an unexplained survivor. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { must, run } from "../scripts/run.ts";
import { GROUPS, type Group } from "./groups.ts";
import { writeReport } from "./report.ts";
import { explain, keepReport, RESULTS, readResults } from "./results.ts";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    file: { type: "string", multiple: true },
    survivors: { type: "boolean", default: false },
    judge: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    workers: { type: "string", default: "2" },
  },
});
const names = positionals.length > 0 ? positionals : Object.keys(GROUPS);

if (!existsSync(`${HERE}node_modules`))
  must("npm ci in mutation/", run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: HERE, capture: true }));
const { Stryker } = await import("@stryker-mutator/core");

for (const name of names) {
  const group = GROUPS[name];
  if (!group) throw new Error(`There is no group ${name}; there are ${Object.keys(GROUPS).join(", ")}`);
  if (!values.judge) await testGroup(name, group);
  const { unexplained } = explain(readResults(name));
  for (const { file, line, from, to } of unexplained) console.log(`${file}:${line} survived\n  - ${from}\n  + ${to}`);
  if (unexplained.length > 0) process.exitCode = 1;
}
if (values.write) writeReport();

/** Runs the near suites for each mutant, and all suites for those that survive them. */
async function testGroup(name: string, { mutate, near, far }: Group): Promise<void> {
  if (!values.survivors) await test(name, values.file ?? mutate, near);
  const survivors = explain(readResults(name)).unexplained;
  const isNew = !values.survivors && far.length === 0;
  if (survivors.length > 0 && !isNew)
    await test(
      name,
      survivors.map(({ range }) => range),
      [...near, ...far],
    );
}

async function test(name: string, mutate: readonly string[], suites: readonly string[]): Promise<void> {
  process.env["MUTATION_SUITES"] = suites.join(" ");
  const fileName = `${RESULTS}${name}.report.json`;
  await new Stryker({
    mutate: [...mutate],
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
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName },
    warnings: false,
    allowConsoleColors: false,
  }).runMutationTest();
  keepReport(name, fileName, { isWhole: !mutate.some((pattern) => pattern.includes(":")) });
}
