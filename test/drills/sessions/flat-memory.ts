/** The flatness drill on the store in memory: it does not grow after the first rounds. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createViolations, type DrillResult, type Length } from "./drill.ts";
import type { FlatReport } from "./flat-worker.ts";

const LIFETIME_SECONDS = 100;
const ROUNDS: Readonly<Record<Length, number>> = { short: 2500, long: 100_000 };
// A leaked session would take about a thousand bytes in every round.
const BYTES_A_ROUND = 20;
const SLACK_BYTES = 1_000_000;

export async function runMemory(length: Length): Promise<DrillResult> {
  const { note, list } = createViolations();
  const rounds = ROUNDS[length];
  const { held, heap, heldAtLast, lapsed } = await runWorker(rounds);
  // The first fifth fills the bounded caches.
  const early = Math.max(...held.slice(0, 2));
  const late = Math.max(...held.slice(2));
  if (late > early) note(`the store held ${early} entries at first, and ${late} later`);
  if (early > LIFETIME_SECONDS * 4) note(`the store held ${early} entries for ${LIFETIME_SECONDS} sessions`);
  if (heldAtLast > 0) note(`the store held ${heldAtLast} entries when all had expired`);
  const growth = (heap.at(-1) ?? 0) - (heap[1] ?? 0);
  if (heap.length !== 10 || growth > SLACK_BYTES + BYTES_A_ROUND * rounds) note(`the heap grew by ${growth} bytes`);
  if (lapsed > 0) note(`${lapsed} rounds did not finish`);
  const counts = { rounds, heldAtMost: late, heldAtLast, heapGrowthKB: Math.round(growth / 1000) };
  return { drill: "flat", store: "memory", counts, violations: list };
}

async function runWorker(rounds: number): Promise<FlatReport> {
  const worker = fileURLToPath(new URL("flat-worker.ts", import.meta.url));
  const args = ["--expose-gc", "--import", "tsx", worker, String(rounds), String(LIFETIME_SECONDS)];
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd });
  return JSON.parse(stdout) as FlatReport;
}
