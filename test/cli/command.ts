/** Runs a `claimgate` command inside the test process, or as a process of its own. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { runCommand } from "../../src/cli/run.ts";

const ROOT = new URL("../..", import.meta.url).pathname;

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command inside this process, with `input` on its standard input. */
export async function claimgate(args: readonly string[], input: string = ""): Promise<Ran> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await runCommand(args, {
    read: async () => input,
    isInteractive: false,
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** Starts a command as a process. */
export function startClaimgate(args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, ["--import", "tsx", "src/cli/main.ts", ...args], { cwd: ROOT });
}

/** Runs a command as a process, with `input` on its standard input. */
export function claimgateProcess(args: readonly string[], input: string = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = startClaimgate(args);
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => (out += chunk));
    child.stderr.on("data", (chunk: Buffer) => (err += chunk));
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, out: out.trim(), err: err.trim() }));
    // The process may end before its input is written.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}

/** A temporary folder that is removed after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "claimgate-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
