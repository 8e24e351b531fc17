/** Keeps `RESULTS.md`: one section for each version of claimgate, the newest first. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PREVIOUS } from "../release/row.ts";
import { BENCH, ROOT } from "./paths.ts";
import { type Grid, renderMarkdown } from "./render.ts";

export interface Section {
  readonly command: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly commit: string;
  readonly machine: string;
  /** The versions of the packages. */
  readonly peers: string;
  readonly grid: Grid;
  /** Lines below the table. */
  readonly notes: readonly string[];
}

const INTRODUCTION = `# Benchmark results

\`npm run bench -- --write\` writes the section of the current version. A ratio is the figure of a case over that of its base in the same
round, mostly the CPU time, so lower is better. A verdict judges the median of all rounds. [README.md](./README.md) says how it is measured.`;
const UNRELEASED = "Unreleased";

/**
 * Writes the section of the version in `package.json`, in place of an older one of the same
 * version. Until that version has changed since the previous release, the section is "Unreleased".
 */
export function writeSection(section: Section): void {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  const path = join(BENCH, "RESULTS.md");
  const others = existsSync(path) ? readSections(readFileSync(path, "utf8")) : new Map<string, string>();
  const name = version === PREVIOUS.version ? UNRELEASED : version;
  for (const replaced of [name, UNRELEASED]) others.delete(replaced);
  const sections = [renderSection(name, section), ...others.values()];
  writeFileSync(path, `${[INTRODUCTION, ...sections].join("\n\n")}\n`);
  console.log(`\n${path}: wrote ${name}`);
}

function renderSection(name: string, { command, date, commit, machine, peers, grid, notes }: Section): string {
  return [
    `## ${name}`,
    `\`${command}\` on ${date}, commit ${commit}.`,
    `${machine}.`,
    `${peers}.`,
    renderMarkdown(grid),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join("\n")]),
  ].join("\n\n");
}

/** The sections of the page by their version. */
function readSections(page: string): Map<string, string> {
  const sections = page.split(/^(?=## )/m).slice(1);
  return new Map(sections.map((text) => [text.slice("## ".length, text.indexOf("\n")), text.trim()]));
}
