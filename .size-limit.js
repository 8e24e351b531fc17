/** The budget of each entry in `dist`: bundled, minified and gzipped, without its peers. */

/** The peers and the drivers are the application's own. */
const external = ["@trpc/server", "graphql", "@graphql-tools/utils"];

/** `limit` is in kB. A size includes what an entry loads later, such as jose. */
const ofEntry = (entry, file, limit) => ({
  name: entry,
  path: `dist/${file}.js`,
  limit: `${limit} kB`,
  gzip: true,
  modifyEsbuildConfig: (config) => ({ ...config, external, format: "esm", logLevel: "error" }),
});

/** The cost of one import to a page. A statement with an effect anywhere makes it far larger. */
const ofImport = (name, limit) => ({ ...ofEntry(`{ ${name} }`, "index", limit), import: `{ ${name} }` });

export default [
  ofEntry("claimgate", "index", 77.5),
  ofEntry("claimgate/jwt", "core/jwt/index", 23),
  ofEntry("claimgate/trpc", "trpc/index", 10.5),
  ofEntry("claimgate/graphql", "graphql/index", 18),
  ofEntry("claimgate/redis", "core/stores/redis", 6),
  ofEntry("claimgate/postgres", "core/stores/postgres", 6.5),
  ofEntry("claimgate/testing", "testing/index", 80.5),
  ofImport("isAuthError", 0.5),
  ofImport("TokenType", 1),
  ofImport("memorySessionStore", 2.5),
];
