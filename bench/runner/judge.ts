/** Judges the rows of the release table by their medians, and writes them as a grid. */
import type { Table } from "../harness/types.ts";
import type { ReleaseRow } from "../release/row.ts";
import { nameOther } from "./contenders.ts";
import { formatNumber, formatRatio, type Grid } from "./render.ts";
import type { Runs } from "./run-table.ts";
import { cpuOf, extraOf, extraRatioOf, type Range, ratioOf } from "./statistics.ts";

/** A table and its samples. */
export interface Measured {
  readonly table: Table;
  readonly runs: Runs;
}

export interface Judged {
  readonly row: ReleaseRow;
  /** The judged ratio or count. Null if the case did not run. */
  readonly value: Range | null;
  /** The medians with their units. */
  readonly measured: string;
}

export function judge(row: ReleaseRow, measured: Measured | undefined): Judged {
  if (!measured) return { row, value: null, measured: "" };
  return { row, value: valueOf(row, measured), measured: describeMedians(row, measured) };
}

export function gridOfRows(judged: readonly Judged[]): Grid {
  return [
    ["what", "over", "median (min to max)", "measured", "goal", "verdict"],
    ...judged.map(({ row, value, measured }) => [
      row.what,
      describeBase(row),
      value ? `${formatRatio(value.median)} (${formatRatio(value.min)} to ${formatRatio(value.max)})` : "",
      measured,
      row.goal === undefined ? "" : `≤ ${row.goal}`,
      verdictOf(row, value),
    ]),
  ];
}

/** A line for each reason, with the rows that missed their goal for it. */
export function explainMissed(judged: readonly Judged[]): string[] {
  const rows = new Map<string, string[]>();
  for (const { row, value } of judged) {
    if (missedBy(row, value) === null) continue;
    const { what, ifMissed = "The reason is not recorded yet." } = row;
    const named = typeof row.over === "string" ? `${what}, over ${row.over}` : what;
    rows.set(ifMissed, [...(rows.get(ifMissed) ?? []), named]);
  }
  return [...rows].map(([reason, names]) => `Missed: ${names.join("; ")}. ${reason}`);
}

function valueOf(row: ReleaseRow, { table, runs }: Measured): Range | null {
  if (row.over === undefined) return extraOf(runs, row.case, row.figure);
  const over = typeof row.over === "string" ? row.over : nameOther(row.case, row.over.version);
  return row.figure === undefined
    ? ratioOf(runs, row.case, over, table.netOf)
    : extraRatioOf(runs, row.case, over, row.figure);
}

function describeMedians({ case: name, figure, beside }: ReleaseRow, { table, runs }: Measured): string {
  const own = figure === undefined ? cpuOf(runs, name, table.netOf) : extraOf(runs, name, figure);
  const further = beside === undefined ? null : extraOf(runs, name, beside);
  const unit = figure ?? `CPU µs/${table.unit}`;
  return [own && `${formatNumber(own.median)} ${unit}`, further && `${formatNumber(further.median)} ${beside}`]
    .filter((text) => text !== null)
    .join(", ");
}

function describeBase({ over }: ReleaseRow): string {
  if (over === undefined) return "(a count)";
  return typeof over === "string" ? over : `claimgate ${over.version}`;
}

function verdictOf(row: ReleaseRow, value: Range | null): string {
  if (!value) return "not measured";
  if (row.goal === undefined) return "";
  const missed = missedBy(row, value);
  return missed === null ? "met" : `missed by ${Math.max(1, Math.round(missed * 100))} %`;
}

/** The part of the goal by which the median is above it. Null if it is not, or without a goal. */
function missedBy({ goal }: ReleaseRow, value: Range | null): number | null {
  return goal === undefined || !value || value.median <= goal ? null : value.median / goal - 1;
}
