/** Packs the package and installs it into empty projects, as users do. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TYPESCRIPT } from "./compilers.ts";
import { type Ended, must, ROOT, run, runBeside } from "./run.ts";

/** The part of the package's manifest that the checks need. */
export const MANIFEST: {
  readonly exports: Readonly<Record<string, string | { readonly types: { readonly default: string } }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** The declaration file of each entry, relative to the package's folder. */
export const DECLARATIONS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(MANIFEST.exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [[`claimgate${path.slice(1)}`, target.types.default]],
  ),
);

/** The entries of the package. */
export const ENTRIES: readonly string[] = Object.keys(DECLARATIONS);

/** The part of an installed package's manifest that the checks need. */
export interface Manifest {
  readonly version: string;
  readonly engines?: { readonly node?: string };
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** The result of `npm pack`. */
export interface Packed {
  readonly tarball: string;
  /** The files in the tarball. */
  readonly paths: readonly string[];
}

/** Creates a folder for projects. It is removed when the process ends, even by a signal. */
export function createWorkspace(name: string): string {
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), `claimgate-${name}-`)));
  let isStopped = false;
  process.once("exit", () => {
    // After SIGTERM a kill may follow soon, so a separate process removes the folder.
    if (isStopped) spawn("rm", ["-rf", workspace], { detached: true, stdio: "ignore" }).unref();
    else rmSync(workspace, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => {
      isStopped = true;
      process.exit(1);
    });
  return workspace;
}

/** Packs the result of `npm run build`. */
export function pack(workspace: string): Packed {
  // --loglevel=error keeps npm's warnings out of the captured JSON.
  const args = ["pack", "--json", "--loglevel=error", "--ignore-scripts", "--pack-destination", workspace];
  const packed = run("npm", args, { capture: true });
  must("npm pack", packed);
  const parsed = JSON.parse(packed.output) as unknown;
  // npm 12 prints an object by name, npm 11 and earlier a list.
  const [info] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (!info) throw new Error("npm pack did not report a tarball");
  return { tarball: join(workspace, info.filename), paths: info.files.map(({ path }) => path) };
}

/** Creates an empty ESM project. Only the packages in `withScripts` may run install scripts. */
export function createProject(workspace: string, name: string, withScripts: readonly string[] = []): string {
  const project = join(workspace, name);
  mkdirSync(project);
  const allowScripts = Object.fromEntries(withScripts.map((script) => [script, true]));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module", allowScripts }));
  return project;
}

/**
 * Installs packages into a project, from npm's cache if possible. With `"nested"` the project
 * cannot import the dependencies of its packages, as with pnpm.
 */
export async function install(
  project: string,
  packages: readonly string[],
  strategy: "hoisted" | "nested" = "hoisted",
): Promise<void> {
  const flags = ["--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", `--install-strategy=${strategy}`];
  must("npm install", await runBeside("npm", ["install", ...flags, ...packages], { cwd: project }));
}

/**
 * Returns the packages that an example imports, without claimgate and its peers, but with their
 * `@types` packages.
 */
export function companionsOf(code: string): string[] {
  const own = new Set(["claimgate", "node", ...Object.keys(MANIFEST.peerDependencies)]);
  const names = [...code.matchAll(/ from "((?:@[\w-]+\/)?[\w-]+)/g)].map(([, name = ""]) => name);
  return [...new Set(names)].filter((name) => !own.has(name)).flatMap((name) => [name, ...typesOf(name)]);
}

function typesOf(name: string): string[] {
  const types = `@types/${name}`;
  return types in MANIFEST.devDependencies ? [types] : [];
}

/** Reads the manifest of an installed package. */
export function readManifest(project: string, name: string): Manifest {
  return JSON.parse(readFileSync(join(project, "node_modules", name, "package.json"), "utf8")) as Manifest;
}

/** Type-checks files of a project with `module: NodeNext`. */
export function typeCheck(
  project: string,
  files: readonly string[],
  options: object,
  tsc: string = TYPESCRIPT.tsc,
): Promise<Ended> {
  const lib = ["ES2022", "DOM", "ESNext.Disposable"];
  const compilerOptions = { module: "NodeNext", target: "ES2022", lib, strict: true, noEmit: true, ...options };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  return runBeside(tsc, ["-p", project, "--pretty", "false"], { cwd: project });
}

/** Returns the README's examples that are whole files: their code starts with `// file: name`. */
export function readmeFiles(): Map<string, string> {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n(\/\/ file: (\S+)\n[\s\S]*?)```/g)];
  const files = new Map(blocks.map(([, code = "", name = ""]) => [name, code]));
  if (files.size < 3)
    throw new Error('the README must contain at least three examples that start with "// file: name"');
  return files;
}
