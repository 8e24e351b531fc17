/** The entries of the package, and the source file of each. */
import { join } from "node:path";
import { DECLARATIONS } from "../../scripts/project.ts";
import { ROOT } from "../../scripts/run.ts";

/** Such as `claimgate/trpc` and the path of `src/trpc/index.ts`. */
export const SOURCES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(DECLARATIONS).map(([entry, file]) => [
    entry,
    join(ROOT, file.replace(/^\.\/dist\//, "src/").replace(/\.d\.ts$/, ".ts")),
  ]),
);
