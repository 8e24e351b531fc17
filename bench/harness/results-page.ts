/** Writes `RESULTS.md`: the goals at the top, then how the run was made, then every table. */
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

/** Writes the page from one run or several: of a table that was measured again the last measurement counts. */
export function writeMarkdown(recorded: readonly RecordedRun[]): void {
  const latest = new Map(
    recorded.flatMap((run, index) => run.tables.map((table) => [table.table.name, { table, index }])),
  );
  const runs = [...latest.values()].map(({ table }) => table);
  const isOfMany = recorded.length > 1;
  const parts = [
    `# Benchmark results`,
    ...recorded.flatMap((run, index) => [...(isOfMany ? [`## Run ${index + 1}`] : []), describeRun(run)]),
    "Ratios are paired: each is over the base in the same round. min / median / max are over all rounds. How it is measured: [README.md](./README.md).",
    `## Goals`,
    renderMarkdown(gridOfGoals(runs)),
    ...[...latest.values()].flatMap(({ table, index }) => describeTable(table, isOfMany ? ` Run ${index + 1}.` : "")),
  ];
  const path = join(BENCH, "RESULTS.md");
  writeFileSync(path, `${parts.join("\n\n")}\n`);
  console.log(path);
}

/** Reads what runs have recorded in `results/`. */
export function readRuns(paths: readonly string[]): RecordedRun[] {
  return paths.map((path) => JSON.parse(readFileSync(path, "utf8")) as RecordedRun);
}

function gridOfGoals(runs: readonly TableRun[]): string[][] {
  const rows = runs.flatMap((run) =>
    computeFigures(run).goals.map(({ goal, value, met }) => [
      run.table.name,
      goal.case,
      describeGoal(goal, run.table),
      ...(value ? [value.min, value.median, value.max].map((one) => one.toFixed(2)) : ["", "", ""]),
      met === null ? "not measured" : met ? "met" : "**missed**",
    ]),
  );
  return [["table", "case", "goal", "min", "median", "max", ""], ...rows];
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
  const notes = footnotesOf(run).map((line) => `- ${line}`);
  return [
    `## ${run.table.name}`,
    `${run.table.title}. Base: ${run.table.base}.${which}`,
    renderMarkdown(gridOf(run, computeFigures(run))),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
  ];
}
