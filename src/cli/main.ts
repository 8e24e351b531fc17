#!/usr/bin/env node
/** The executable `claimgate`. */
import { runCommand } from "./run.ts";

// A reader such as `head` may close the pipe early. Any other loss of output is a failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  console.error(`The output cannot be written (${error.code})`);
  process.exit(2);
});

try {
  process.exitCode = await runCommand(process.argv.slice(2));
} catch (error) {
  console.error(error);
  // The exit code 1 of Node would mean an invalid token.
  process.exitCode = 70;
}
