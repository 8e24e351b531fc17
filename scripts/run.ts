/** Runs a command to its end, for the scripts beside this file. */
import { type StdioOptions, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** How a command ended; `output` only where it was captured. */
export interface Ended {
  readonly status: number;
  readonly output: string;
}

/**
 * Runs `command` in `cwd`, by default the repository, and shows what it prints unless that is
 * captured.
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
 * Runs `command` in `cwd` beside others, and captures what it prints. One that hangs is killed, and
 * so are all when this process ends.
 */
export function runBeside(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly timeoutMs?: number },
): Promise<Ended> {
  const { cwd, env = {}, timeoutMs = 300_000 } = options;
  return new Promise((resolve, reject) => {
    const stdio: StdioOptions = ["ignore", "pipe", "pipe"];
    // A group of its own, so that what it started itself can be killed with it.
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio, detached: true });
    const kill = (): void => void (child.pid === undefined || process.kill(-child.pid, "SIGKILL"));
    const timer = setTimeout(kill, timeoutMs);
    // Before what is written to is removed.
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

/** Throws, with what was printed, where a command failed. */
export function must(what: string, { status, output }: Ended): void {
  if (status !== 0) throw new Error(`${what} failed:\n${output}`);
}
