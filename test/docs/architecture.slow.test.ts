/** ARCHITECTURE.md agrees with the code: its layout, its import ladder and its tests. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
const sections = new Map(text.split(/^## /m).map((part) => [part.slice(0, part.indexOf("\n")), part] as const));

const files = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .toSorted();

function section(title: string): string {
  const found = sections.get(title);
  if (found === undefined) throw new Error(`ARCHITECTURE.md has no section "${title}"`);
  return found;
}

it("the layout lists every folder of src and no other", () => {
  const listed = [...section("Layout").matchAll(/^src\/(\S*)\/ /gm)].map((match) => match[1] ?? "");
  const folders = new Set(files.map(dirname).filter((folder) => folder !== "."));
  expect(listed.toSorted()).toEqual([...folders].toSorted());
});

it("the path of a request names only files that exist", () => {
  const named = [...section("The way of a request").matchAll(/`((?:\w+\/)+[a-z-]+)`/g)].map((match) => match[1] ?? "");
  expect(named.length).toBeGreaterThan(15);
  const missing = named.filter(
    (name) => ![`src/${name}.ts`, `src/core/${name}.ts`].some((path) => existsSync(join(ROOT, path))),
  );
  expect(missing).toEqual([]);
});

it("the table of state names an existing test in each row", () => {
  const rows = section("What is remembered, and for how long")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| holder"));
  const tests = rows.map((row) => /`([\w/-]+)` \|$/.exec(row)?.[1]);
  expect(rows.length).toBeGreaterThan(20);
  const missing = tests.filter((test) => test === undefined || !hasTest(test));
  expect(missing).toEqual([]);
});

// Collections that outlive a function: private fields and caches.
const STATE = /^ +(readonly )?#\w+: (Readonly)?(Weak)?(Map|Set)\b|new (LRUCache|WeakMap|WeakSet)\b/m;

it("the table of state names every file with a collection, by its name or by a declaration in it", () => {
  const table = section("What is remembered, and for how long");
  const keeping = files.filter((path) => STATE.test(readFileSync(join(ROOT, "src", path), "utf8")));
  expect(keeping.length).toBeGreaterThan(12);
  const unnamed = keeping.filter((path) => {
    const code = readFileSync(join(ROOT, "src", path), "utf8");
    const declared = [...code.matchAll(/^(?:export )?(?:class|function) (\w+)/gm)].map((match) => match[1]);
    return ![basename(path, ".ts"), ...declared].some((name) => table.includes(`\`${name}\``));
  });
  expect(unnamed).toEqual([]);
});

function hasTest(name: string): boolean {
  const path = join(ROOT, "test", name);
  return readdirSync(dirname(path)).some(
    (file) => file.startsWith(`${name.split("/").at(-1)}.`) && file.endsWith(".test.ts"),
  );
}

/** The rungs of the ladder: for each, its files and folders of core, or its folders of src. */
const rungs =
  /^```\n(.*)\n```$/m
    .exec(section("Import ladder"))?.[1]
    ?.split(" < ")
    .map((rung) => rung.split(", ")) ?? [];
const rungOf = new Map(rungs.flatMap((units, rung) => units.map((unit) => [unit, rung] as const)));
const OUTSIDE_CORE = ["trpc", "graphql", "cli", "testing"];
const OF_CORE = ["reasons", "errors", "events", "refusal-words", "parse-options", "services"];

function unitOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  return (first === "core" ? second : first).replace(/\.ts$/, "");
}

it("the import ladder has a rung for every part of src", () => {
  const units = new Set(files.filter((path) => path !== "index.ts").map(unitOf));
  expect([...units].toSorted()).toEqual([...rungOf.keys()].toSorted());
});

/** The path of a file of this unit, in a separate tree, that imports from every other unit. */
function fileOf(unit: string): string {
  if (OUTSIDE_CORE.includes(unit)) return `src/${unit}/probe-${unit}.ts`;
  return OF_CORE.includes(unit) ? `src/core/${unit}.ts` : `src/core/${unit}/probe-${unit}.ts`;
}

it("the linter enforces the import ladder: it rejects an import from the right or from the same rung", () => {
  const units = [...rungOf.keys()];
  const imports = units.map((unit) => ({
    file: fileOf(unit),
    of: units.filter((other) => other !== unit).map((other) => pathBetween(unit, other)),
  }));
  const expected = units.flatMap((unit) =>
    units
      .filter((other) => other !== unit && (rungOf.get(other) ?? 0) >= (rungOf.get(unit) ?? 0))
      .map((other) => `${fileOf(unit)} <- ${pathBetween(unit, other)}`),
  );
  expect(refusedImports(imports)).toEqual(expected.toSorted());
});

