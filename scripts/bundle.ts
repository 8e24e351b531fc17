/** Bundles the JavaScript of the package: a file for each entry, and chunks of what they share. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BuildOptions, build, type Metafile } from "esbuild";
import { DECLARATIONS, MANIFEST } from "./project.ts";
import { ROOT } from "./run.ts";

/** The executable. The package does not export it. */
const COMMAND = "src/cli/main.ts";

/** Installed for its types alone, because the bundle contains its code. */
const TYPES_ONLY = "jose";

const SOURCES = [
  ...Object.values(DECLARATIONS).map((file) => file.replace(/^\.\/dist\//, "src/").replace(/\.d\.ts$/, ".ts")),
  COMMAND,
];

/** The packages that stay imports. All others that the sources import become part of the bundle. */
export const EXTERNAL: readonly string[] = Object.keys({
  ...MANIFEST.dependencies,
  ...MANIFEST.peerDependencies,
}).filter((name) => name !== TYPES_ONLY);

const OPTIONS = {
  absWorkingDir: ROOT,
  entryPoints: SOURCES,
  outbase: "src",
  bundle: true,
  // A module that entries share must exist once: its classes and its state.
  splitting: true,
  format: "esm",
  target: "es2023",
  // For every runtime: Node's built-ins are imported by the command line alone.
  platform: "neutral",
  conditions: ["browser"],
  external: [...EXTERNAL, "node:*"],
  // The same code, not minified.
  alias: { "lru-cache": "lru-cache/raw" },
  // Readable stack traces: no short names, and maps that hold the sources.
  minify: false,
  sourcemap: "linked",
  chunkNames: "chunks/[name]-[hash]",
  // The build writes the licences into a file of their own.
  legalComments: "none",
  tsconfigRaw: {},
  logLevel: "warning",
  metafile: true,
} as const satisfies BuildOptions;

/** Writes the bundle into `dist`. Returns what esbuild knows of its parts. */
export async function bundle(dist: string): Promise<Metafile> {
  const { metafile, outputFiles } = await build({ ...OPTIONS, outdir: dist, write: false });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, path.endsWith(".js") ? keepClassNames(text) : text);
    if (text.startsWith("#!")) chmodSync(path, 0o755);
  }
  return metafile;
}

/**
 * A class that mentions itself is `var JWT = class _JWT` in the bundle, and would be called `_JWT`
 * in stack traces and logs. The columns stay, for the source map.
 */
export function keepClassNames(code: string): string {
  const names = [...code.matchAll(/^var (\w+) = class _\1\b/gm)].map(([, name = ""]) => name);
  return names.reduce(
    (text, name) => text.replaceAll(new RegExp(`(?<![\\w$.#])_${name}(?![\\w$])`, "g"), `${name} `),
    code,
  );
}

/** Returns what esbuild knows of the bundle, without writing it. */
export async function inspectBundle(): Promise<Metafile> {
  const { metafile } = await build({ ...OPTIONS, outdir: join(ROOT, "dist"), write: false });
  return metafile;
}
