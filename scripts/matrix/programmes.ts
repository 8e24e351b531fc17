/** Bundles the programmes of `test/matrix`: with the package left to be found where they run, or with everything in them. */
import { join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { ROOT } from "../run.ts";

const COMMON = {
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "silent",
  // Without the repository's own: its `paths` would put the sources in the package's place.
  tsconfigRaw: {},
} as const satisfies BuildOptions;

/** Writes a programme that imports the package and its peers from where it is started. */
export async function transpile(programme: string, outfile: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: [join(ROOT, "test/matrix", programme)],
    platform: "node",
    packages: "external",
    outfile,
  });
}

/** What a browser bundle is made of: a file, or code. */
export type Source = { readonly file: string } | { readonly code: string };

/**
 * Writes a programme for the browser with all that it imports, the package as `project` has it
 * installed. esbuild refuses a Node built-in there; throws also where anything is left to be
 * imported.
 */
export async function bundleForBrowser(project: string, source: Source, outfile: string): Promise<void> {
  const { metafile } = await build({
    ...COMMON,
    ...("code" in source
      ? { stdin: { contents: source.code, resolveDir: project } }
      : { entryPoints: [join(ROOT, "test/matrix", source.file)] }),
    // The programmes lie in the repository, and shall find the packages of the project all the
    // same.
    plugins: [resolveIn(project)],
    platform: "browser",
    // Node's own fetch needs the global; a programme for the Web must not.
    define: { Buffer: "undefined", "globalThis.Buffer": "undefined", global: "undefined" },
    metafile: true,
    outfile,
  });
  const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  if (left.length > 0) throw new Error(`the bundle still imports ${left.join(", ")}`);
  const own = [join(ROOT, "test/"), `${project}/`];
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => path !== "<stdin>" && !own.some((folder) => resolve(path).startsWith(folder)),
  );
  if (foreign.length > 0) throw new Error(`the bundle holds ${foreign.join(", ")}`);
}

type Plugin = NonNullable<BuildOptions["plugins"]>[number];

function resolveIn(project: string): Plugin {
  return {
    name: "resolve-in-project",
    setup(build) {
      build.onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
        if (!importer.startsWith(join(ROOT, "test/"))) return undefined;
        return build.resolve(path, { kind, resolveDir: project });
      });
    },
  };
}
