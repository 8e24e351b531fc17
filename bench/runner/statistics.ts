/** Turns samples into figures: net CPU time per unit, and ratios of two cases in one round. */
import type { CaseRun, Runs } from "./run-table.ts";

export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** The CPU time of `name` over that of `over`, round by round. Null if one of them did not run. */
export function ratioOf(runs: Runs, name: string, over: string, netOf?: string): Range | null {
  const [above, below] = [roundsOf(runs, name, netOf), roundsOf(runs, over, netOf)];
  if (!above || !below) return null;
  return rangeOf(above.map((us, round) => us / (below[round] ?? Number.NaN)));
}

/** A further count of `name` over that of `over`, round by round. Null if one of them has none. */
export function extraRatioOf(runs: Runs, name: string, over: string, extra: string): Range | null {
  const [above, below] = [countsOf(runs, name, extra), countsOf(runs, over, extra)];
  if (above.length === 0 || below.length === 0) return null;
  return rangeOf(above.map((count, round) => count / (below[round] ?? Number.NaN)));
}

/**
 * CPU microseconds per unit, less those of `netOf` in the same round. Null if one of them did not
 * run.
 */
export function cpuOf(runs: Runs, name: string, netOf?: string): Range | null {
  const rounds = roundsOf(runs, name, netOf);
  return rounds && rangeOf(rounds);
}

/** The names of all further counts of a case. */
export function extrasOf({ samples }: CaseRun): string[] {
  return [...new Set(samples.flatMap(({ extra }) => Object.keys(extra ?? {})))];
}

/** A further count of a case. Null if it did not run. */
export function extraOf(runs: Runs, name: string, extra: string): Range | null {
  const counts = countsOf(runs, name, extra);
  return counts.length === 0 ? null : rangeOf(counts);
}

export function rangeOf(values: readonly number[]): Range {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return {
    min: sorted[0] ?? Number.NaN,
    median: ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2,
    max: sorted.at(-1) ?? Number.NaN,
  };
}

function roundsOf(runs: Runs, name: string, netOf?: string): number[] | null {
  const run = completeRun(runs, name);
  if (!run) return null;
  if (netOf === undefined || netOf === name) return perUnit(run);
  const loop = completeRun(runs, netOf);
  if (!loop) return null;
  const own = perUnit(loop);
  return perUnit(run).map((us, round) => us - (own[round] ?? Number.NaN));
}

function countsOf(runs: Runs, name: string, extra: string): number[] {
  const counts = completeRun(runs, name)?.samples.map((sample) => sample.extra?.[extra]) ?? [];
  return counts.filter((count) => count !== undefined);
}

function completeRun(runs: Runs, name: string): CaseRun | null {
  const run = runs.get(name);
  return run && !run.lost ? run : null;
}

function perUnit({ samples, perCall }: CaseRun): number[] {
  return samples.map(({ cpuUs, calls }) => cpuUs / calls / perCall);
}
