/** The steps of `npm test` and `npm run check`, and their counts. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, ROOT, run, runBeside } from "./run.ts";

/** A command and the count of its result. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Called once, after the command. */
  count(status: number): Counts;
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

const STEP_TIMEOUT_MS = 600_000;

/** Returns a step that runs an npm script. It counts as one. */
export function script(name: string, ...args: readonly string[]): Step {
  return {
    name,
    command: "npm",
    args: ["run", "--silent", ...args],
    count: (status) => (status === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }),
  };
}

/**
 * Returns a step that runs vitest. Each test counts as one. A run without tests fails, and so does
 * a run with an error outside its tests.
 */
export function tests(name: string, ...args: readonly string[]): Step {
  const folder = mkdtempSync(join(tmpdir(), "claimgate-test-"));
  const report = join(folder, "report.json");
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return {
    name,
    command: "npx",
    args: ["vitest", "run", "--reporter=json", `--outputFile.json=${report}`, ...args],
    count(status) {
      const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
      const [passed, failed] = [numPassedTests ?? 0, numFailedTests ?? 0];
      const isBroken = passed + failed === 0 || (status !== 0 && failed === 0);
      return { passed, failed: isBroken ? failed + 1 : failed };
    },
  };
}

/** Runs a step with its output on the terminal. */
export function runStep(step: Step): Counts {
  console.log(`\n== ${step.name}`);
  return conclude(step, run(step.command, step.args).status);
}

/** Runs steps in parallel, and prints the output of each after all steps before it have ended. */
export async function runStepsBeside(steps: readonly Step[]): Promise<Counts> {
  const running = steps.map((step) => runBeside(step.command, step.args, { cwd: ROOT, timeoutMs: STEP_TIMEOUT_MS }));
  const counts: Counts[] = [];
  for (const [i, step] of steps.entries()) {
    const { status, output } = (await running[i]) as Ended;
    console.log(`\n== ${step.name}${output === "" ? "" : `\n${output.trimEnd()}`}`);
    counts.push(conclude(step, status));
  }
  return sum(counts);
}

export function sum(counts: readonly Counts[]): Counts {
  const total = (of: keyof Counts): number => counts.reduce((before, one) => before + one[of], 0);
  return { passed: total("passed"), failed: total("failed") };
}

function conclude(step: Step, status: number): Counts {
  const counts = step.count(status);
  if (counts.failed > 0) console.log(`== ${step.name} FAILED`);
  return counts;
}
