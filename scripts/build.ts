/** `npm run build`: builds `dist` anew, the library without Node's types, then the command line. */
import { rmSync } from "node:fs";
import { run } from "./run.ts";

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
const statuses = ["tsconfig.build.json", "tsconfig.cli.json"].map((config) => run("npx", ["tsc", "-p", config]).status);
process.exitCode = Math.max(...statuses);
