/** The TypeScript compilers that the types must satisfy, oldest first. */
import { join } from "node:path";
import { readManifest } from "./project.ts";
import { ROOT } from "./run.ts";

/** A compiler, and its place in the repository's `node_modules`. */
export interface Compiler {
  readonly tsc: string;
  /** Such as `5.7.3`. */
  readonly version: string;
}

/** 5.7, 5.9 and 7. */
export const COMPILERS: readonly Compiler[] = ["typescript-5.7", "typescript-5.9", "typescript"].map((name) => ({
  tsc: join(ROOT, "node_modules", name, "bin/tsc"),
  version: readManifest(ROOT, name).version,
}));
