/** The rows about requests: tRPC, GraphQL, and the rules of both. */
import type { ReleaseRow } from "./row.ts";

/**
 * The CPU time of the reference, a bare `createHmac`, on the machine that set the goals in
 * microseconds.
 */
const REFERENCE_US = 2.3;

const WARM_TRPC = "A request pays for a SHA-256 of the token and its context; each call pays for its guard.";
const WARM_GRAPHQL =
  "A request pays for a SHA-256 of the token, its context and a look at the document; each guarded field pays for a comparison.";
const COLD = "Most of the difference is the verification of the token, which costs more than a small request.";

export const REQUEST_ROWS: readonly ReleaseRow[] = [
  {
    what: "tRPC, one query, cold HS256",
    table: "trpc/one query",
    case: "claimgate, token, cold",
    over: "no auth",
    goal: 1.6,
    ifMissed: COLD,
  },
  {
    what: "tRPC, batch of 20 with a rule, cold",
    table: "trpc/batch of 20",
    case: "claimgate, token then scope, cold",
    over: "one empty middleware",
    goal: 1.25,
    ifMissed: COLD,
  },
  {
    what: "tRPC, batch of 20 with a rule, warm",
    table: "trpc/batch of 20",
    case: "claimgate, token then scope, warm",
    over: "one empty middleware",
    goal: 1.1,
    ifMissed: WARM_TRPC,
  },
  {
    what: "Yoga, small query, cold",
    table: "graphql/small 1 yoga",
    case: "claimgate, cold",
    over: "no auth",
    goal: 1.5,
    ifMissed: COLD,
  },
  {
    what: "Yoga, small query, warm",
    table: "graphql/small 1 yoga",
    case: "claimgate, warm",
    over: "no auth",
    goal: 1.12,
    ifMissed: WARM_GRAPHQL,
  },
  {
    what: "executor, added to a request, warm (2 µs)",
    table: "graphql/added by a request",
    case: "claimgate, warm",
    figure: "times a createHmac",
    beside: "added CPU µs",
    goal: hmacsIn(2),
    ifMissed: WARM_GRAPHQL,
  },
  {
    what: "executor, added to a request, cold HS256 (10 µs)",
    table: "graphql/added by a request",
    case: "claimgate, cold",
    figure: "times a createHmac",
    beside: "added CPU µs",
    goal: hmacsIn(10),
    ifMissed: COLD,
  },
  {
    what: "executor, list of 1,000 guarded fields, warm",
    table: "graphql/guarded list executor",
    case: "claimgate, warm",
    over: "checks by hand, warm",
    goal: 1.1,
    ifMissed: WARM_GRAPHQL,
  },
  {
    what: "executor, list of 1,000 guarded fields, cold",
    table: "graphql/guarded list executor",
    case: "claimgate, cold",
    over: "no auth",
    goal: 1.35,
    ifMissed: COLD,
  },
  {
    what: "1,000 distinct rules on 1,000 fields",
    table: "scale/rules",
    case: "1,000 rules",
    over: "1 rule",
    goal: 1.5,
    ifMissed: "Every field is a decision of its own, where one rule is decided once a request.",
  },
  {
    what: "one more decision in a request (0.3 µs)",
    table: "scale/decision",
    case: "claimgate, a decision",
    figure: "times a createHmac",
    beside: "added CPU µs",
    goal: hmacsIn(0.3),
  },
];

/** A goal in microseconds as a ratio to the reference, rounded to two digits. */
function hmacsIn(us: number): number {
  return Number((us / REFERENCE_US).toPrecision(2));
}
