/** The packages whose code is in the bundle: their versions and their licences. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Metafile } from "esbuild";
import { ROOT } from "./run.ts";

/** The file in `dist` that lists the packages and holds their licences. */
export const LICENCES_FILE = "THIRD-PARTY-LICENSES.txt";

/** A package with code in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** Its SPDX expression. */
  readonly license: string;
}

const IN_PACKAGE = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//;

/** Returns the package of a file, such as `zod`; `undefined` for a file of the sources. */
export function packageOf(path: string): string | undefined {
  return IN_PACKAGE.exec(path)?.[1];
}

/** Returns the packages that have code in an output, by name. */
export function packagesIn({ outputs }: Metafile): BundledPackage[] {
  const paths = Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
  );
  const names = new Set(paths.flatMap((path) => packageOf(path) ?? []));
  return [...names].toSorted().map((name) => {
    const { version, license } = JSON.parse(
      readFileSync(join(folderOf(name), "package.json"), "utf8"),
    ) as BundledPackage;
    return { name, version, license };
  });
}

/** The text of `LICENCES_FILE`: a line for each package, then the licence of each. */
export function describeLicences(packages: readonly BundledPackage[]): string {
  const titles = packages.map(({ name, version, license }) => `${name} ${version} (${license})`);
  const texts = packages.map(({ name }, i) => `${titles[i]}\n\n${licenceOf(name)}`);
  return [`The files of dist contain code of these packages:\n\n${titles.join("\n")}`, ...texts].join(
    `\n\n${RULE}\n\n`,
  );
}

/** Reads the list at the head of `LICENCES_FILE`. */
export function readLicences(text: string): BundledPackage[] {
  const [head = ""] = text.split(RULE);
  return [...head.matchAll(/^(\S+) (\S+) \((.+)\)$/gm)].map(([, name = "", version = "", license = ""]) => ({
    name,
    version,
    license,
  }));
}

const RULE = "-".repeat(80);

function licenceOf(name: string): string {
  const file = readdirSync(folderOf(name)).find((file) => /^licen[cs]e/i.test(file));
  if (file === undefined) throw new Error(`the bundled package ${name} must have a licence file`);
  return readFileSync(join(folderOf(name), file), "utf8").trim();
}

function folderOf(name: string): string {
  return join(ROOT, "node_modules", name);
}
