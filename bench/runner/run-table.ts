/** Runs a table: all its cases at once as processes, one of them at a time at work, slice by slice. */

import type { Case, Sample, Table } from "../harness/types.ts";
import { type Lost, type Running, startCase } from "./case-process.ts";

export interface RunOptions {
  /** Where the compiled cases are. */
  readonly compiled: string;
  readonly rounds: number;
  readonly sliceMs: number;
  /** How often all processes are started anew: identical code differs from process to process more than from round to round. */
  readonly repeats: number;
  readonly warmMs: number;
}

/** A case's samples: one list for each start of its process, each with one sample for each round. */
export interface CaseRun {
  readonly name: string;
  perCall: number;
  inFlight: number;
  readonly samples: Sample[][];
  /** Why it did not run, or not to its end. */
  lost?: Lost;
}

export interface TableRun {
  readonly table: Table;
  readonly cases: readonly CaseRun[];
}

/** Runs `table`. A case that fails is left out and says so; the others run on. */
export async function runTable(table: Table, options: RunOptions): Promise<TableRun> {
  const runs = table.cases.map((one): CaseRun => ({ name: one.name, perCall: 1, inFlight: 1, samples: [] }));
  for (let repeat = 0; repeat < options.repeats; repeat++) await runOnce(table, runs, options);
  return { table, cases: runs };
}

async function runOnce(table: Table, runs: readonly CaseRun[], options: RunOptions): Promise<void> {
  const started: { readonly run: CaseRun; readonly process: Running; readonly samples: Sample[] }[] = [];
  // One after the other: a process that warms up beside others learns from their noise.
  for (const [index, run] of runs.entries()) {
    if (run.lost) continue;
    const process = await startCase(table, table.cases[index] as Case, options);
    if ("is" in process) {
      run.lost = process;
      continue;
    }
    run.perCall = process.perCall;
    run.inFlight = process.inFlight;
    const samples: Sample[] = [];
    run.samples.push(samples);
    started.push({ run, process, samples });
  }
  for (let round = 0; round < options.rounds; round++)
    for (const { run, process, samples } of rotate(started, round)) {
      if (run.lost) continue;
      try {
        samples.push(await process.slice(options.sliceMs));
      } catch (error) {
        run.lost = { is: "failed", reason: error instanceof Error ? error.message : String(error) };
      }
    }
  for (const { process } of started) await process.close();
}

/** Nobody is always first, nor always behind the same neighbour's garbage. */
function rotate<T>(all: readonly T[], by: number): readonly T[] {
  if (all.length === 0) return all;
  const start = by % all.length;
  return [...all.slice(start), ...all.slice(0, start)];
}
