/** `npm run build`: builds `dist` anew, the library without Node's types, then the command line. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { writeCommonJSDeclarations } from "./commonjs-declarations.ts";
import { TYPESCRIPT } from "./compilers.ts";
import { ROOT, run } from "./run.ts";

const DIST = join(ROOT, "dist");

// So that no file of an earlier build is left.
rmSync(DIST, { recursive: true, force: true });
const statuses = ["tsconfig.build.json", "tsconfig.cli.json"].map(
  (config) => run(TYPESCRIPT.tsc, ["-p", config]).status,
);
writeCommonJSDeclarations(DIST);
process.exitCode = Math.max(...statuses);
