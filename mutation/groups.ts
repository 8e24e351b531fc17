/** The groups of sources that decide, each with the suites that test them. */

/** Sources that are mutated in one run, and the suites of that run. */
export interface Group {
  readonly mutate: readonly string[];
  /** Folders and files, in the order of their runs: the first failure ends the run of a mutant. */
  readonly near: readonly string[];
  /** The suites for the mutants that survive those. */
  readonly far: readonly string[];
}

/** By name, as in `npm run mutation -- <name>`. */
export const GROUPS: Readonly<Record<string, Group>> = {
  rules: {
    mutate: ["src/core/rules/*.ts"],
    near: ["test/core/rules", "test/messages/rules.test.ts"],
    far: ["test/graphql/execution/moments.test.ts", "test/graphql/schema/field-guards.test.ts"],
  },
  exchange: {
    mutate: ["src/core/exchange/{credentials,csrf,cookies,cookie-list}.ts"],
    near: ["test/core/exchange", "test/messages/requests.test.ts"],
    far: [
      "test/core/request",
      "test/messages/calls.test.ts",
      "test/trpc/ambiguous.test.ts",
      "test/trpc/connection-params.test.ts",
      "test/regression/exact-credentials.test.ts",
      "test/regression/changed-cookies.test.ts",
      "test/regression/cookie-lifetimes.test.ts",
      "test/regression/cleared-cookies.test.ts",
    ],
  },
  request: {
    mutate: ["src/core/request/{request-gate,request-tokens}.ts"],
    near: ["test/core/request", "test/core/auth", "test/graphql/execution/moments.test.ts"],
    far: [
      "test/graphql/execution",
      "test/graphql/schema/federation-client.test.ts",
      "test/trpc/authorize.test.ts",
      "test/trpc/batches.test.ts",
      "test/trpc/context-token.test.ts",
      "test/trpc/sockets.test.ts",
      "test/trpc/verifications.test.ts",
      "test/trpc/session-streams.test.ts",
      "test/messages/requests.test.ts",
      "test/regression/core.test.ts",
      "test/regression/connection-rejections.test.ts",
      "test/regression/refresh-token-shown.test.ts",
      "test/regression/changed-cookies.test.ts",
      "test/regression/cleared-cookies.test.ts",
      "test/trpc/responses.test.ts",
    ],
  },
  auth: {
    mutate: ["src/core/auth/session-check.ts"],
    near: [
      "test/core/auth/session-check.test.ts",
      "test/core/auth/revocation-check.test.ts",
      "test/core/auth/refresh-check.test.ts",
    ],
    far: [
      "test/core/auth/former-issuers.test.ts",
      "test/core/request/request-auth.test.ts",
      "test/core/sessions",
      "test/core/sessions/verify-refresh.slow.test.ts",
      "test/trpc/session-streams.test.ts",
    ],
  },
  sessions: {
    mutate: ["src/core/sessions/refresh.ts"],
    near: ["test/core/sessions"],
    far: [],
  },
  choice: {
    mutate: ["src/core/sessions/choice.ts"],
    near: ["test/regression/changed-cookies.test.ts"],
    far: ["test/regression/foreign-subjects.test.ts", "test/core/sessions/adopt.slow.test.ts"],
  },
  trpc: {
    mutate: ["src/trpc/{guard,require-token}.ts"],
    near: [
      "test/trpc/merged-guards.test.ts",
      "test/trpc/input.test.ts",
      "test/trpc/build-errors.test.ts",
      "test/trpc/context-token.test.ts",
      "test/trpc/verifications.test.ts",
      "test/messages/rules.test.ts",
    ],
    far: [
      "test/trpc/batches.test.ts",
      "test/trpc/routers.test.ts",
      "test/trpc/seed.test.ts",
      "test/trpc/streamed-kinds.test.ts",
      "test/trpc/session-streams.test.ts",
      "test/trpc/responses.test.ts",
      "test/messages/requests.test.ts",
      "test/regression/refresh-token-shown.test.ts",
    ],
  },
  graphql: {
    mutate: [
      "src/graphql/execution/{guarded-resolvers,guard-set}.ts",
      "src/graphql/schema/{apply-guards,field-guards,schema-check}.ts",
    ],
    near: ["test/graphql/schema", "test/graphql/execution"],
    far: [
      "test/messages/graphql.test.ts",
      "test/messages/locations.test.ts",
      "test/messages/rules.test.ts",
      "test/regression/graphql.test.ts",
      "test/regression/graphql-context.test.ts",
      "test/regression/refresh-token-shown.test.ts",
      "test/core/request/current-token.alone.test.ts",
      "test/graphql/server/own-errors.test.ts",
      "test/graphql/server/session-streams.test.ts",
    ],
  },
};
