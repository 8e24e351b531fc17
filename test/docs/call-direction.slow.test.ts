/** A call with a cached token passes through its files in one direction, without calls back. */
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { callsIn, traceCall } from "../support/call-trace.ts";

const STEPS = [
  "core/exchange/request-source.ts",
  "core/request/request-auth.ts",
  "core/request/request-gate.ts",
  "core/request/request-tokens.ts",
  "core/exchange/credentials.ts",
  "core/auth/verifier.ts",
  "core/auth/token-cache.ts",
  "core/jwt/claims.ts",
  "core/key-ring/ring-snapshot.ts",
  "core/auth/session-check.ts",
  "core/rules/decision.ts",
];

it.each([
  ["traced-trpc", ["trpc/context.ts", "trpc/guard.ts", ...STEPS]],
  [
    "traced-graphql",
    [
      "graphql/server/context.ts",
      "graphql/execution/prepare.ts",
      "graphql/execution/guarded-resolvers.ts",
      "graphql/execution/guard-set.ts",
      ...STEPS,
    ],
  ],
])(
  "%s visits the files that ARCHITECTURE.md names, and no file calls back",
  { timeout: 120_000 },
  async (program, files) => {
    const visits = await traceCall(fileURLToPath(new URL(`../support/${program}.ts`, import.meta.url)));
    const visited = new Set(visits.flat());
    expect(files.filter((file) => !visited.has(file))).toEqual([]);
    expect(circlesIn(callsIn(visits))).toEqual([]);
  },
);

/** The files from which a chain of calls leads back to them. */
function circlesIn(calls: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...calls.keys()].filter((file) => {
    const seen = new Set<string>();
    const waiting = [...(calls.get(file) ?? [])];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      waiting.push(...(calls.get(at) ?? []));
    }
    return seen.has(file);
  });
}
