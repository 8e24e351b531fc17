#!/usr/bin/env node
/** The command `claimgate`. */
import { runCommand } from "./run.ts";

// Who reads the output may leave when they have seen enough; output that is lost is a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  console.error(`The output cannot be written (${error.code})`);
  process.exit(2);
});

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  console.error(error);
  // Not Node's 1, which says that the token is refused.
  process.exitCode = 70;
}
