/** The measured loop: call, await, and give the event loop a turn. */
import type { Sample, Work } from "./types.ts";

/** A slice ends after this many times its length, even if the process has only waited. */
const MAX_STRETCH = 10;
/** The clock of the CPU is read no more often than this, because reading it takes CPU time. */
const CHECK_MS = 1;

/** Runs `work` for about `ms` milliseconds of CPU time, and at least once. */
export async function measure(work: Work, ms: number): Promise<Sample> {
  if (work.slice) return work.slice(ms);
  const { inFlight = 1 } = work;
  const callAll = inFlight === 1 ? callOne : callTogether;
  const cpu = process.cpuUsage();
  const start = performance.now();
  let calls = 0;
  let check = start + ms;
  for (let isOver = false; !isOver; ) {
    const pending = callAll(work, inFlight);
    if (pending) await pending;
    calls += inFlight;
    await takeTurn();
    const now = performance.now();
    if (now < check) continue;
    const left = ms - readCpuUs(cpu) / 1000;
    isOver = left <= 0 || now - start > ms * MAX_STRETCH;
    check = now + Math.max(left, CHECK_MS);
  }
  return { calls, ns: (performance.now() - start) * 1e6, cpuUs: readCpuUs(cpu) };
}

/**
 * Runs `work` for `ms` milliseconds of CPU time in short slices: servers learn from each how many
 * requests fit into the next.
 */
export async function warmUp(work: Work, ms: number): Promise<void> {
  const slice = Math.min(ms, 500);
  const end = performance.now() + ms * MAX_STRETCH;
  for (let spent = 0; spent < ms && performance.now() < end; ) spent += (await measure(work, slice)).cpuUs / 1000;
}

/** Microseconds of CPU time (user and system, all threads) since `cpu` was read. */
export function readCpuUs(cpu: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(cpu);
  return user + system;
}

/**
 * Returns a promise only for an asynchronous answer, because a synchronous one costs its user no
 * await either.
 */
function callOne(work: Work): PromiseLike<unknown> | null {
  const given = work.call();
  return isThenable(given) ? given : null;
}

function callTogether(work: Work, inFlight: number): PromiseLike<unknown> | null {
  const given = Array.from({ length: inFlight }, () => work.call());
  return given.some(isThenable) ? Promise.all(given) : null;
}

/**
 * Gives the event loop a turn. Without it, settled promises run as one long job, unlike on a
 * server.
 */
export function takeTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
