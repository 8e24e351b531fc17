/** Runs commands for the scripts in this folder. */
import { type StdioOptions, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The path of the repository. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** The exit status of a command, and its output if that was captured. */
export interface Ended {
  readonly status: number;
  readonly output: string;
}

/**
 * Runs `command` in `cwd`, by default the repository, and waits for its end. The output goes to the
 * terminal, unless `capture` is set.
 */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; capture?: boolean; input?: string; env?: Readonly<Record<string, string>> } = {},
): Ended {
  const { cwd = ROOT, capture = false, input, env = {} } = options;
  const stdin = input === undefined ? "ignore" : "pipe";
  const ended = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: "utf8",
    stdio: capture ? [stdin, "pipe", "pipe"] : [stdin, "inherit", "inherit"],
    ...(input === undefined ? {} : { input }),
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ended.error) throw ended.error;
  return { status: ended.status ?? 1, output: capture ? `${ended.stdout}${ended.stderr}` : "" };
}

/**
 * Starts `command` in `cwd` and captures its output. The command is killed after the timeout, and
 * when this process ends.
 */
export function runBeside(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number },
): Promise<Ended> {
  const { cwd, env = {}, timeoutMs = 300_000 } = options;
  return new Promise((resolve, reject) => {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
    // A process group of its own, so that a kill reaches its children as well.
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: true });
    const kill = (): void => void (child.pid === undefined || process.kill(-child.pid, "SIGKILL"));
    const timer = setTimeout(kill, timeoutMs);
    // Before other listeners, because one of them removes the folder of the command.
    process.prependListener("exit", kill);
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    const settled = (): void => {
      clearTimeout(timer);
      process.off("exit", kill);
    };
    child.on("error", (error) => {
      settled();
      reject(error);
    });
    child.on("close", (status, signal) => {
      settled();
      const killed = signal === null ? "" : `\n(killed by ${signal})`;
      resolve({ status: status ?? 1, output: `${Buffer.concat(chunks).toString()}${killed}` });
    });
  });
}

/** Throws an error with the output if a command failed. */
export function must(what: string, { status, output }: Ended): void {
  if (status !== 0) throw new Error(`${what} failed:\n${output}`);
}
