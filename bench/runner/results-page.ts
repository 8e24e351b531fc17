/** Writes `RESULTS.md`: how the runs were made, the goals, what is to be said of them (`findings.md`), then every table. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "./machine.ts";
import { BENCH } from "./paths.ts";
import { describeGoal, footnotesOf, gridOf, renderMarkdown } from "./render.ts";
import type { RunOptions, TableRun } from "./run-table.ts";
import { computeFigures } from "./statistics.ts";

export interface Head {
  readonly command: string;
  readonly startedAt: string;
  readonly options: Omit<RunOptions, "compiled">;
  readonly machine: Machine;
}

/** A run, as it was recorded. */
export interface RecordedRun extends Head {
  readonly tables: readonly TableRun[];
}

/** Writes the page from one run or several: a table that was measured again with all its cases takes the place of the one before, another stands beside it. */
export function writeMarkdown(recorded: readonly RecordedRun[]): void {
  const shown = recorded
    .flatMap((run, index) => run.tables.map((table) => ({ table, which: recorded.length > 1 ? `${index + 1}` : "" })))
    .filter(({ table }, at, all) => !all.slice(at + 1).some((later) => replaces(later.table, table)));
  const parts = [
    `# Benchmark results`,
    ...recorded.flatMap((run, index) => [...(recorded.length > 1 ? [`## Run ${index + 1}`] : []), describeRun(run)]),
    "Ratios are paired: each is over the base in the same round. min / median / max are over all rounds. How it is measured: [README.md](./README.md).",
    `## Goals`,
    renderMarkdown(gridOfGoals(shown)),
    readFileSync(join(BENCH, "findings.md"), "utf8").trim(),
    ...shown.flatMap(({ table, which }) => describeTable(table, which)),
  ];
  const path = join(BENCH, "RESULTS.md");
  writeFileSync(path, `${parts.join("\n\n")}\n`);
  console.log(path);
}

function replaces(later: TableRun, earlier: TableRun): boolean {
  const measured = new Set(later.cases.map(({ name }) => name));
  return later.table.name === earlier.table.name && earlier.cases.every(({ name }) => measured.has(name));
}

/** Reads what runs have recorded in `results/`. */
export function readRuns(paths: readonly string[]): RecordedRun[] {
  return paths.map((path) => JSON.parse(readFileSync(path, "utf8")) as RecordedRun);
}

/** A table, and the number of its run where there are several. */
interface Shown {
  readonly table: TableRun;
  readonly which: string;
}

function gridOfGoals(shown: readonly Shown[]): string[][] {
  const rows = shown.flatMap(({ table: run, which }) =>
    computeFigures(run).goals.map(({ goal, value, met }) => [
      run.table.name,
      which,
      goal.case,
      describeGoal(goal, run.table),
      ...(value ? [value.min, value.median, value.max].map((one) => one.toFixed(2)) : ["", "", ""]),
      met === null ? "not measured" : met ? "met" : "**missed**",
    ]),
  );
  return [["table", "run", "case", "goal", "min", "median", "max", ""], ...rows];
}

function describeRun({ command, startedAt, options, machine }: Head): string {
  const versions = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  const { rounds, sliceMs, repeats, warmMs } = options;
  return [
    `\`${command}\` on ${startedAt.slice(0, 10)}, claimgate at ${machine.commit}: ${rounds} rounds of ${sliceMs} ms a case after ${warmMs} ms of warming up, processes started ${repeats === 1 ? "once" : `${repeats} times`}.`,
    `Node ${machine.node} (V8 ${machine.v8}, OpenSSL ${machine.openssl}) on ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB, ${machine.kernel}; load before the run ${machine.load}.`,
    `${versions.join(", ")}.`,
  ].join("\n\n");
}

function describeTable(run: TableRun, which: string): string[] {
  const place = which === "" ? "" : `, run ${which}`;
  const notes = footnotesOf(run).map((line) => `- ${line}`);
  return [
    `## ${run.table.name}${place}`,
    `${run.table.title}. Base: ${run.table.base}.`,
    renderMarkdown(gridOf(run, computeFigures(run))),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
  ];
}
