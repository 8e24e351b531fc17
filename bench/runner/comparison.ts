/** Compares claimgate of the working tree with another commit, in the same rounds. */
import type { Table } from "../harness/types.ts";
import { type Copies, contendHere, contendThere, nameOther } from "./contenders.ts";
import { formatMedian, formatRatio, formatSpread, lossesOf, renderText } from "./render.ts";
import { type Contender, type RunOptions, type Runs, runContenders } from "./run-table.ts";
import { measuresClaimgate } from "./select.ts";
import { cpuOf, rangeOf, ratioOf } from "./statistics.ts";

/**
 * Measures all claimgate cases of `tables` on both copies and prints the CPU ratios of this one
 * over the other.
 */
export async function compare(tables: readonly Table[], copies: Copies, options: RunOptions): Promise<Runs[]> {
  const { commit } = copies;
  const all: Runs[] = [];
  const medians: number[] = [];
  for (const table of tables) {
    const subjects = table.cases.filter(measuresClaimgate).map(({ name }) => name);
    if (subjects.length === 0) continue;
    const runs = await runContenders(contendersOf(table, copies), options);
    all.push(runs);
    const rows = subjects.map((name) => {
      const other = nameOther(name, commit);
      const ratio = ratioOf(runs, name, other, table.netOf);
      if (ratio) medians.push(ratio.median);
      const times = [name, other].map((one) => cpuOf(runs, one, table.netOf));
      return [name, ...times.map(formatMedian), ...formatSpread(ratio)];
    });
    const header = ["case", `CPU µs/${table.unit}`, `at ${commit}`, "ratio", "min", "max"];
    console.log(`\n${table.name}: ${table.title}\n${renderText([header, ...rows])}`);
    for (const line of lossesOf(runs)) console.log(`  ${line}`);
  }
  const { median, min, max } = rangeOf(medians);
  if (medians.length > 0)
    console.log(
      `\nthis working tree over ${commit}: ratios ${formatRatio(min)} to ${formatRatio(max)}, median ${formatRatio(median)}`,
    );
  return all;
}

function contendersOf(table: Table, copies: Copies): Contender[] {
  return table.cases.flatMap((one): Contender[] => {
    const here = contendHere(table, one, copies.compiled);
    if (one.name === table.netOf) return [here];
    return measuresClaimgate(one) ? [here, contendThere(table, one, copies)] : [];
  });
}
