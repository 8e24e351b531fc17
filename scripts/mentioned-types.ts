/** Finds types that public declarations mention but no entry exports. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * A declaration file: its declarations with their text, and the names that it imports and exports.
 */
interface DeclarationFile {
  readonly declared: ReadonlyMap<string, string>;
  /** By local name. */
  readonly imported: ReadonlyMap<string, Origin>;
  /** By public name. */
  readonly exported: ReadonlyMap<string, Origin>;
}

interface Origin {
  readonly file: string;
  readonly name: string;
}

// Users need no names for these: the compiler replaces the types by their results, and the symbols
// are keys of interfaces with names.
const HIDDEN: readonly string[] = [
  "BuilderOf",
  "ErrorShapeOf",
  "FAULT",
  "LaterTypes",
  "NoOtherRuleClaims",
  "PathErrors",
  "RuleFor",
  "RulePaths",
  "TokenUnder",
  "UNVERIFIED",
];

const DECLARATION = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/;

/**
 * Returns a line for each such type: `Type, which claimgate/entry mentions in Declaration`.
 *
 * @param entries the declaration file of each entry, by the entry's name
 */
export function findUnnamedTypes(entries: Readonly<Record<string, string>>): string[] {
  const read = createReader();
  const exportsOf = (file: string): Origin[] => [...read(file).exported.values()];
  return Object.entries(entries).flatMap(([entry, file]) => {
    // Users of an entry can import from the main entry as well.
    const named = new Set([entries["claimgate"] as string, file].flatMap(exportsOf).map(keyOf));
    return exportsOf(file).flatMap((origin) =>
      mentionsOf(origin, read)
        .filter((mentioned) => !named.has(keyOf(mentioned)) && !HIDDEN.includes(mentioned.name))
        .map(({ name }) => `${name}, which ${entry} mentions in ${origin.name}`),
    );
  });
}

function mentionsOf({ file, name }: Origin, read: (file: string) => DeclarationFile): Origin[] {
  const { declared, imported } = read(file);
  const words = new Set(declared.get(name)?.match(/\b[A-Z]\w*/g));
  words.delete(name);
  return [...words].flatMap((word) => imported.get(word) ?? (declared.has(word) ? [{ file, name: word }] : []));
}

function keyOf({ file, name }: Origin): string {
  return `${file} ${name}`;
}

function createReader(): (file: string) => DeclarationFile {
  const known = new Map<string, DeclarationFile>();
  return (file) => {
    const found = known.get(file) ?? parse(file);
    known.set(file, found);
    return found;
  };
}

function parse(file: string): DeclarationFile {
  const code = readFileSync(file, "utf8")
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*/g, "");
  // A letter in the first column begins a declaration; the end of one is a brace.
  const blocks = code.split(/\n(?=[a-z])/);
  const declared = new Map<string, string>();
  for (const block of blocks) {
    const [, name] = DECLARATION.exec(block) ?? [];
    if (name !== undefined) declared.set(name, `${declared.get(name) ?? ""}${block.replace(/"[^"\n]*"/g, "")}`);
  }
  const lists = (keyword: string): [string, Origin][] =>
    [...code.matchAll(new RegExp(`^${keyword} (?:type )?\\{([^}]*)\\} from "(\\.[^"]*)"`, "gm"))].flatMap(
      ([, names = "", from = ""]) =>
        [...names.matchAll(/(?:type )?(\w+)(?: as (\w+))?/g)].map(([, name = "", local = name]): [string, Origin] => [
          local,
          { file: join(dirname(file), from.replace(/\.ts$/, ".d.ts")), name },
        ]),
    );
  const own = [...code.matchAll(/^export (?:declare )?(?:interface|type|class|function|const) (\w+)/gm)];
  return {
    declared,
    imported: new Map(lists("import")),
    exported: new Map([...lists("export"), ...own.map(([, name = ""]): [string, Origin] => [name, { file, name }])]),
  };
}
