import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

// What remembers verified tokens may change what an answer costs and never the answer: all suites pass without it too, but for the tests of what it
// saves, which say "with the cache".
const withoutTokenCache = process.env["TOKEN_CACHE"] === "off";
const replacement = fileURLToPath(new URL("./test/no-token-cache.ts", import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      ...(withoutTokenCache ? [{ find: /^\.\/token-cache\.ts$/, replacement }] : []),
      { find: /^claimgate\/jwt$/, replacement: source("core/jwt/index.ts") },
      { find: /^claimgate\/(trpc|graphql|testing)$/, replacement: source("$1/index.ts") },
      { find: /^claimgate\/(redis|postgres)$/, replacement: source("core/stores/$1.ts") },
      { find: /^claimgate$/, replacement: source("index.ts") },
      // The file that Node itself resolves to: graphql compares its classes by identity, so there must be one of it.
      { find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") },
    ],
  },
  test: {
    ...(withoutTokenCache ? { testNamePattern: /^(?!.*with the cache)/ } : {}),
    include: ["test/**/*.test.ts", "*.test.ts"],
    testTimeout: 20_000,
    // A PGlite, or a cluster, takes its time to start where everything else runs too.
    hookTimeout: 120_000,
    // More than there are cores on a small machine: the drills mostly wait, for timeouts and for other processes.
    maxWorkers: Math.max(3, availableParallelism()),
  },
});
