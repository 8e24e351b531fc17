/** The package as users get it: packed, and installed into projects in empty folders. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, must, ROOT, run, runBeside } from "./run.ts";

/** The package's manifest, as far as the checks need it. */
export const MANIFEST: {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
} = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

/** The declaration file of each module that a user imports, from the package's folder. */
export const DECLARATIONS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(MANIFEST.exports).flatMap(([path, target]) =>
    typeof target === "string" ? [] : [[`claimgate${path.slice(1)}`, target.types]],
  ),
);

/** The modules that a user imports. */
export const ENTRIES: readonly string[] = Object.keys(DECLARATIONS);

/** An installed package's manifest, as far as the checks need it. */
export interface Manifest {
  readonly version: string;
  readonly engines?: { readonly node?: string };
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** What `npm pack` made. */
export interface Packed {
  readonly tarball: string;
  /** What is in it. */
  readonly paths: readonly string[];
}

/** A folder for projects, which is gone when the process ends, however it ends. */
export function createWorkspace(name: string): string {
  const workspace = realpathSync(mkdtempSync(join(tmpdir(), `claimgate-${name}-`)));
  let isStopped = false;
  process.once("exit", () => {
    // Who was stopped is killed soon: what removes the folder must outlive that.
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

/** Packs what `npm run build` built. */
export function pack(workspace: string): Packed {
  // Without npm's warnings, which are captured with the rest.
  const args = ["pack", "--json", "--loglevel=error", "--ignore-scripts", "--pack-destination", workspace];
  const packed = run("npm", args, { capture: true });
  must("npm pack", packed);
  const parsed = JSON.parse(packed.output) as unknown;
  // npm 12 gives an object by name, npm 11 and earlier a list.
  const [info] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (!info) throw new Error("npm pack named no tarball");
  return { tarball: join(workspace, info.filename), paths: info.files.map(({ path }) => path) };
}

/** An empty project in ESM. Only the packages named in `withScripts` may run install scripts. */
export function createProject(workspace: string, name: string, withScripts: readonly string[] = []): string {
  const project = join(workspace, name);
  mkdirSync(project);
  const allowScripts = Object.fromEntries(withScripts.map((script) => [script, true]));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module", allowScripts }));
  return project;
}

/**
 * Installs packages into a project as a user would, from npm's cache where it can. `"nested"` keeps
 * each package's dependencies out of the project's reach, as pnpm does.
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
 * The packages, beside this one and its peers, that an example imports, each with its types where
 * these come apart from it.
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

/** The manifest of an installed package. */
export function readManifest(project: string, name: string): Manifest {
  return JSON.parse(readFileSync(join(project, "node_modules", name, "package.json"), "utf8")) as Manifest;
}

/** Type-checks files of a project as a user on `NodeNext` would. */
export function typeCheck(
  project: string,
  files: readonly string[],
  options: object,
  tsc: string = join(ROOT, "node_modules/.bin/tsc"),
): Promise<Ended> {
  const lib = ["ES2022", "DOM", "ESNext.Disposable"];
  const compilerOptions = { module: "NodeNext", target: "ES2022", lib, strict: true, noEmit: true, ...options };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  return runBeside(tsc, ["-p", project, "--pretty", "false"], { cwd: project });
}

/** The README's examples that are whole files: code that starts with `// file: name`. */
export function readmeFiles(): Map<string, string> {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n(\/\/ file: (\S+)\n[\s\S]*?)```/g)];
  const files = new Map(blocks.map(([, code = "", name = ""]) => [name, code]));
  if (files.size < 3) throw new Error("the README's examples were not found");
  return files;
}
