/** Builds `dist` from nothing, so that no file of an earlier build is left in it. */
import { rmSync } from "node:fs";
import { run } from "./run.ts";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
process.exitCode = run("npx", ["tsc", "-p", "tsconfig.build.json"]).status;
