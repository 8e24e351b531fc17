/** Renders the matrix as Markdown and writes it into the README. */
import type { Outcome } from "./outcome.ts";

/** A table. The first cells of each row are its head. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly {
    readonly head: readonly string[];
    /** The footnote of the row. */
    readonly note?: string | undefined;
    readonly cells: readonly (Outcome | undefined)[];
  }[];
}

const START = "<!-- matrix -->";
const END = "<!-- /matrix -->";

/** Renders the tables one below the other, with one footnote for each different reason. */
export function renderTables(tables: readonly Table[]): string {
  const reasons: string[] = [];
  const refer = (reason: string): string => {
    if (!reasons.includes(reason)) reasons.push(reason);
    return ` <sup>${reasons.indexOf(reason) + 1}</sup>`;
  };
  const mark = (outcome: Outcome | undefined): string => {
    if (outcome === undefined) return "";
    if (outcome.kind === "failed") return "✗";
    if (outcome.kind === "ruled out") return `—${refer(outcome.why)}`;
    return `✓${outcome.note === undefined ? "" : refer(outcome.note)}`;
  };
  const texts = tables.map(({ head, rows }) =>
    [
      row(head),
      row(head.map(() => "---")),
      ...rows.map(({ head: [first = "", ...names], note, cells }) =>
        row([`${first}${note === undefined ? "" : refer(note)}`, ...names, ...cells.map(mark)]),
      ),
    ].join("\n"),
  );
  const notes = reasons.map((why, i) => `<sup>${i + 1}</sup> ${why}`).join("  \n");
  return [...texts, ...(notes === "" ? [] : [notes])].join("\n\n");
}

/**
 * Returns `readme` with `text` between the markers.
 *
 * @throws {Error} if a marker is missing
 */
export function replaceMatrix(readme: string, text: string): string {
  const start = readme.indexOf(START);
  const end = readme.indexOf(END, start);
  if (start < 0 || end < 0) throw new Error(`the README must contain ${START} and, after it, ${END}`);
  return `${readme.slice(0, start + START.length)}\n${text}\n${readme.slice(end)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}
