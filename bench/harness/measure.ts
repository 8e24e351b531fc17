/** The measured loop: call, await, give the event loop a turn, until the time is over. */
import type { Sample, Work } from "./types.ts";

/** Runs `work` for about `ms` milliseconds, and at least once. */
export async function measure(work: Work, ms: number): Promise<Sample> {
  if (work.slice) return work.slice(ms);
  const { inFlight = 1 } = work;
  const cpu = process.cpuUsage();
  const start = performance.now();
  const calls = inFlight === 1 ? await callOneByOne(work, start + ms) : await callTogether(work, inFlight, start + ms);
  const ns = (performance.now() - start) * 1e6;
  const { user, system } = process.cpuUsage(cpu);
  return { calls, ns, cpuUs: user + system };
}

async function callOneByOne(work: Work, end: number): Promise<number> {
  let calls = 0;
  do {
    const given = work.call();
    // A synchronous answer costs its user no await either.
    if (isThenable(given)) await given;
    calls++;
    await takeTurn();
  } while (performance.now() < end);
  return calls;
}

async function callTogether(work: Work, inFlight: number, end: number): Promise<number> {
  let calls = 0;
  do {
    const given = Array.from({ length: inFlight }, () => work.call());
    if (given.some(isThenable)) await Promise.all(given);
    calls += inFlight;
    await takeTurn();
  } while (performance.now() < end);
  return calls;
}

/** Gives the event loop a turn. Without it, settled promises run as one long job, and no server works so. */
function takeTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
