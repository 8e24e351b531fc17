import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

// A test file's name or folder says which project it belongs to; any other is one of the `units`, which `npm run check` runs.

// A file that changes or measures its process needs one of its own: `ambient: true`, `process.env`, fake timers, `vi.mock`, `vi.resetModules`, V8 flags,
// the inspector, memory. A spy does not count: vitest restores it after the file.
const ALONE = ["test/**/*.alone.test.ts", "test/{drills,examples,hosts,peers}/**/*.test.ts"];

// Starts databases or processes, waits for real timeouts, or tries thousands of inputs: too slow for `npm run check`.
const SLOW = ["test/**/*.slow.test.ts", "test/{cli,core/stores,parity}/**/*.test.ts"];

// The token cache may change what an answer costs, never the answer. These suites run without it too; with `TOKEN_CACHE=off` all suites do.
// Only tests of what the cache saves need it: they have "with the cache" in their names.
const ALSO_UNCACHED = ["test/{graphql,regression,trpc}/**/*.test.ts"];

// Without Node built-ins, WebCrypto computes every signature, and no answer may change. These suites run without them too. Only tests of what
// `node:crypto` alone reads or does need it: they have "with node:crypto" in their names. The token cache needs its hash.
const ALSO_WEB = ["test/core/{jwt,tokens,auth,key-ring,issuers,manager}/**/*.test.ts"];
// Files and fetches have nothing to do with signatures. The suites of signatures hide and show the built-ins themselves.
const NOT_WEB = [
  "test/core/key-ring/key-file.test.ts",
  "test/core/jwt/jwks/key-fetch.test.ts",
  "test/core/jwt/signatures/**",
];

const isUncached = process.env["TOKEN_CACHE"] === "off";
const isLive = process.env["NEXT_URL"] !== undefined;

interface Project {
  readonly name: string;
  readonly include: string[];
  readonly exclude?: readonly string[];
  /** Whether each file has a process of its own. Default: files share processes and the modules in them. */
  readonly isolate?: boolean;
  readonly tokenCache?: boolean;
  /** Whether the sources see `process.getBuiltinModule`. */
  readonly builtins?: boolean;
}

function project({
  exclude = [],
  isolate = false,
  tokenCache = !isUncached,
  builtins = true,
  ...test
}: Project): TestProjectInlineConfiguration {
  const noTokenCache = { find: /^\.\/token-cache\.ts$/, replacement: pathOf("test/support/no-token-cache.ts") };
  return {
    extends: true,
    resolve: { alias: tokenCache ? [] : [noTokenCache] },
    test: {
      ...test,
      isolate,
      exclude: [...configDefaults.exclude, ...exclude],
      ...(tokenCache ? {} : { testNamePattern: /^(?!.*with the cache)/ }),
      ...(builtins
        ? {}
        : {
            setupFiles: pathOf("test/support/hide-builtins.ts"),
            testNamePattern: /^(?!.*with (node:crypto|the cache))/,
          }),
    },
  };
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

export default defineConfig({
  resolve: {
    alias: [
      { find: /^claimgate\/jwt$/, replacement: pathOf("src/core/jwt/index.ts") },
      { find: /^claimgate\/(trpc|graphql|testing)$/, replacement: pathOf("src/$1/index.ts") },
      { find: /^claimgate\/(redis|postgres)$/, replacement: pathOf("src/core/stores/$1.ts") },
      { find: /^claimgate$/, replacement: pathOf("src/index.ts") },
      // The file that Node itself resolves to: graphql compares its classes by identity, so there must be one of it.
      { find: /^graphql$/, replacement: createRequire(import.meta.url).resolve("graphql") },
    ],
  },
  test: {
    testTimeout: 20_000,
    // A PGlite, or a cluster, takes its time to start where everything else runs too.
    hookTimeout: 120_000,
    // More than there are cores on a small machine: the drills mostly wait, for timeouts and for other processes.
    maxWorkers: Math.max(3, availableParallelism()),
    projects: [
      project({ name: "units", include: ["test/**/*.test.ts"], exclude: [...ALONE, ...SLOW] }),
      project({ name: "slow", include: SLOW, exclude: ALONE }),
      project({ name: "alone", include: ALONE, isolate: true }),
      ...(isUncached ? [] : [project({ name: "uncached", include: ALSO_UNCACHED, exclude: ALONE, tokenCache: false })]),
      project({ name: "web", include: ALSO_WEB, exclude: [...ALONE, ...SLOW, ...NOT_WEB], builtins: false }),
      // Needs the server that scripts/check-next.ts starts.
      ...(isLive ? [project({ name: "live", include: ["test/hosts/trpc/next.live.ts"], isolate: true })] : []),
    ],
  },
});
