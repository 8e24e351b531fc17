/** The runner's end of a case's process. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Order, Report } from "../harness/messages.ts";
import type { Case, Sample, Table } from "../harness/types.ts";
import { BENCH } from "./paths.ts";

/** A case that was loaded, proven and warmed up in a process of its own. */
export interface Running {
  readonly perCall: number;
  readonly inFlight: number;
  slice(ms: number): Promise<Sample>;
  close(): Promise<void>;
}

/** How a case came not to run. */
export interface Lost {
  readonly is: "skipped" | "failed";
  readonly reason: string;
}

/** What a case may take to load, prove and warm up, and a slice beyond its time, before it counts as hung. */
const PATIENCE_MS = 120_000;

/** Starts `one` and waits until it is ready. */
export async function startCase(
  table: Table,
  one: Case,
  options: { readonly compiled: string; readonly warmMs: number },
): Promise<Running | Lost> {
  const group = table.name.split("/")[0] ?? "";
  const child = fork(join(options.compiled, "harness/child.js"), [group, table.name, one.name, `${options.warmMs}`], {
    cwd: BENCH,
    // As servers run: graphql and others check more where it is not set.
    env: { ...process.env, NODE_ENV: "production" },
    execArgv: [...(one.execArgv ?? [])],
    // What a package prints belongs beside the tables, not into them.
    stdio: ["ignore", process.stderr, process.stderr, "ipc"],
  });
  const first = await nextReport(child, PATIENCE_MS + options.warmMs);
  if (first.is === "skipped" || first.is === "failed") return first;
  if (first.is !== "ready") throw new Error(`${one.name} answered "${first.is}" before it was ready`);
  return {
    perCall: first.perCall,
    inFlight: first.inFlight,
    async slice(ms) {
      const report = await ask(child, { do: "slice", ms }, PATIENCE_MS + ms);
      if (report.is === "sample") return report.sample;
      throw new Error("reason" in report ? report.reason : `${one.name} answered "${report.is}"`);
    },
    async close() {
      if (child.connected) await ask(child, { do: "close" }, 10_000);
    },
  };
}

function ask(child: ChildProcess, order: Order, patienceMs: number): Promise<Report> {
  const answer = nextReport(child, patienceMs);
  child.send(order);
  return answer;
}

function nextReport(child: ChildProcess, patienceMs: number): Promise<Report> {
  return new Promise((resolve) => {
    const settle = (report: Report): void => {
      clearTimeout(timer);
      child.off("message", settle);
      child.off("exit", onExit);
      resolve(report);
    };
    const onExit = (code: number | null, signal: string | null): void =>
      settle({ is: "failed", reason: `its process ended with ${code ?? signal}` });
    const timer = setTimeout(() => {
      settle({ is: "failed", reason: `no answer within ${patienceMs / 1000} s` });
      child.kill("SIGKILL");
    }, patienceMs);
    child.once("message", settle);
    child.once("exit", onExit);
  });
}
