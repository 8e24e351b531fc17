/** Measures the rows of the release table. */
import type { Table } from "../harness/types.ts";
import { PREVIOUS, type ReleaseRow } from "../release/row.ts";
import { RELEASE_ROWS } from "../release/rows.ts";
import { type Copies, contendHere, contendThere, prepareOther } from "./contenders.ts";
import { explainMissed, gridOfRows, judge, type Measured } from "./judge.ts";
import { readLoad } from "./machine.ts";
import { type Grid, lossesOf } from "./render.ts";
import { type Contender, type RunOptions, type Runs, runContenders } from "./run-table.ts";
import { keepCases, selectTables } from "./select.ts";

export interface Release {
  readonly grid: Grid;
  /** The servers that cases used, then why goals were missed. */
  readonly notes: readonly string[];
  readonly runs: readonly Runs[];
  /** Whether every row has a figure. */
  readonly isComplete: boolean;
  /** The load after each table. */
  readonly loads: readonly number[];
}

/** The rows whose first column or table contains one of `texts`; without any, all rows. */
export function selectRows(texts: readonly string[] | undefined): readonly ReleaseRow[] {
  if (!texts) return RELEASE_ROWS;
  const rows = RELEASE_ROWS.filter(({ what, table }) =>
    texts.some((text) => what.includes(text) || table.includes(text)),
  );
  if (rows.length > 0) return rows;
  throw new Error(`no row has "${texts.join('" or "')}"; the rows are:\n${RELEASE_ROWS.map(nameRow).join("\n")}`);
}

/** The tables that the rows need, each with the cases of its rows alone. */
export async function selectRelease(rows: readonly ReleaseRow[], compiled: string): Promise<Table[]> {
  const names = [...new Set(rows.map(({ table }) => table))];
  const tables = await selectTables(names, compiled);
  return tables.map((table) =>
    keepCases(
      table,
      rows.filter((row) => row.table === table.name).flatMap((row) => [row.case, ...baseOf(row)]),
    ),
  );
}

/** Runs the tables of the rows, then fills in the rows. */
export async function measureRelease(
  rows: readonly ReleaseRow[],
  compiled: string,
  options: RunOptions,
): Promise<Release> {
  const tables = await selectRelease(rows, compiled);
  const comparesReleases = rows.some(({ over }) => over === PREVIOUS);
  const other = comparesReleases ? prepareOther(PREVIOUS.commit, compiled) : "";
  const copies: Copies = { compiled, other, commit: PREVIOUS.version };
  const measured = new Map<string, Measured>();
  const loads: number[] = [];
  for (const table of tables) {
    console.error(`${table.name} ...`);
    const runs = await runContenders(contendersOf(table, rows, copies), options);
    for (const line of lossesOf(runs)) console.error(`  ${line}`);
    measured.set(table.name, { table, runs });
    loads.push(readLoad());
  }
  const judged = rows.map((row) => judge(row, measured.get(row.table)));
  const runs = [...measured.values()].map((one) => one.runs);
  const servers = new Set(runs.flatMap((one) => [...one.values()].flatMap(({ about }) => about ?? [])));
  return {
    grid: gridOfRows(judged),
    notes: [...servers, ...explainMissed(judged)],
    runs,
    isComplete: judged.every(({ value }) => value !== null),
    loads,
  };
}

function contendersOf(table: Table, rows: readonly ReleaseRow[], copies: Copies): Contender[] {
  const compared = new Set(rows.filter((row) => row.over === PREVIOUS).map((row) => `${row.table}: ${row.case}`));
  return table.cases.flatMap((one) => {
    const here = contendHere(table, one, copies.compiled);
    return compared.has(`${table.name}: ${one.name}`) ? [here, contendThere(table, one, copies)] : [here];
  });
}

function baseOf({ over }: ReleaseRow): string[] {
  return typeof over === "string" ? [over] : [];
}

function nameRow({ what, over }: ReleaseRow): string {
  return typeof over === "string" ? `${what}, over ${over}` : what;
}