it.each([
  [
    "core/jwt/keys/one.ts",
    ["../errors.ts", "../algorithms.ts", "../jose.ts", "../signatures/signatures.ts", "../../util/freeze.ts"],
    ["../decode.ts", "../jwks/key-set.ts", "../../errors.ts"],
  ],
  [
    "core/jwt/signatures/one.ts",
    ["../errors.ts", "../algorithms.ts", "../../util/freeze.ts"],
    ["../keys/prepared-key.ts", "../decode.ts", "../jwks/key-set.ts", "../../errors.ts"],
  ],
  [
    "core/jwt/decode.ts",
    ["./keys/keys.ts", "../util/freeze.ts"],
    ["./jwks/key-set.ts", "../stores/memory.ts", "../errors.ts"],
  ],
  ["core/jwt/jwks/one.ts", ["../decode.ts", "../keys/keys.ts"], ["../index.ts", "../../stores/memory.ts"]],
  [
    "graphql/errors.ts",
    ["../core/errors.ts"],
    ["./execution/prepare.ts", "./schema/directive.ts", "./server/yoga.ts", "@trpc/server"],
  ],
  [
    "graphql/execution/one.ts",
    ["../errors.ts", "../guard.ts", "../../core/errors.ts"],
    ["../schema/directive.ts", "../server/yoga.ts", "../index.ts", "../../trpc/guard.ts"],
  ],
  [
    "graphql/schema/one.ts",
    ["../guard.ts", "../execution/guard-set.ts"],
    ["../server/yoga.ts", "../index.ts", "../../trpc/guard.ts"],
  ],
  ["graphql/server/one.ts", ["../schema/directive.ts"], ["../index.ts", "../../trpc/guard.ts"]],
  ["trpc/one.ts", ["@trpc/server", "../core/errors.ts"], ["graphql", "@graphql-tools/utils", "../graphql/errors.ts"]],
  ["core/stores/redis.ts", ["../util/freeze.ts", "./redis/one.ts"], ["redis", "ioredis", "pg"]],
  ["core/stores/redis/one.ts", ["../session-store.ts", "../../util/freeze.ts"], ["../../errors.ts", "redis", "pg"]],
  ["core/reasons.ts", [], ["./util/freeze.ts", "./errors.ts"]],
])("the linter lets %s import only from its left", (file, allowed, refused) => {
  const path = `src/${file}`;
  expect(refusedImports([{ file: path, of: [...allowed, ...refused] }])).toEqual(
    refused.map((one) => `${path} <- ${one}`).toSorted(),
  );
});

it("the linter rejects a circle of type imports, and accepts the same types without one", () => {
  const types = { "src/trpc/one.ts": "export interface One { readonly one: 1 }\n" };
  const one = 'import type { Two } from "./two.ts";\nexport interface One { readonly two: Two }\n';
  const two = 'import type { One } from "./one.ts";\nexport interface Two { readonly one?: One }\n';
  expect(lint({ ...types, "src/trpc/two.ts": two }, "no-cycle")).toEqual([]);
  expect(lint({ "src/trpc/one.ts": one, "src/trpc/two.ts": two }, "no-cycle").map(({ file }) => file)).toEqual([
    "src/trpc/one.ts",
    "src/trpc/two.ts",
  ]);
});

/** The imports that the linter rejects, in a tree whose files only import. */
function refusedImports(imports: readonly { readonly file: string; readonly of: readonly string[] }[]): string[] {
  const tree = imports.map(({ file, of }) => {
    const lines = of.map((from) => `import type {} from "${from}";`);
    return [file, `${lines.join("\n")}\nexport const one = 1;\n`] as const;
  });
  return lint(Object.fromEntries(tree), "no-restricted-imports", ["-A", "all", "-D", "no-restricted-imports"])
    .map(({ file, message }) => `${file} <- ${/'([^']*)'/.exec(message)?.[1]}`)
    .toSorted();
}

/**
 * The messages of one rule about a tree of files. `flags` disable unrelated rules; they also drop
 * the options of the rule.
 */
function lint(
  tree: Readonly<Record<string, string>>,
  rule: string,
  flags: readonly string[] = [],
): { readonly file: string; readonly message: string }[] {
  const folder = mkdtempSync(join(tmpdir(), "claimgate-lint-"));
  try {
    for (const part of [".oxlintrc.json", "scripts/prose"])
      cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    for (const [file, code] of Object.entries(tree)) {
      mkdirSync(join(folder, dirname(file)), { recursive: true });
      writeFileSync(join(folder, file), code);
    }
    const { stdout } = spawnSync(join(ROOT, "node_modules/.bin/oxlint"), ["--format=json", ...flags, "src"], {
      cwd: folder,
      encoding: "utf8",
    });
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { filename: string; message: string; code: string }[];
    };
    return diagnostics
      .filter(({ code }) => code.includes(rule))
      .map(({ filename, message }) => ({ file: filename, message }))
      .toSorted((a, b) => (a.file < b.file ? -1 : 1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pathBetween(from: string, to: string): string {
  const up = OF_CORE.includes(from) ? "." : "..";
  const [a, b] = [OUTSIDE_CORE.includes(from), OUTSIDE_CORE.includes(to)];
  const target = fileOf(to).replace(/^src\/(core\/)?/, "");
  if (a) return b ? `../${target}` : `../core/${target}`;
  return b ? (up === "." ? `../${target}` : `../../${target}`) : `${up}/${target}`;
}
