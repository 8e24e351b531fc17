/** Bursts of cold tokens, and how long another task of the process waits beside them. */

import { readCpuUs, takeTurn } from "../../harness/measure.ts";
import type { Sample, Work } from "../../harness/types.ts";
import { Visitors } from "../../harness/visitors.ts";
import type { Algorithm } from "./algorithms.ts";
import { claimgate } from "./contenders.ts";
import { openFixture } from "./fixture.ts";
import { proveVerify } from "./prove.ts";

const BURST = 64;
/** Expensive signatures get this many bursts in a slice, however short it is. */
const LEAST_BURSTS = 16;

export async function loadBursts(algorithm: Algorithm, count: number): Promise<Work> {
  const fixture = await openFixture(algorithm, count);
  const verify = await claimgate(true)(fixture);
  const visitors = new Visitors();
  let turn = 0;
  const call = (): unknown => {
    turn = (turn + 1) % count;
    return verify(fixture.tokens[turn] as string);
  };
  return { call, prove: () => proveVerify(verify, fixture, "all"), slice: (ms) => measureBursts(call, visitors, ms) };
}

async function measureBursts(call: () => unknown, visitors: Visitors, ms: number): Promise<Sample> {
  await visitors.open();
  const cpu = process.cpuUsage();
  const start = performance.now();
  let bursts = 0;
  for (; bursts < LEAST_BURSTS || readCpuUs(cpu) / 1000 < ms; bursts++) {
    await Promise.all(Array.from({ length: BURST }, call));
    // The messages that came meanwhile have their turn, even if nothing of the burst waited.
    await takeTurn();
  }
  const ns = (performance.now() - start) * 1e6;
  const cpuUs = readCpuUs(cpu);
  return { calls: bursts * BURST, ns, cpuUs, extra: { "µs of waiting, p99": visitors.close(0.99) } };
}
