/** Describes the machine and the commit of a run. */
import { cpus, loadavg, release, totalmem } from "node:os";
import { run } from "../../scripts/run.ts";
import { ROOT } from "./paths.ts";

/** Returns one line about the machine. */
export function describeMachine(): string {
  const { v8, openssl } = process.versions;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const system = `${process.platform} ${release()} ${process.arch}`;
  return (
    `Node ${process.version} (V8 ${v8}, OpenSSL ${openssl}) on ${cpus()[0]?.model ?? "an unknown CPU"}, ` +
    `${cpus().length} cores, ${memory}, ${system}`
  );
}

/**
 * Returns the load of the last minute. Above the number of cores, processes wait for each other and
 * the figures are noisy.
 */
export function readLoad(): number {
  return loadavg()[0] ?? 0;
}

/** The short hash of the working tree's commit, and whether `src` differs from it. */
export function describeCommit(): string {
  const isClean = git("status", "--porcelain", "--", "src") === "";
  return `${git("rev-parse", "--short", "HEAD")}${isClean ? "" : " with changes in src"}`;
}

function git(...args: string[]): string {
  return run("git", args, { cwd: ROOT, capture: true }).output.trim();
}
