/** Prepares a run: installs the packages, places claimgate as a user has it, compiles the cases. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "../../scripts/run.ts";
import { BENCH, ROOT } from "./paths.ts";

/**
 * Installs, builds and compiles what is not up to date. Returns the folder of the compiled cases,
 * which goes when the process ends.
 */
export function prepare(): string {
  installPackages();
  placeClaimgate();
  return compileCases();
}

function installPackages(): void {
  const stamp = join(BENCH, "node_modules/.claimgate-bench");
  const wanted = digest([join(BENCH, "package-lock.json")]);
  if (readIfThere(stamp) === wanted) return;
  console.error("installing the packages of bench/ ...");
  must("npm ci in bench/", run("npm", ["ci", "--no-audit", "--no-fund"], { cwd: BENCH, capture: true }));
  writeFileSync(stamp, wanted);
}

function placeClaimgate(): void {
  const target = join(BENCH, "node_modules/claimgate");
  const stamp = join(target, ".built-from");
  const manifest = join(ROOT, "package.json");
  const wanted = digest([manifest, ...listFiles(join(ROOT, "src"))]);
  if (readIfThere(stamp) === wanted) return;
  console.error("building claimgate ...");
  must("npm run build", run("npm", ["run", "--silent", "build"], { capture: true }));
  copyPackage(ROOT, target);
  writeFileSync(stamp, wanted);
}

/**
 * A copy, not a link: its imports must resolve to the packages of the cases, or graphql rejects its
 * own classes.
 */
export function copyPackage(from: string, target: string): void {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  cpSync(join(from, "package.json"), join(target, "package.json"));
  cpSync(join(from, "dist"), join(target, "dist"), { recursive: true });
}

/**
 * Compiles ahead of time: a loader such as tsx wraps every closure to keep its name, and cases
 * would pay for that at each call. The folder belongs to this process, so that runs side by side do
 * not overwrite each other's files.
 */
function compileCases(): string {
  const builds = join(BENCH, ".build");
  for (const pid of existsSync(builds) ? readdirSync(builds) : [])
    if (!isAlive(Number(pid))) rmSync(join(builds, pid), { recursive: true, force: true });
  const build = join(builds, `${process.pid}`);
  process.once("exit", () => rmSync(build, { recursive: true, force: true }));
  const flags = ["--noEmit", "false", "--noCheck", "--rootDir", ROOT, "--outDir", build];
  must("compiling bench/", run("npx", ["tsc", "-p", join(BENCH, "tsconfig.json"), ...flags], { capture: true }));
  return join(build, "bench");
}

/** Whether a process runs. A killed run leaves its folder behind. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function digest(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(readFileSync(path));
  return hash.digest("hex");
}

function listFiles(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, "utf8") : null;
}
