/** Runs the cases of a table: all processes stay alive, and they work in turn, slice by slice. */
import type { Sample } from "../harness/types.ts";
import { type Lost, type Running, type Source, startCase } from "./case-process.ts";

export interface RunOptions {
  /**
   * Times that all processes start anew: processes of identical code differ more than rounds of one
   * process.
   */
  readonly starts: number;
  /** Slices of each case per start. */
  readonly rounds: number;
  readonly sliceMs: number;
  readonly warmMs: number;
}

/**
 * A case to run. `name` is unique in the run; it differs from the case's own name when two commits
 * run the same case.
 */
export interface Contender extends Source {
  readonly name: string;
}

/** The samples of one contender, one for each round of each start. */
export interface CaseRun {
  readonly name: string;
  perCall: number;
  /** The servers that the case used. */
  about?: string;
  readonly samples: Sample[];
  /** Set when the case did not run to its end. */
  lost?: Lost;
}

export type Runs = ReadonlyMap<string, CaseRun>;

/** A contender that fails is marked as lost; the others run on. */
export async function runContenders(contenders: readonly Contender[], options: RunOptions): Promise<Runs> {
  const runs = new Map(contenders.map(({ name }): [string, CaseRun] => [name, { name, perCall: 1, samples: [] }]));
  for (let start = 0; start < options.starts; start++) {
    const started = await startAll(takeTurns(contenders, start), runs, options.warmMs);
    for (let round = 0; round < options.rounds; round++)
      for (const { run, process } of takeTurns(started, round)) await takeSample(run, process, options.sliceMs);
    for (const { process } of started) await process.close();
  }
  return runs;
}

interface Started {
  readonly run: CaseRun;
  readonly process: Running;
}

/** One after the other, so that no process warms up beside another one. */
async function startAll(contenders: readonly Contender[], runs: Runs, warmMs: number): Promise<Started[]> {
  const started: Started[] = [];
  for (const contender of contenders) {
    const run = runs.get(contender.name);
    if (!run || run.lost) continue;
    const process = await startCase(contender, warmMs);
    if ("is" in process) {
      run.lost = process;
      continue;
    }
    run.perCall = process.perCall;
    if (process.about !== undefined) run.about = process.about;
    started.push({ run, process });
  }
  return started;
}

async function takeSample(run: CaseRun, process: Running, ms: number): Promise<void> {
  if (run.lost) return;
  try {
    run.samples.push(await process.slice(ms));
  } catch (error) {
    run.lost = { is: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Rotates and reverses, so that a case is not always first, nor always after the same neighbour.
 */
function takeTurns<T>(all: readonly T[], turn: number): readonly T[] {
  const start = all.length === 0 ? 0 : turn % all.length;
  const rotated = [...all.slice(start), ...all.slice(0, start)];
  return turn % 2 === 0 ? rotated : rotated.toReversed();
}
