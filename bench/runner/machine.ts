/** Where and with what a run was made. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/run.ts";
import { BENCH, ROOT } from "./paths.ts";

export interface Machine {
  readonly node: string;
  readonly v8: string;
  readonly openssl: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly kernel: string;
  /** Over the last minute, before the run: what others had the machine do. */
  readonly load: number;
  readonly commit: string;
  readonly packages: Readonly<Record<string, string>>;
}

export function describeMachine(): Machine {
  const { v8, openssl } = process.versions;
  return {
    node: process.version,
    v8,
    openssl,
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()} ${process.arch}`,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    commit: readCommit(),
    packages: readVersions(),
  };
}

function readCommit(): string {
  const isClean = git("status", "--porcelain", "--", "src") === "";
  return `${git("rev-parse", "--short", "HEAD")}${isClean ? "" : " with changes in src"}`;
}

function git(...args: string[]): string {
  return run("git", args, { cwd: ROOT, capture: true }).output.trim();
}

function readVersions(): Record<string, string> {
  const { dependencies } = readJson(join(BENCH, "package.json")) as { dependencies: Record<string, string> };
  const versionOf = (name: string): string =>
    (readJson(join(BENCH, "node_modules", name, "package.json")) as { version: string }).version;
  return Object.fromEntries(["claimgate", ...Object.keys(dependencies)].map((name) => [name, versionOf(name)]));
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}
