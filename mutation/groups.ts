/** The groups of sources that decide, each with the suites that test it. */

/** Sources that are mutated in one run, and the suites of that run. */
export interface Group {
  readonly mutate: readonly string[];
  /** Folders and files, in the order of their runs: the first failure ends the run of a mutant. */
  readonly suites: readonly string[];
}

/** By name, as in `npm run mutation -- <name>`. */
export const GROUPS: Readonly<Record<string, Group>> = {
  rules: {
    mutate: ["src/core/rules/*.ts"],
    suites: ["test/core/rules", "test/messages/rules.test.ts", "test/graphql/execution/moments.test.ts"],
  },
  exchange: {
    mutate: ["src/core/exchange/{credentials,csrf,cookies,cookie-list}.ts"],
    suites: [
      "test/core/exchange",
      "test/core/request",
      "test/messages/requests.test.ts",
      "test/messages/calls.test.ts",
      "test/trpc/ambiguous.test.ts",
      "test/trpc/connection-params.test.ts",
      "test/trpc/csrf.test.ts",
      "test/regression/exact-credentials.test.ts",
      "test/regression/changed-cookies.test.ts",
      "test/regression/cookie-lifetimes.test.ts",
      "test/regression/cleared-cookies.test.ts",
    ],
  },
  request: {
    mutate: ["src/core/request/{request-gate,request-tokens}.ts"],
    suites: [
      "test/core/request",
      "test/core/auth",
      "test/graphql/execution",
      "test/trpc/ambiguous.test.ts",
      "test/trpc/authorize.test.ts",
      "test/trpc/batches.test.ts",
      "test/trpc/context-token.test.ts",
      "test/trpc/sockets.test.ts",
      "test/trpc/verifications.test.ts",
      "test/trpc/session-streams.test.ts",
      "test/graphql/schema/federation-client.test.ts",
      "test/regression/core.test.ts",
      "test/regression/changed-cookies.test.ts",
    ],
  },
  auth: {
    mutate: ["src/core/auth/session-check.ts"],
    suites: ["test/core/auth", "test/core/sessions", "test/trpc/session-streams.test.ts"],
  },
  sessions: {
    mutate: ["src/core/sessions/{refresh,choice}.ts"],
    suites: ["test/core/sessions", "test/trpc/batches.test.ts", "test/regression"],
  },
  trpc: {
    mutate: ["src/trpc/{guard,require-token}.ts"],
    suites: ["test/trpc", "test/messages/requests.test.ts", "test/core/request"],
  },
  graphql: {
    mutate: [
      "src/graphql/execution/{guarded-resolvers,guard-set}.ts",
      "src/graphql/schema/{apply-guards,field-guards,assert-guarded}.ts",
    ],
    suites: ["test/graphql", "test/messages/graphql.test.ts", "test/regression/graphql.test.ts"],
  },
};
