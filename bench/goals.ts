/** What claimgate promises of its own speed, printed beside what was measured. Each names cases of the tables that take it. */
import type { Goal } from "./harness/types.ts";

/** A token seen for the first time: what jose does for it, with the key imported once and the same checks, and next to nothing besides. */
export const COLD_VERIFY: readonly Goal[] = [
  { case: "claimgate, cache off", against: "jose jwtVerify", atMost: 1.05 },
  { case: "claimgate, first sight", against: "jose jwtVerify", atMost: 1.05 },
];

/** A token seen before. */
export const WARM_VERIFY: readonly Goal[] = [
  { case: "claimgate, warm", of: "speedup", against: "fast-jwt with its cache", atLeast: 1.5 },
];

/** The CPU of a server's request, over the same server without auth. Written by hand, with a cache, it is 1.06. */
export const HTTP_REQUEST: readonly Goal[] = [{ case: "claimgate, warm", against: "no auth", atMost: 1.06 }];

/** What a guard costs does not depend on how many there are. */
export const FLAT_FIELDS: readonly Goal[] = ["10 fields", "100 fields", "1,000 fields", "10,000 fields"].map(
  (name) => ({
    case: name,
    against: `${name}, unguarded`,
    atMost: 1.3,
  }),
);

export const FLAT_RULES: readonly Goal[] = ["10 rules", "100 rules", "1,000 rules"].map((name) => ({
  case: name,
  atMost: 1.3,
}));

/** Memory is not flat: more tokens fit fewer of the processor's caches. */
export const FLAT_TOKENS: readonly Goal[] = ["10,000 tokens", "100,000 tokens"].map((name) => ({
  case: name,
  atMost: 2,
}));

export const CACHE_ENTRY_BYTES: readonly Goal[] = [
  { case: "claimgate, 100,000 tokens", of: "bytes/entry", atMost: 600 },
];

/** A refresh asks its store once before it answers, whatever it still says afterwards. */
export const REFRESH_ROUND_TRIPS: readonly Goal[] = ["Redis", "PostgreSQL"].map((name) => ({
  case: name,
  of: "round trips before the answer",
  atMost: 1,
}));
