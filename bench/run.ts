/** The benchmark, `npm run bench`. README.md in this folder has the options. */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Table } from "./harness/types.ts";
import { RELEASE_ROWS } from "./release/rows.ts";
import { compare } from "./runner/comparison.ts";
import { contendHere, prepareOther } from "./runner/contenders.ts";
import { awaitCalm, describeCommit, describeMachine, describePeers, readLoad } from "./runner/machine.ts";
import { resolveCommit } from "./runner/other-commit.ts";
import { prepare } from "./runner/prepare.ts";
import { measureRelease, selectRelease, selectRows } from "./runner/release-table.ts";
import { footnotesOf, gridOf, renderText } from "./runner/render.ts";
import { writeSection } from "./runner/results-page.ts";
import { type RunOptions, type Runs, runContenders } from "./runner/run-table.ts";
import { selectCases, selectTables } from "./runner/select.ts";
import { rangeOf } from "./runner/statistics.ts";

/** Fewer rounds than this show only that the cases run. */
const ROUNDS_TO_QUOTE = 30;
const BUSY =
  "The load was above the number of cores, so processes waited for each other. Read these ratios as rough: even a median below 1 can be noise.";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    starts: { type: "string", default: "2" },
    rounds: { type: "string", default: "20" },
    slice: { type: "string", default: "50" },
    warm: { type: "string", default: "4000" },
    rows: { type: "string", multiple: true },
    only: { type: "string", multiple: true },
    against: { type: "string" },
    write: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
  },
});
const { against, only, write } = values;
const options = readOptions();
checkUsage();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (readLoad() > availableParallelism())
  console.error(`load ${readLoad().toFixed(1)} on ${availableParallelism()} cores: expect noisy figures`);
const compiled = prepare();

if (values.list) await list();
else if (against !== undefined) await runComparison(against);
else if (positionals.length > 0) await runTables();
else await runRelease();
// Modules of the groups may leave handles open.
process.exit();

async function list(): Promise<void> {
  for (const { name, title } of await selectTables(positionals, compiled)) console.log(`${name}  (${title})`);
}

async function runRelease(): Promise<void> {
  const rows = selectRows(values.rows);
  if (write) await awaitCalm();
  const before = readLoad();
  const commit = describeCommit();
  const date = new Date().toISOString().slice(0, 10);
  const { grid, notes, runs, isComplete, loads } = await measureRelease(rows, compiled, options);
  console.log(`\n${renderText(grid)}`);
  for (const note of notes) console.log(`  ${note}`);
  summarize(runs);
  if (!write) return;
  const during = rangeOf(loads).median;
  const machine = `${describeMachine()}; load ${before.toFixed(2)} before the run, ${during.toFixed(2)} during it`;
  const lines = Math.max(before, during) > availableParallelism() ? [BUSY, ...notes] : notes;
  if (isComplete)
    writeSection({ command: describeCommand(), date, commit, machine, peers: describePeers(), grid, notes: lines });
  else {
    console.error("RESULTS.md is unchanged: a row has no figure");
    process.exitCode = 1;
  }
}

async function runTables(): Promise<void> {
  const all: Runs[] = [];
  for (const table of narrow(await selectTables(positionals, compiled))) {
    const contenders = table.cases.map((one) => contendHere(table, one, compiled));
    const runs = await runContenders(contenders, options);
    all.push(runs);
    console.log(`\n${table.name}: ${table.title}\n${renderText(gridOf(table, runs))}`);
    for (const line of footnotesOf(table, runs)) console.log(`  ${line}`);
  }
  summarize(all);
}

async function runComparison(ref: string): Promise<void> {
  const commit = resolveCommit(ref);
  const warm = RELEASE_ROWS.filter((row) => row.case.endsWith("warm"));
  const tables =
    positionals.length > 0 ? await selectTables(positionals, compiled) : await selectRelease(warm, compiled);
  const other = prepareOther(ref, compiled);
  summarize(await compare(narrow(tables), { compiled, other, commit }, options));
}

function narrow(tables: readonly Table[]): readonly Table[] {
  return only ? selectCases(tables, only) : tables;
}

/**
 * The exit status is 1 if a case failed or nothing ran. A skipped case and a missed goal are
 * results.
 */
function summarize(all: readonly Runs[]): void {
  const losses = all.flatMap((runs) => [...runs.values()].map(({ lost }) => lost?.is));
  const [skipped, failed] = (["skipped", "failed"] as const).map((is) => losses.filter((one) => one === is).length);
  const ran = losses.filter((one) => one === undefined).length;
  console.log(`${ran} cases ran, ${skipped} SKIPPED, ${failed} FAILED`);
  if (failed !== 0 || ran === 0) process.exitCode = 1;
}

function readOptions(): RunOptions {
  const sliceMs = readCount("slice", values.slice);
  const warmMs = readCount("warm", values.warm);
  return { starts: readCount("starts", values.starts), rounds: readCount("rounds", values.rounds), sliceMs, warmMs };
}

function checkUsage(): void {
  const isRelease = positionals.length === 0 && against === undefined;
  if (write && !isRelease)
    throw new Error("--write cannot be combined with a group, a table or --against; it writes the release table");
  if (values.rows && (!isRelease || write))
    throw new Error(
      "--rows cannot be combined with --write, a group, a table or --against; it selects rows to look at",
    );
  if (only && isRelease && !values.list) throw new Error("--only must be combined with a group, a table or --against");
  const rounds = options.starts * options.rounds;
  if (rounds >= ROUNDS_TO_QUOTE) return;
  if (write) throw new Error(`--write requires at least ${ROUNDS_TO_QUOTE} rounds, which are --starts times --rounds`);
  console.error(`${rounds} rounds: enough to see that the cases run, not to quote a figure`);
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Error(`--${name} must be a whole number of at least 1, not "${text}"`);
  return count;
}

function describeCommand(): string {
  const args = process.argv.slice(2).map((one) => (one.includes(" ") ? `"${one}"` : one));
  return ["npm run bench --", ...args].join(" ");
}
