/** The benchmark: `npm run bench`, `npm run bench -- verify`, `npm run bench -- "verify/HS256 warm"`. The options are in README.md beside this file. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeMachine } from "./runner/machine.ts";
import { BENCH } from "./runner/paths.ts";
import { prepare } from "./runner/prepare.ts";
import { footnotesOf, gridOf, renderText } from "./runner/render.ts";
import { readRuns, writeMarkdown } from "./runner/results-page.ts";
import { runTable, type TableRun } from "./runner/run-table.ts";
import { selectCases, selectTables } from "./runner/select.ts";
import { computeFigures } from "./runner/statistics.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "11" },
    slice: { type: "string", default: "300" },
    repeat: { type: "string", default: "1" },
    warm: { type: "string" },
    cpu: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [""] },
    list: { type: "boolean", default: false },
    page: { type: "string", multiple: true },
    markdown: { type: "boolean", default: false },
  },
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

if (values.page) {
  writeMarkdown(readRuns(values.page));
  process.exit();
}
const compiled = prepare();
const selected = selectCases(await selectTables(positionals, compiled), values.only);
const tables = values.cpu ? selected.map((table) => ({ ...table, measure: "cpu" as const })) : selected;
if (values.list) console.log(tables.map(({ name, title }) => `${name}  (${title})`).join("\n"));
else await runAll();
// Whatever the groups' modules may have left open.
process.exit();

async function runAll(): Promise<void> {
  const sliceMs = readCount("slice", values.slice);
  const warmMs = readCount("warm", values.warm ?? `${Math.min(1500, sliceMs * 5)}`);
  const options = {
    rounds: readCount("rounds", values.rounds),
    sliceMs,
    warmMs,
    repeats: readCount("repeat", values.repeat),
  };
  if (options.rounds < 9)
    console.error(`${options.rounds} rounds: enough to see that the cases run, not to quote a figure`);
  const command = [
    "npm run bench --",
    ...process.argv.slice(2).map((one) => (one.includes(" ") ? `"${one}"` : one)),
  ].join(" ");
  const head = { command, startedAt: new Date().toISOString(), options, machine: describeMachine() };
  const runs: TableRun[] = [];
  for (const table of tables) {
    const run = await runTable(table, { ...options, compiled });
    runs.push(run);
    console.log(`\n${table.name}: ${table.title}\n${renderText(gridOf(run, computeFigures(run)))}`);
    for (const line of footnotesOf(run)) console.log(`  ${line}`);
  }
  const path = join(BENCH, "results", `${head.startedAt.replaceAll(":", "-")}.json`);
  mkdirSync(join(BENCH, "results"), { recursive: true });
  writeFileSync(
    path,
    JSON.stringify({ ...head, tables: runs.map((run) => ({ ...run, figures: computeFigures(run) })) }, null, 1),
  );
  console.log(`\n${path}`);
  if (values.markdown) writeMarkdown([{ ...head, tables: runs }]);
  process.exitCode = summarize(runs);
}

/** 1 where a case failed or nothing ran at all. Skipped cases and missed goals are no failure of the benchmark. */
function summarize(runs: readonly TableRun[]): number {
  const cases = runs.flatMap((run) => run.cases);
  const skipped = cases.filter(({ lost }) => lost?.is === "skipped").length;
  const failed = cases.filter(({ lost }) => lost?.is === "failed").length;
  const verdicts = runs.flatMap((run) => computeFigures(run).goals).map(({ met }) => met);
  const [missed, unmeasured] = [false, null].map((met) => verdicts.filter((one) => one === met).length);
  console.log(
    `${cases.length - skipped - failed} cases ran, ${skipped} SKIPPED, ${failed} FAILED; of ${verdicts.length} goals ${missed} missed, ${unmeasured} not measured`,
  );
  return failed > 0 || skipped + failed === cases.length ? 1 : 0;
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--${name} wants a whole number of at least 1, not "${text}"`);
  return count;
}
