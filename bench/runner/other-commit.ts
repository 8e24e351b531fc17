/** Builds claimgate of another commit, in a git worktree that is removed afterwards. */
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../../scripts/run.ts";
import { ROOT } from "./paths.ts";
import { copyPackage } from "./prepare.ts";

/** Builds `ref` with the packages of this working tree and copies the result to `target`. */
export function placeCommit(ref: string, target: string): void {
  const parent = mkdtempSync(join(tmpdir(), "claimgate-bench-"));
  const tree = join(parent, "claimgate");
  console.error(`building claimgate of ${ref} ...`);
  try {
    must(`git worktree add ${ref}`, git("worktree", "add", "--detach", tree, ref));
    symlinkSync(join(ROOT, "node_modules"), join(tree, "node_modules"));
    must(`npm run build of ${ref}`, run("npm", ["run", "--silent", "build"], { cwd: tree, capture: true }));
    copyPackage(tree, target);
  } finally {
    git("worktree", "remove", "--force", tree);
    rmSync(parent, { recursive: true, force: true });
  }
}

/** The short hash of `ref`. Throws if there is no such commit. */
export function resolveCommit(ref: string): string {
  const ended = git("rev-parse", "--short", "--verify", "--end-of-options", `${ref}^{commit}`);
  must(`git rev-parse ${ref}`, ended);
  return ended.output.trim();
}

function git(...args: string[]): ReturnType<typeof run> {
  return run("git", args, { cwd: ROOT, capture: true });
}
