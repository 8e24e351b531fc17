/** `npm run drill`: runs the long session drills on every reachable store and prints a table. */
import { DRILLS } from "../test/drills/sessions/drills.ts";

const [only] = process.argv.slice(2);
let failed = 0;
const rows: string[][] = [["drill", "store", "counts", "verdict"]];

for (const one of DRILLS) {
  const { drill, store } = one;
  if (only !== undefined && drill !== only) continue;
  const reason = one.probe();
  if (reason !== undefined) {
    if (process.env["REQUIRE_SERVICES"] === "1") failed++;
    rows.push([drill, store, "", `SKIPPED: ${reason}`]);
    continue;
  }
  console.error(`${drill} on ${store} ...`);
  const { counts, violations } = await one.run("long");
  if (violations.length > 0) failed++;
  const said = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  rows.push([drill, store, said.join(", "), violations.length === 0 ? "ok" : `FAILED: ${violations[0]}`]);
  for (const violation of violations) console.error(`  ${violation}`);
}

const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
if (rows.length === 1) failed++;
process.exitCode = failed === 0 ? 0 : 1;
