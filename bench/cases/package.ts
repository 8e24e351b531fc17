/** The package itself: the CPU time of its start in a new process, and the sizes of its entries. */
import type { Case, Table } from "../harness/types.ts";
import type { Library, Start } from "./package/start.ts";

const LIBRARIES: readonly Library[] = ["jose", "claimgate"];
const ENTRIES = [
  "claimgate",
  "claimgate/jwt",
  "claimgate/trpc",
  "claimgate/graphql",
  "claimgate/redis",
  "claimgate/postgres",
];

export const tables: readonly Table[] = [
  toStarts("import", "import() in a new process", "import"),
  toStarts("first verify", "import, key and the first RS256 verify in a new process", "verify"),
  {
    name: "package/sizes",
    title: "an entry with all that it imports, but its peers, bundled, minified and gzipped by esbuild",
    base: "claimgate",
    unit: "entry",
    cases: ENTRIES.map((entry): Case => {
      const load: Case["load"] = async () => (await import("./package/sizes.ts")).loadSize(entry);
      return { name: entry, load };
    }),
    notes: ["1 kB is 1,000 bytes."],
  },
];

function toStarts(name: string, title: string, start: Start): Table {
  return {
    name: `package/${name}`,
    title,
    base: "jose",
    unit: "start",
    cases: LIBRARIES.map((library): Case => {
      const load: Case["load"] = async () => (await import("./package/starts.ts")).loadStarts(library, start);
      return { name: library, load };
    }),
    notes: ["CPU time from the import to the end of the work, all threads; Node's own start is not in it."],
  };
}
