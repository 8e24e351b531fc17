#!/usr/bin/env node
/** The executable `claimgate`. */
import { runCommand } from "./run.ts";

// A reader such as `head` may close the pipe early. Any other failure to write is an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  console.error(`The output cannot be written (${error.code})`);
  process.exit(2);
});

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  console.error(error);
  // Node's exit code for an error is 1, which here means a rejected token.
  process.exitCode = 70;
}
