/** Measures the rows of the release table and judges them by their medians. */
import type { Table } from "../harness/types.ts";
import { MAX_ROWS, RELEASE_ROWS, type ReleaseRow } from "../release.ts";
import { formatNumber, formatRatio, type Grid, lossesOf } from "./render.ts";
import { type RunOptions, type Runs, runContenders } from "./run-table.ts";
import { keepCases, selectTables } from "./select.ts";
import { extraOf, type Range, ratioOf } from "./statistics.ts";

export interface Release {
  readonly grid: Grid;
  /** Why goals were missed, one line for each reason. */
  readonly notes: readonly string[];
  readonly runs: readonly Runs[];
  /** Whether every row has a figure. */
  readonly isComplete: boolean;
}

/** The tables that the rows need, each with the cases of its rows alone. */
export async function selectRelease(rows: readonly ReleaseRow[], compiled: string): Promise<Table[]> {
  const names = [...new Set(rows.map(({ table }) => table))];
  const tables = await selectTables(names, compiled);
  return tables.map((table) => {
    const own = rows.filter((row) => row.table === table.name);
    return keepCases(
      table,
      own.flatMap((row) => (row.over === undefined ? [row.case] : [row.case, row.over])),
    );
  });
}

/** Runs all tables, then fills in the rows. */
export async function measureRelease(compiled: string, options: RunOptions): Promise<Release> {
  if (RELEASE_ROWS.length > MAX_ROWS) throw new Error(`the release table has more than ${MAX_ROWS} rows`);
  const tables = new Map<string, { readonly table: Table; readonly runs: Runs }>();
  for (const table of await selectRelease(RELEASE_ROWS, compiled)) {
    console.error(`${table.name} ...`);
    const contenders = table.cases.map((one) => ({ name: one.name, table: table.name, one, compiled }));
    const runs = await runContenders(contenders, options);
    for (const line of lossesOf(runs)) console.error(`  ${line}`);
    tables.set(table.name, { table, runs });
  }
  const judged = RELEASE_ROWS.map((row) => {
    const { table, runs } = tables.get(row.table) ?? {};
    const value = table && runs ? valueOf(row, table, runs) : null;
    return { row, value, verdict: judge(row, value) };
  });
  const reasons = judged.flatMap(({ row, verdict }) => (verdict === MISSED && row.ifMissed ? [row.ifMissed] : []));
  return {
    grid: [
      ["what", "over", "CPU ratio, median (min to max)", "goal", "verdict"],
      ...judged.map(({ row, value, verdict }) => [
        row.what,
        row.over ?? "(a count)",
        value ? describeValue(row, value) : "",
        row.goal === undefined ? "" : `≤ ${row.goal}`,
        verdict,
      ]),
    ],
    notes: [...new Set(reasons)],
    runs: [...tables.values()].map(({ runs }) => runs),
    isComplete: judged.every(({ value }) => value !== null),
  };
}

const MISSED = "missed";

function valueOf(row: ReleaseRow, { netOf }: Table, runs: Runs): Range | null {
  return row.over === undefined ? extraOf(runs, row.case, row.count) : ratioOf(runs, row.case, row.over, netOf);
}

function judge({ goal }: ReleaseRow, value: Range | null): string {
  if (!value) return "not measured";
  if (goal === undefined) return "";
  return value.median <= goal ? "met" : MISSED;
}

function describeValue({ count }: ReleaseRow, { median, min, max }: Range): string {
  if (count === undefined) return `${formatRatio(median)} (${formatRatio(min)} to ${formatRatio(max)})`;
  return `${formatNumber(median)} ${count} (${formatNumber(min)} to ${formatNumber(max)})`;
}
