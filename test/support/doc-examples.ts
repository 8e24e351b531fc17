/** The examples of doc comments and of `docs/`, as modules that import what they leave out. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "../../scripts/run.ts";
import { SOURCES } from "./sources.ts";

/** An example of a doc comment or a page. */
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
const PAGE_BLOCK = /^```ts\n([\s\S]*?)^```$/gm;
const EXPORT_LIST = /^export (?:type |const )?\{([^}]*)\}/gm;
const EXPORT = /^export (?:declare |abstract )?(?:function|class|const|interface|type|\* as) (\w+)/gm;
const DECLARATION = /\b(?:const|let|class|function|type|interface) (\w+)/g;
const DECLARATION_LIST = /\b(?:import |import type |const )\{([^}]*)\}/g;

const MODULES: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ...Object.entries(SOURCES).map(([entry, file]) => [entry, namesExportedBy(file)] as const),
  [`./${NAMES}`, namesExportedBy(join(ROOT, "test/docs", NAMES))],
]);

/** The examples of all files in `src`. */
export function readDocExamples(): DocExample[] {
  return filesIn("src", ".ts").flatMap((file) =>
    examplesIn(readFileSync(file, "utf8")).map(({ line, example }) => ({
      place: `${relative(ROOT, file)}:${line}`,
      code: `${importsFor(example, file)}\n${bodyOf(example)}\nexport {};\n`,
    })),
  );
}

/** The TypeScript of all pages in `docs`. */
export function readPageExamples(): DocExample[] {
  return filesIn("docs", ".md").flatMap((file) => {
    const page = readFileSync(file, "utf8");
    return [...page.matchAll(PAGE_BLOCK)].map(({ 1: block = "", index }) => ({
      place: `${relative(ROOT, file)}:${page.slice(0, index).split("\n").length + 1}`,
      code: moduleOfBlock(block, file),
    }));
  });
}

function filesIn(folder: string, extension: string): string[] {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  const found = files.filter((file) => file.endsWith(extension)).toSorted();
  return found.map((file) => join(ROOT, folder, file));
}

/** A block that is a whole file unchanged, any other with its imports. */
function moduleOfBlock(block: string, file: string): string {
  if (block.startsWith("// file: ")) return block;
  const example = statementOf(block);
  return `${importsFor(example, file)}\n${example}\nexport {};\n`;
}

/** The block, as a value of its type if it is an entry of `trust` or an option of one. */
function statementOf(block: string): string {
  if (block.startsWith("{")) return `export const entry: TrustedIssuer = ${block.trimEnd()};`;
  if (/^\w+: /.test(block)) return `export const part: Partial<TrustedIssuer> = {\n${block}};`;
  return block.trimEnd();
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
function importsFor(example: string, file: string): string {
  const declared = namesIn(example, DECLARATION, DECLARATION_LIST);
  const words = new Set(example.match(/(?<![\w$]|(?<!\.\.)\.)[A-Za-z_$][\w$]*/g));
  const entry = entryOf(file);
  // An example of the core may show a rule on tRPC.
  const sources = [entry, "claimgate", ...(entry === "claimgate" ? ["claimgate/trpc"] : []), `./${NAMES}`];
  return [...words]
    .filter((word) => !declared.has(word))
    .flatMap((name) => {
      const source = sources.find((one) => MODULES.get(one)?.has(name));
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
