/** Starts the process of a case and talks to it. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Order, Report } from "../harness/messages.ts";
import type { Case, Sample } from "../harness/types.ts";
import { BENCH } from "./paths.ts";

/** A case that its own process has loaded, proven and warmed up. */
export interface Running {
  readonly perCall: number;
  readonly about?: string;
  slice(ms: number): Promise<Sample>;
  close(): Promise<void>;
}

/** The reason why a case has no figures. */
export interface Lost {
  readonly is: "skipped" | "failed";
  readonly reason: string;
}

/**
 * The time that a case has to load and prove, and a slice beyond its own length. A slower case
 * counts as hung.
 */
const PATIENCE_MS = 120_000;

/**
 * A case, and the compiled files to run it from: these decide which copy of claimgate it imports.
 */
export interface Source {
  readonly table: string;
  readonly one: Case;
  readonly compiled: string;
}

/** Starts a case and waits until it is ready. */
export async function startCase({ table, one, compiled }: Source, warmMs: number): Promise<Running | Lost> {
  const group = table.split("/")[0] ?? "";
  const child = fork(join(compiled, "harness/child.js"), [group, table, one.name, `${warmMs}`], {
    cwd: BENCH,
    // Without it graphql and others check more than on a real server.
    env: { ...process.env, NODE_ENV: "production" },
    execArgv: [...(one.execArgv ?? [])],
    // The output of packages must not mix with the tables.
    stdio: ["ignore", process.stderr, process.stderr, "ipc"],
  });
  const first = await nextReport(child, PATIENCE_MS + warmMs);
  if (first.is === "skipped" || first.is === "failed") return first;
  if (first.is !== "ready") throw new Error(`${one.name} answered "${first.is}" before it was ready`);
  return {
    perCall: first.perCall,
    ...(first.about === undefined ? {} : { about: first.about }),
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
      settle({ is: "failed", reason: `its process exited with ${code ?? signal}` });
    const timer = setTimeout(() => {
      settle({ is: "failed", reason: `no answer within ${patienceMs / 1000} s` });
      child.kill("SIGKILL");
    }, patienceMs);
    child.once("message", settle);
    child.once("exit", onExit);
  });
}
