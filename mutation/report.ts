/** Writes REPORT.md: the score of each file, and why its survivors survive. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GROUPS } from "./groups.ts";
import { explain, isKilled, type Mutant, readResults } from "./results.ts";

const REPORT = fileURLToPath(new URL("REPORT.md", import.meta.url));

const INTRO = `# Mutants

\`npm run mutation -- --write\` writes this page; [README.md](./README.md) says how. A *killed* mutant made a test fail. An *explained* one survives
for a reason below. An *open* one survived the latest run and has no reason yet.
`;

/** Writes the report from the latest results of every group. */
export function writeReport(): void {
  const all = Object.keys(GROUPS).flatMap(readResults);
  const files = [...new Set(all.map(({ file }) => file))].map(
    (name) => [name, all.filter(({ file }) => file === name)] as const,
  );
  const table = [
    "| file | mutants | killed | explained | open | killed or explained |",
    "|---|---:|---:|---:|---:|---:|",
    ...files.map(([name, mutants]) => scoreRow(`\`${name}\``, mutants)),
    scoreRow("all", all),
  ];
  const reasons = files.flatMap(([file, mutants]) => reasonsOf(file, mutants));
  writeFileSync(REPORT, `${[INTRO, ...table, "", "## Survivors", "", ...reasons].join("\n").trimEnd()}\n`);
}

function scoreRow(name: string, mutants: readonly Mutant[]): string {
  const { unexplained } = explain(mutants);
  const killed = mutants.filter(isKilled).length;
  const explained = mutants.length - killed - unexplained.length;
  const percent = ((100 * (killed + explained)) / mutants.length).toFixed(1);
  return `| ${[name, mutants.length, killed, explained, unexplained.length, `${percent} %`].join(" | ")} |`;
}

function reasonsOf(file: string, mutants: readonly Mutant[]): string[] {
  const reasons = [...explain(mutants).explained].map(
    ([{ why }, survivors]) => `${why}\n\n${survivors.map(({ from, to }) => `    - ${from}\n    + ${to}\n`).join("\n")}`,
  );
  return reasons.length === 0 ? [] : [`### ${file}`, "", ...reasons];
}
