/** The results of Stryker: what became of each mutant, and the survivors that nothing explains. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Explanation } from "./explained/explanation.ts";
import { EXPLANATIONS } from "./explained/index.ts";

/** The folder of the results. */
export const RESULTS: string = fileURLToPath(new URL(".results/", import.meta.url));

interface Position {
  readonly line: number;
  readonly column: number;
}

interface Reported {
  readonly status: string;
  readonly replacement?: string;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** A mutant: its place, the changed lines, and what became of it. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The place as Stryker's option `mutate` takes it. */
  readonly range: string;
  readonly status: string;
  readonly from: string;
  readonly to: string;
}

/** The mutants that no test noticed, by their explanation, and those without one. */
export interface Survivors {
  readonly explained: ReadonlyMap<Explanation, readonly Mutant[]>;
  readonly unexplained: readonly Mutant[];
}

// An error outside of a test fails the run of vitest too, and so does a test that never ends.
const NOTICED = ["Killed", "RuntimeError", "Timeout"];

/** Whether the tests noticed the mutant. */
export function isKilled({ status }: Mutant): boolean {
  return NOTICED.includes(status);
}

/** The mutants of a group in its latest runs. */
export function readResults(group: string): readonly Mutant[] {
  const file = `${RESULTS}${group}.json`;
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Mutant[]) : [];
}

/**
 * Keeps the report of a run. It replaces the earlier results of the same mutants, and those of the
 * same files if the run mutated whole files.
 */
export function keepReport(group: string, report: string, { isWhole }: { readonly isWhole: boolean }): void {
  const { files } = JSON.parse(readFileSync(report, "utf8")) as {
    files: Record<string, { source: string; mutants: readonly Reported[] }>;
  };
  const found = Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => describe(file, source.split("\n"), mutant)),
  );
  const before = readResults(group).filter(({ file }) => !isWhole || !(file in files));
  const all = new Map([...before, ...found].map((mutant) => [`${mutant.range} ${mutant.to}`, mutant]));
  writeFileSync(`${RESULTS}${group}.json`, JSON.stringify([...all.values()], undefined, 1));
}

/** Finds the explanation of each survivor. */
export function explain(mutants: readonly Mutant[]): Survivors {
  const explained = new Map<Explanation, Mutant[]>();
  const unexplained: Mutant[] = [];
  for (const mutant of mutants.filter((one) => !isKilled(one))) {
    const explanation = EXPLANATIONS.find((one) => one.file === mutant.file && covers(one, mutant));
    if (!explanation) unexplained.push(mutant);
    else explained.set(explanation, [...(explained.get(explanation) ?? []), mutant]);
  }
  return { explained, unexplained };
}

function covers({ mutants }: Explanation, { from, to }: Mutant): boolean {
  return mutants.some(([before, after]) => before === from && after === to);
}

function describe(file: string, lines: readonly string[], { status, replacement = "", location }: Reported): Mutant {
  const { start, end } = location;
  const from = lines.slice(start.line - 1, end.line).join("\n");
  const head = (lines[start.line - 1] ?? "").slice(0, start.column - 1);
  const tail = (lines[end.line - 1] ?? "").slice(end.column - 1);
  const range = `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`;
  return { file, line: start.line, range, status, from: onOneLine(from), to: onOneLine(head + replacement + tail) };
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
