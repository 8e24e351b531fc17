/** Describes where a run is made, and of which commit. */
import { cpus, loadavg, release, totalmem } from "node:os";
import { run } from "../../scripts/run.ts";
import { ROOT } from "./paths.ts";

/** One line about the machine. The load is that of the last minute, so read it before the run. */
export function describeMachine(): string {
  const { v8, openssl } = process.versions;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const system = `${process.platform} ${release()} ${process.arch}`;
  return (
    `Node ${process.version} (V8 ${v8}, OpenSSL ${openssl}) on ${cpus()[0]?.model ?? "an unknown CPU"}, ` +
    `${cpus().length} cores, ${memory}, ${system}; load before the run ${(loadavg()[0] ?? 0).toFixed(2)}`
  );
}

/** The short hash of the working tree's commit, and whether `src` differs from it. */
export function describeCommit(): string {
  const isClean = git("status", "--porcelain", "--", "src") === "";
  return `${git("rev-parse", "--short", "HEAD")}${isClean ? "" : " with changes in src"}`;
}

function git(...args: string[]): string {
  return run("git", args, { cwd: ROOT, capture: true }).output.trim();
}
