/** Runs a command to its end, for the scripts beside this file. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** How a command ended; `output` only where it was captured. */
export interface Ended {
  readonly status: number;
  readonly output: string;
}

/** Runs `command` in `cwd`, by default the repository, and shows what it prints unless that is captured. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; capture?: boolean } = {},
): Ended {
  const { cwd = ROOT, capture = false } = options;
  const ended = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    stdio: capture ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ended.error) throw ended.error;
  return { status: ended.status ?? 1, output: capture ? `${ended.stdout}${ended.stderr}` : "" };
}
