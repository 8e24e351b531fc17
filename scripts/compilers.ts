/** The TypeScript compilers that the types must satisfy, oldest first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./run.ts";

/** A compiler, and its place in the repository's `node_modules`. */
export interface Compiler {
  readonly tsc: string;
  /** Such as `5.7.3`. */
  readonly version: string;
}

/** The compiler of the repository. `.bin/tsc` may be another: npm links the one installed last. */
export const TYPESCRIPT: Compiler = compilerIn("typescript");

/** 5.7, 5.9 and 7. */
export const COMPILERS: readonly Compiler[] = [compilerIn("typescript-5.7"), compilerIn("typescript-5.9"), TYPESCRIPT];

function compilerIn(name: string): Compiler {
  const folder = join(ROOT, "node_modules", name);
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { readonly version: string };
  return { tsc: join(folder, "bin/tsc"), version };
}
