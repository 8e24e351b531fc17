/** Describes the machine and the commit of a run. */
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../scripts/run.ts";
import { BENCH, ROOT } from "./paths.ts";

/** The packages whose versions decide the ratios. */
const PEERS = [
  "fast-jwt",
  "jose",
  "@trpc/server",
  "graphql",
  "graphql-yoga",
  "@graphql-tools/executor",
  "redis",
  "pg",
] as const;
const CALM_LOAD = 0.5;
const PATIENCE_MS = 180_000;
const LOOK_AGAIN_MS = 5_000;

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

/** Returns one line with the versions of the packages that the cases use. */
export function describePeers(): string {
  return PEERS.map((name) => {
    const path = join(BENCH, "node_modules", name, "package.json");
    const { version } = JSON.parse(readFileSync(path, "utf8")) as { readonly version: string };
    return `${name} ${version}`;
  }).join(", ");
}

/** Waits up to three minutes until the load is below 0.5: the build of this run raises it. */
export async function awaitCalm(): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  if (readLoad() < CALM_LOAD) return;
  console.error(`load ${readLoad().toFixed(2)}: waiting for a calm machine, three minutes at most ...`);
  while (readLoad() >= CALM_LOAD && performance.now() < end) await sleep(LOOK_AGAIN_MS);
}

/** The short hash of the working tree's commit, and whether `src` differs from it. */
export function describeCommit(): string {
  const isClean = git("status", "--porcelain", "--", "src") === "";
  return `${git("rev-parse", "--short", "HEAD")}${isClean ? "" : " with changes in src"}`;
}

function git(...args: string[]): string {
  return run("git", args, { cwd: ROOT, capture: true }).output.trim();
}
