/** Bundles the programmes of `test/matrix`, with or without the packages that they import. */
import { join, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { ROOT } from "../run.ts";

const COMMON = {
  bundle: true,
  format: "esm",
  target: "es2022",
  logLevel: "silent",
  // Not the repository's tsconfig: its `paths` would replace the package by the sources.
  tsconfigRaw: {},
} as const satisfies BuildOptions;

/** Writes a programme that imports the package and its peers from its own folder. */
export async function transpile(programme: string, outfile: string): Promise<void> {
  await build({
    ...COMMON,
    entryPoints: [join(ROOT, "test/matrix", programme)],
    platform: "node",
    packages: "external",
    outfile,
  });
}

/** The source of a browser bundle. */
export type Source = { readonly file: string } | { readonly code: string };

/**
 * Writes a browser bundle of a programme and all its imports. The package comes from `project`.
 *
 * @throws {Error} if the bundle needs a Node built-in or any other import
 */
export async function bundleForBrowser(project: string, source: Source, outfile: string): Promise<void> {
  const { metafile } = await build({
    ...COMMON,
    ...("code" in source
      ? { stdin: { contents: source.code, resolveDir: project } }
      : { entryPoints: [join(ROOT, "test/matrix", source.file)] }),
    // The programmes are in the repository, but must import the packages of the project.
    plugins: [resolveIn(project)],
    platform: "browser",
    // Node's own fetch needs the global `Buffer`, but a programme for the Web must not use it.
    define: { Buffer: "undefined", "globalThis.Buffer": "undefined", global: "undefined" },
    metafile: true,
    outfile,
  });
  const left = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  if (left.length > 0) throw new Error(`the bundle must not import ${left.join(", ")}`);
  const own = [join(ROOT, "test/"), `${project}/`];
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => path !== "<stdin>" && !own.some((folder) => resolve(path).startsWith(folder)),
  );
  if (foreign.length > 0) throw new Error(`the bundle must not contain ${foreign.join(", ")}`);
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
