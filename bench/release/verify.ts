/** The rows about tokens: verification, issue, and the memory of the cache. */
import { PREVIOUS, type ReleaseRow } from "./row.ts";

const STORES =
  "fast-jwt without its cache stores nothing. claimgate hashes the token and stores an entry, which the garbage collector then moves. A simpler cache in place of lru-cache saved little.";
const BARE_CHECK =
  "Most of the time is the signature check of node:crypto itself: see its own case in the same table. What jose takes in addition differs between machines.";

/** The goals over fast-jwt without its cache, and over jose. */
const COLD_GOALS = {
  "HS256 cold": [1, 0.25],
  "HS256 cold, 64 at once": [1, 0.25],
  "RS256 cold": [1.05, 0.35],
  "ES256 cold": [1.05, 0.45],
  "EdDSA cold": [1.05, 0.7],
  "PS512 cold": [1.05, 0.5],
} as const;

const BURSTS = ["RS256", "ES256", "ES384"];
const ISSUED = ["HS256", "ES256", "EdDSA", "RS256"];

export const VERIFY_ROWS: readonly ReleaseRow[] = [
  ...Object.entries(COLD_GOALS).flatMap(([name, [overFastJwt, overJose]]): ReleaseRow[] => {
    const row = { what: `verify, ${name}`, table: `verify/${name}`, case: "claimgate, first sight" };
    const uncached = { ...row, what: `${row.what}, cache off`, case: "claimgate, cache off" };
    return [
      { ...row, over: "fast-jwt", goal: overFastJwt, ifMissed: STORES },
      ...(name.startsWith("HS256") ? [{ ...uncached, over: "fast-jwt", goal: overFastJwt }] : []),
      { ...row, over: "jose jwtVerify", goal: overJose, ifMissed: BARE_CHECK },
    ];
  }),
  ...BURSTS.map(
    (algorithm): ReleaseRow => ({
      what: `another task beside bursts of 64 cold ${algorithm} tokens`,
      table: "verify/bursts",
      case: `claimgate, ${algorithm}`,
      over: PREVIOUS,
      figure: "µs of waiting, p99",
      goal: 1,
    }),
  ),
  ...["HS256", "ES256"].map(
    (algorithm): ReleaseRow => ({
      what: `verify, ${algorithm} warm, 64 at once`,
      table: `verify/${algorithm} warm, 64 at once`,
      case: "claimgate, warm",
      over: "fast-jwt with its cache",
      goal: 0.67,
    }),
  ),
  {
    what: "memory of a remembered token",
    table: "scale/bytes",
    case: "claimgate, 100,000 tokens",
    figure: "bytes/entry",
    goal: 600,
  },
  ...ISSUED.map(
    (algorithm): ReleaseRow => ({
      what: `issue a token, ${algorithm}`,
      table: `issue/${algorithm}`,
      case: "claimgate",
      over: "fast-jwt",
      goal: 1.3,
    }),
  ),
];
