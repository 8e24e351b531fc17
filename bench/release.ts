/** The rows of the release table: cases of claimgate over their base, most with a goal. */

interface Row {
  readonly what: string;
  /** A table of `cases/`. */
  readonly table: string;
  /** A case of that table. */
  readonly case: string;
  /** The median must be at most this. */
  readonly goal?: number;
  /**
   * The reason for a missed goal, printed below the table. It contains no figures, so that it stays
   * true.
   */
  readonly ifMissed?: string;
}

/** Judged by the CPU time of `case` over that of `over`, a case of the same table. */
export interface RatioRow extends Row {
  readonly over: string;
  readonly count?: never;
}

/** Judged by a count: the name of a `Sample.extra`. */
export interface CountRow extends Row {
  readonly count: string;
  readonly over?: never;
}

export type ReleaseRow = RatioRow | CountRow;

/** The most rows. A longer table says little more, so a new row replaces another. */
export const MAX_ROWS = 20;

const FIRST_SIGHT =
  "First sight: on top of jose, claimgate checks the encoding and the types of all claims, hashes the token and stores an entry.";
const COLD =
  "Cold requests: most of the difference is jose's verification, which WebCrypto runs on another thread. It costs more than a small request.";
const WARM_GRAPHQL =
  "Warm GraphQL: a request pays for a SHA-256 of the token, its context and a look at the document; each guarded field pays for a comparison.";
const WARM_TRPC = "Warm tRPC: a request pays for a SHA-256 of the token and its context; each call pays for its guard.";
const WARM_HTTP = "Warm HTTP: the server's request is small, and the same work per request is a visible part of it.";
const RULES = "1,000 distinct rules: every field is a decision of its own, where one rule is decided once a request.";

export const RELEASE_ROWS: readonly ReleaseRow[] = [
  {
    what: "verify an HS256 token again, 64 at once",
    table: "verify/HS256 warm, 64 at once",
    case: "claimgate, warm",
    over: "fast-jwt with its cache",
    goal: 0.67,
  },
  {
    what: "verify an ES256 token again, 64 at once",
    table: "verify/ES256 warm, 64 at once",
    case: "claimgate, warm",
    over: "fast-jwt with its cache",
    goal: 0.67,
  },
  {
    what: "verify a new HS256 token",
    table: "verify/HS256 cold",
    case: "claimgate, first sight",
    over: "jose jwtVerify",
    goal: 1.05,
    ifMissed: FIRST_SIGHT,
  },
  {
    what: "verify a new ES256 token",
    table: "verify/ES256 cold",
    case: "claimgate, first sight",
    over: "jose jwtVerify",
    goal: 1.05,
    ifMissed: FIRST_SIGHT,
  },
  {
    what: "GraphQL list of 1,000 guarded fields, executor alone, warm",
    table: "graphql/guarded list executor",
    case: "claimgate, warm",
    over: "no auth",
    goal: 1.06,
    ifMissed: WARM_GRAPHQL,
  },
  {
    what: "GraphQL list of 1,000 guarded fields, Yoga, warm",
    table: "graphql/guarded list yoga",
    case: "claimgate, warm",
    over: "no auth",
    goal: 1.1,
    ifMissed: WARM_GRAPHQL,
  },
  {
    what: "the same list below an open field, executor alone, cold",
    table: "graphql/open list executor",
    case: "claimgate, cold",
    over: "no auth",
    goal: 1.3,
    ifMissed: COLD,
  },
  {
    what: "small GraphQL query, Yoga, 16 at once, warm",
    table: "graphql/small 16 yoga",
    case: "claimgate, warm",
    over: "no auth",
    goal: 1.05,
    ifMissed: WARM_GRAPHQL,
  },
  {
    what: "small GraphQL query, Yoga, 16 at once, cold",
    table: "graphql/small 16 yoga",
    case: "claimgate, cold",
    over: "no auth",
    goal: 1.35,
    ifMissed: COLD,
  },
  {
    what: "one tRPC query, warm",
    table: "trpc/one query",
    case: "claimgate, token, warm",
    over: "one empty middleware",
    goal: 1.05,
    ifMissed: WARM_TRPC,
  },
  { what: "one tRPC query, cold", table: "trpc/one query", case: "claimgate, token, cold", over: "no auth" },
  {
    what: "tRPC batch of 20 with a rule, warm",
    table: "trpc/batch of 20",
    case: "claimgate, token then scope, warm",
    over: "one empty middleware",
    goal: 1.05,
    ifMissed: WARM_TRPC,
  },
  {
    what: "tRPC batch of 20 with a rule, cold",
    table: "trpc/batch of 20",
    case: "claimgate, token then scope, cold",
    over: "no auth",
    goal: 1.5,
    ifMissed: COLD,
  },
  {
    what: "tRPC on a real server, CPU of the server, warm",
    table: "http/tRPC",
    case: "claimgate, warm",
    over: "no auth",
    goal: 1.06,
    ifMissed: WARM_HTTP,
  },
  {
    what: "GraphQL on a real server, CPU of the server, warm",
    table: "http/GraphQL",
    case: "claimgate, warm",
    over: "no auth",
    goal: 1.06,
    ifMissed: WARM_HTTP,
  },
  {
    what: "10,000 guarded fields in one query",
    table: "scale/fields",
    case: "10,000 fields",
    over: "10,000 fields, unguarded",
    goal: 1.3,
  },
  {
    what: "1,000 distinct rules on 1,000 fields",
    table: "scale/rules",
    case: "1,000 rules",
    over: "1 rule",
    goal: 1.3,
    ifMissed: RULES,
  },
  {
    what: "memory of a remembered token",
    table: "scale/bytes",
    case: "claimgate, 100,000 tokens",
    count: "bytes/entry",
    goal: 600,
  },
  {
    what: "a refresh on Redis",
    table: "sessions/refresh",
    case: "Redis",
    count: "round trips before the answer",
    goal: 1,
  },
  {
    what: "a refresh on PostgreSQL",
    table: "sessions/refresh",
    case: "PostgreSQL",
    count: "round trips before the answer",
    goal: 1,
  },
];
