/** Figures as text: one grid for a table, printed with aligned columns or as Markdown. */

import type { Goal, Table } from "../harness/types.ts";
import type { TableRun } from "./run-table.ts";
import type { CaseFigures, GoalFigures, Range, TableFigures } from "./statistics.ts";

export type Grid = readonly (readonly string[])[];

/** The first row is the header. */
export function gridOf({ table, cases: runs }: TableRun, { cases, goals }: TableFigures): Grid {
  const extras = [...new Set(cases.flatMap(({ extra }) => Object.keys(extra)))];
  const hasNet = cases.some(({ netUs }) => netUs);
  const hasRepeats = cases.some(({ ratioByRepeat }) => ratioByRepeat);
  const what = table.measure === "cpu" ? "CPU µs" : "µs";
  const header = [
    "case",
    `${what}/${table.unit}`,
    ...(hasNet ? ["net"] : []),
    "ratio min",
    "median",
    "max",
    ...(hasRepeats ? ["medians of repeats"] : []),
    ...(table.measure === "cpu" ? [] : [`CPU µs/${table.unit}`, "CPU ratio"]),
    ...extras,
    "goal",
  ];
  const row = (one: CaseFigures): string[] => [
    one.name,
    formatNumber(one.us.median),
    ...(hasNet ? [one.netUs ? formatNumber(one.netUs.median) : ""] : []),
    ...(one.ratio ? formatRange(one.ratio) : ["", "", ""]),
    ...(hasRepeats
      ? [one.ratioByRepeat ? `${formatRatio(one.ratioByRepeat.min)} to ${formatRatio(one.ratioByRepeat.max)}` : ""]
      : []),
    ...(table.measure === "cpu"
      ? []
      : [formatNumber(one.cpuUs.median), one.cpuRatio ? formatRatio(one.cpuRatio.median) : ""]),
    ...extras.map((name) => (one.extra[name] ? formatNumber(one.extra[name].median) : "")),
    goals
      .filter(({ goal }) => goal.case === one.name)
      .map((goal) => formatGoal(goal, table))
      .join("; "),
  ];
  const lost = runs.flatMap((run): string[][] => {
    if (!run.lost) return [];
    return [[run.name, run.lost.is === "skipped" ? "SKIPPED" : "FAILED", ...header.slice(2).map(() => "")]];
  });
  return [header, ...cases.map(row), ...lost];
}

/** What stands beneath the grid: why cases are missing, and notes. */
export function footnotesOf({ table, cases: runs }: TableRun): string[] {
  const lost = runs.flatMap(({ name, lost }) =>
    lost ? [`${lost.is.toUpperCase()} ${name}: ${shorten(lost.reason)}`] : [],
  );
  const notes = table.cases.flatMap(({ name, note }) => (note ? [`${name}: ${note}`] : []));
  const net = table.netOf ? [`Ratios are of the times less those of ${table.netOf} in the same round.`] : [];
  return [...lost, ...net, ...notes, ...(table.notes ?? [])];
}

export function renderText(grid: Grid): string {
  const widths = (grid[0] ?? []).map((_, column) => Math.max(...grid.map((row) => (row[column] ?? "").length)));
  const last = widths.length - 1;
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 || column === last ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  ");
  return grid.map((row) => `  ${line(row)}`.trimEnd()).join("\n");
}

export function renderMarkdown(grid: Grid): string {
  const [header = [], ...rows] = grid;
  const rule = header.map((_, column) => (column === 0 || column === header.length - 1 ? "---" : "---:"));
  return [header, rule, ...rows].map(markdownRow).join("\n");
}

function markdownRow(row: readonly string[]): string {
  return `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

/** Such as `≤ 1.05 of jose jwtVerify: 1.02 (1.00 to 1.04), met`. */
export function formatGoal({ goal, value, met }: GoalFigures, table: Table): string {
  if (met === null || !value) return `${describeGoal(goal, table)}: not measured`;
  const [median, min, max] = [value.median, value.min, value.max].map(formatRatio);
  return `${describeGoal(goal, table)}: ${median} (${min} to ${max}), ${met ? "met" : "MISSED"}`;
}

export function describeGoal({ of = "ratio", against, atMost, atLeast }: Goal, table: Table): string {
  const bounds = [
    ...(atMost === undefined ? [] : [`≤ ${atMost}`]),
    ...(atLeast === undefined ? [] : [`≥ ${atLeast}`]),
  ].join(" and ");
  if (of === "ratio") return `${bounds} of ${against ?? table.base}`;
  if (of === "speedup") return `${bounds} times as fast as ${against ?? table.base}`;
  return `${of} ${bounds}`;
}

/** The message and where it was thrown; all of it is in the JSON. */
function shorten(reason: string): string {
  return reason.split("\n").slice(0, 4).join("\n");
}

function formatRange({ min, median, max }: Range): [string, string, string] {
  return [formatRatio(min), formatRatio(median), formatRatio(max)];
}

function formatRatio(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return value === 0 ? "0" : value.toPrecision(3);
}
