/** Reads the CPU time of other processes on this machine from `/proc`. */
import { readFileSync } from "node:fs";

/** The microseconds of CPU time that the processes have used since their start. */
export function readServerCpuUs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + readCpuNs(pid) / 1000, 0);
}

/** Whether a backend of PostgreSQL with this id runs on this machine. */
export function isReadable(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("postgres") && readCpuNs(pid) > 0;
  } catch {
    return false;
  }
}

/** `/proc/<pid>/stat` counts in steps of 10 ms; the first number of `schedstat` is nanoseconds. */
function readCpuNs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
}
