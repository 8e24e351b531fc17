/** Bursts of cold tokens, and how long another task of the process waits beside them. */

import { readCpuUs, takeTurn } from "../../harness/measure.ts";
import type { Sample, Work } from "../../harness/types.ts";
import { waitQuantile } from "../../harness/waits.ts";
import type { Algorithm } from "./algorithms.ts";
import { claimgate } from "./contenders.ts";
import { openFixture } from "./fixture.ts";
import { proveVerify } from "./prove.ts";

const BURST = 64;
/** Expensive signatures get this many bursts in a slice, however short it is. */
const LEAST_BURSTS = 8;

export async function loadBursts(algorithm: Algorithm, count: number): Promise<Work> {
  const fixture = await openFixture(algorithm, count);
  const verify = await claimgate(true)(fixture);
  let turn = 0;
  const call = (): unknown => {
    turn = (turn + 1) % count;
    return verify(fixture.tokens[turn] as string);
  };
  return { call, prove: () => proveVerify(verify, fixture, "all"), slice: (ms) => measureBursts(call, ms) };
}

async function measureBursts(call: () => unknown, ms: number): Promise<Sample> {
  const turns: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  let bursts = 0;
  for (; bursts < LEAST_BURSTS || readCpuUs(cpu) / 1000 < ms; bursts++) await runBurst(call, turns);
  return {
    calls: bursts * BURST,
    ns: (performance.now() - start) * 1e6,
    cpuUs: readCpuUs(cpu),
    extra: { "µs of waiting, p99": waitQuantile(turns, 0.99) * 1000 },
  };
}

/** Starts all calls of a burst in one turn, and adds the lengths of the turns until their end. */
async function runBurst(call: () => unknown, turns: number[]): Promise<void> {
  const burst = { isOver: false };
  let last = performance.now();
  const all = callAll(call, burst);
  while (!burst.isOver) {
    await takeTurn();
    const now = performance.now();
    turns.push(now - last);
    last = now;
  }
  await all;
}

async function callAll(call: () => unknown, burst: { isOver: boolean }): Promise<void> {
  try {
    await Promise.all(Array.from({ length: BURST }, () => call()));
  } finally {
    burst.isOver = true;
  }
}
