/** Writes `RESULTS.md`: the goals at the top, then how the run was made, then every table. */
import { writeFileSync } from "node:fs";
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

export function writeMarkdown(head: Head, runs: readonly TableRun[]): void {
  const parts = [
    `# Benchmark results`,
    describeRun(head),
    `## Goals`,
    renderMarkdown(gridOfGoals(runs)),
    ...runs.flatMap(describeTable),
  ];
  const path = join(BENCH, "RESULTS.md");
  writeFileSync(path, `${parts.join("\n\n")}\n`);
  console.log(path);
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
    "Ratios are paired: each is over the base in the same round. min / median / max are over all rounds. How it is measured: [README.md](./README.md).",
  ].join("\n\n");
}

function describeTable(run: TableRun): string[] {
  const notes = footnotesOf(run).map((line) => `- ${line}`);
  return [
    `## ${run.table.name}`,
    `${run.table.title}. Base: ${run.table.base}.`,
    renderMarkdown(gridOf(run, computeFigures(run))),
    ...(notes.length > 0 ? [notes.join("\n")] : []),
  ];
}
