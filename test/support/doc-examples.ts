/** The examples of doc comments in `src`, as modules that import the names they leave out. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../../scripts/run.ts";
import { SOURCES } from "./sources.ts";

/** An example of a doc comment. */
export interface DocExample {
  /** The place of its first line, such as `src/trpc/guard.ts:80`. */
  readonly place: string;
  /** The example, with imports before it. */
  readonly code: string;
}

/** The module of the names that examples use beside those of the entries. */
export const NAMES = "example-names.ts";

const COMMENT = /\/\*\*[\s\S]*?\*\//g;
const BLOCK = /@example\b[^\n]*\n\s*\* ?```ts\n([\s\S]*?)```/g;
const EXPORT_LIST = /^export (?:type |const )?\{([^}]*)\}/gm;
const EXPORT = /^export (?:declare |abstract )?(?:function|class|const|interface|type|\* as) (\w+)/gm;
const DECLARATION = /\b(?:const|let|class|function|type|interface) (\w+)/g;
const DECLARATION_LIST = /\b(?:import |import type |const )\{([^}]*)\}/g;

/** The examples of all files in `src`. */
export function readDocExamples(): DocExample[] {
  const modules = new Map(Object.entries(SOURCES).map(([entry, file]) => [entry, namesExportedBy(file)]));
  modules.set(`./${NAMES}`, namesExportedBy(join(ROOT, "test/docs", NAMES)));
  const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" });
  return files
    .filter((file) => file.endsWith(".ts"))
    .toSorted()
    .flatMap((name) => {
      const file = join(ROOT, "src", name);
      return examplesIn(readFileSync(file, "utf8")).map(({ line, example }) => ({
        place: `${relative(ROOT, file)}:${line}`,
        code: `${importsFor(example, file, modules)}\n${bodyOf(example)}\nexport {};\n`,
      }));
    });
}

function examplesIn(code: string): { readonly line: number; readonly example: string }[] {
  return [...code.matchAll(COMMENT)].flatMap(({ 0: comment, index: start }) =>
    [...comment.matchAll(BLOCK)].map(({ 0: block, 1: body = "", index }) => ({
      line: code.slice(0, start + index + block.indexOf(body)).split("\n").length,
      example: body.replaceAll(/^\s*\* ?/gm, "").trimEnd(),
    })),
  );
}

/** The example, in a function if it is the body of one. */
function bodyOf(example: string): string {
  return /^return\b/m.test(example) ? `export async function example(): Promise<unknown> {\n${example}\n}` : example;
}

/** Imports the names that an example leaves out: from the entry of its file, if that has them. */
function importsFor(example: string, file: string, modules: ReadonlyMap<string, ReadonlySet<string>>): string {
  const declared = namesIn(example, DECLARATION, DECLARATION_LIST);
  const words = new Set(example.match(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g));
  const entry = entryOf(file);
  // An example of the core may show a rule on tRPC.
  const sources = [entry, "claimgate", ...(entry === "claimgate" ? ["claimgate/trpc"] : []), `./${NAMES}`];
  return [...words]
    .filter((word) => !declared.has(word))
    .flatMap((name) => {
      const source = sources.find((one) => modules.get(one)?.has(name));
      return source === undefined ? [] : [`import { ${name} } from "${source}";`];
    })
    .join("\n");
}

/** The entry with the longest folder that holds the file, or `claimgate`. */
function entryOf(file: string): string {
  const holders = Object.entries(SOURCES)
    .map(([entry, source]) => ({ entry, folder: source.replace(/(?:index)?\.ts$/, "") }))
    .filter(({ folder }) => file.startsWith(folder));
  return holders.toSorted((a, b) => b.folder.length - a.folder.length)[0]?.entry ?? "claimgate";
}

function namesExportedBy(file: string): ReadonlySet<string> {
  return namesIn(readFileSync(file, "utf8"), EXPORT, EXPORT_LIST);
}

/** The names that `single` captures, and the last word of each item that `list` captures. */
function namesIn(code: string, single: RegExp, list: RegExp): ReadonlySet<string> {
  const items = [...code.matchAll(list)].flatMap(([, names = ""]) => names.match(/\w+(?=\s*(?:,|$))/g) ?? []);
  return new Set([...items, ...[...code.matchAll(single)].map(([, name = ""]) => name)]);
}
