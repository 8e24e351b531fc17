/** Writes grids of figures as text with aligned columns, or as Markdown. */
import type { Table } from "../harness/types.ts";
import type { Runs } from "./run-table.ts";
import { cpuOf, extraOf, extrasOf, type Range, ratioOf } from "./statistics.ts";

/** Rows of cells. The first row is the header. */
export type Grid = readonly (readonly string[])[];

/** A row for each case of a table. */
export function gridOf({ base, netOf, unit }: Table, runs: Runs): Grid {
  const names = [...runs.values()].filter(({ lost }) => !lost).map(({ name }) => name);
  const extras = [...new Set([...runs.values()].flatMap(extrasOf))];
  const rows = names.map((name) => [
    name,
    formatMedian(cpuOf(runs, name)),
    ...(netOf === undefined ? [] : [name === netOf ? "" : formatMedian(cpuOf(runs, name, netOf))]),
    ...formatSpread(name === netOf ? null : ratioOf(runs, name, base, netOf)),
    ...extras.map((extra) => formatMedian(extraOf(runs, name, extra))),
  ]);
  const net = netOf === undefined ? [] : ["net"];
  return [["case", `CPU µs/${unit}`, ...net, "CPU ratio", "min", "max", ...extras], ...rows];
}

/** The lines below a grid: why cases are missing, and notes. */
export function footnotesOf(table: Table, runs: Runs): string[] {
  const net = table.netOf ? [`Net and ratios: less the CPU time of ${table.netOf} in the same round.`] : [];
  const notes = table.cases.flatMap(({ name, note }) => (note ? [`${name}: ${note}`] : []));
  return [...lossesOf(runs), ...net, ...notes, ...(table.notes ?? [])];
}

/** One line for each case that did not run to its end. */
export function lossesOf(runs: Runs): string[] {
  return [...runs.values()].flatMap(({ name, lost }) =>
    lost ? [`${lost.is.toUpperCase()} ${name}: ${lost.reason.split("\n").slice(0, 4).join("\n")}`] : [],
  );
}

export function renderText(grid: Grid): string {
  const widths = (grid[0] ?? []).map((_, column) => Math.max(...grid.map((row) => (row[column] ?? "").length)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  return grid.map((row) => `  ${row.map(pad).join("  ")}`.trimEnd()).join("\n");
}

export function renderMarkdown(grid: Grid): string {
  const [header = [], ...rows] = grid;
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Median, min and max in three cells. */
export function formatSpread(range: Range | null): [string, string, string] {
  return range ? [formatRatio(range.median), formatRatio(range.min), formatRatio(range.max)] : ["", "", ""];
}

/** The median in one cell. */
export function formatMedian(range: Range | null): string {
  return range ? formatNumber(range.median) : "";
}

export function formatRatio(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toFixed(2);
}

export function formatNumber(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return value === 0 ? "0" : value.toPrecision(3);
}
