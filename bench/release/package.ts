/** The rows about the package: the CPU time of its start, and the sizes of its entries. */
import type { ReleaseRow } from "./row.ts";

const KILOBYTES = {
  claimgate: 45,
  "claimgate/redis": 6,
  "claimgate/postgres": 6,
  "claimgate/trpc": 7,
  "claimgate/graphql": 14,
} as const;

const OWN_CODE =
  "claimgate's own code alone exceeds the goal, and messages with their remedies are a large part of it. zod, lru-cache, jose and cookie come on top.";

export const PACKAGE_ROWS: readonly ReleaseRow[] = [
  {
    what: 'import("claimgate")',
    table: "package/import",
    case: "claimgate",
    over: "jose",
    goal: 1.2,
  },
  {
    what: "import, manager, first RS256 verify",
    table: "package/first verify",
    case: "claimgate",
    over: "jose",
    goal: 1.5,
  },
  ...Object.entries(KILOBYTES).map(
    ([entry, goal]): ReleaseRow => ({
      what: `${entry}, bundled, minified and gzipped`,
      table: "package/sizes",
      case: entry,
      figure: "kB",
      goal,
      ifMissed: OWN_CODE,
    }),
  ),
];
