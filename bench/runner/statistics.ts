/** From samples to figures: per unit, net of what the loop costs, and as ratios of the same round. */

import type { Goal, Sample, Table } from "../harness/types.ts";
import type { CaseRun, TableRun } from "./run-table.ts";

export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface CaseFigures {
  readonly name: string;
  /** Microseconds per unit, as measured. */
  readonly us: Range;
  /** Microseconds per unit, less those of the case's `netOf`. Absent where nothing is subtracted. */
  readonly netUs?: Range;
  /** Absent for what others are net of, and where the base did not run. */
  readonly ratio?: Range;
  /** The range of the medians of the repeats, where there are several. */
  readonly ratioByRepeat?: Range;
  readonly cpuUs: Range;
  /** As `ratio`, but of the CPU time of the process: what another job on the machine disturbs less. */
  readonly cpuRatio?: Range;
  readonly extra: Readonly<Record<string, Range>>;
}

export interface GoalFigures {
  readonly goal: Goal;
  /** Absent where it could not be measured. */
  readonly value?: Range;
  readonly met: boolean | null;
}

export interface TableFigures {
  readonly cases: readonly CaseFigures[];
  readonly goals: readonly GoalFigures[];
}

export function computeFigures({ table, cases }: TableRun): TableFigures {
  const complete = new Map(cases.filter(({ lost }) => !lost).map((run) => [run.name, run]));
  const netted = new Set(table.cases.map((one) => netNameOf(table, one.name)));
  const figures = [...complete.values()].map((run): CaseFigures => {
    const pair = [run.name, table.base] as const;
    const ratios = netted.has(run.name) ? null : ratiosOf(table, complete, pair);
    const cpuRatios = netted.has(run.name) ? null : ratiosOf(table, complete, pair, "cpu");
    const net = netNameOf(table, run.name) === null ? null : unitsOf(table, complete, run.name);
    return {
      name: run.name,
      us: rangeOf(run.samples.flat().map((sample) => perUnit(run, sample, table.measure))),
      ...(net && { netUs: rangeOf(net.flat()) }),
      ...(ratios && { ratio: rangeOf(ratios.flat()) }),
      ...(ratios && ratios.length > 1 && { ratioByRepeat: rangeOf(ratios.map((one) => rangeOf(one).median)) }),
      cpuUs: rangeOf(run.samples.flat().map((sample) => perUnit(run, sample, "cpu"))),
      ...(cpuRatios && { cpuRatio: rangeOf(cpuRatios.flat()) }),
      extra: extrasOf(run),
    };
  });
  return { cases: figures, goals: (table.goals ?? []).map((goal) => judge(goal, table, complete)) };
}

function judge(goal: Goal, table: Table, complete: Runs): GoalFigures {
  const values = valuesOf(goal, table, complete);
  if (!values || values.length === 0) return { goal, met: null };
  const value = rangeOf(values);
  const { atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY } = goal;
  return { goal, value, met: value.median <= atMost && value.median >= atLeast };
}

function valuesOf(goal: Goal, table: Table, complete: Runs): number[] | null {
  const { of = "ratio", against = table.base } = goal;
  if (of === "ratio") return ratiosOf(table, complete, [goal.case, against])?.flat() ?? null;
  if (of === "speedup") return ratiosOf(table, complete, [against, goal.case])?.flat() ?? null;
  const samples = complete.get(goal.case)?.samples.flat() ?? [];
  return samples.map((sample) => sample.extra?.[of]).filter((value) => value !== undefined);
}

type Runs = ReadonlyMap<string, CaseRun>;

/** By repeat and round. Null where one of both did not run. */
function ratiosOf(
  table: Table,
  runs: Runs,
  [name, base]: readonly [string, string],
  measure = table.measure,
): number[][] | null {
  const [over, under] = [unitsOf(table, runs, name, measure), unitsOf(table, runs, base, measure)];
  if (!over || !under) return null;
  return over.map((rounds, repeat) => rounds.map((value, round) => value / (under[repeat]?.[round] ?? Number.NaN)));
}

/** Microseconds per unit, net, by repeat and round. */
function unitsOf(table: Table, runs: Runs, name: string, measure = table.measure): number[][] | null {
  const run = runs.get(name);
  const netName = netNameOf(table, name);
  const net = netName === null ? undefined : runs.get(netName);
  if (!run || (netName !== null && !net)) return null;
  return run.samples.map((rounds, repeat) =>
    rounds.map((sample, round) => {
      const loop = net?.samples[repeat]?.[round];
      return perUnit(run, sample, measure) - (net && loop ? perUnit(net, loop, measure) : 0);
    }),
  );
}

function netNameOf(table: Table, name: string): string | null {
  const { netOf = table.netOf ?? null } = table.cases.find((one) => one.name === name) ?? {};
  return netOf === name ? null : netOf;
}

function perUnit({ perCall }: CaseRun, sample: Sample, measure: "time" | "cpu" = "time"): number {
  return (measure === "cpu" ? sample.cpuUs : sample.ns / 1000) / sample.calls / perCall;
}

function extrasOf({ samples }: CaseRun): Record<string, Range> {
  const names = new Set(samples.flat().flatMap(({ extra }) => Object.keys(extra ?? {})));
  const valuesNamed = (name: string): number[] =>
    samples
      .flat()
      .map(({ extra }) => extra?.[name])
      .filter((value) => value !== undefined);
  return Object.fromEntries([...names].map((name) => [name, rangeOf(valuesNamed(name))]));
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
