/** The bundle: the packages in it, what it imports, and the names of its classes. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXTERNAL, inspectBundle, keepClassNames } from "../../scripts/bundle.ts";
import { describeLicences, packageOf, packagesIn, readLicences } from "../../scripts/bundled-packages.ts";
import { MANIFEST } from "../../scripts/project.ts";

const metafile = await inspectBundle();
const packages = packagesIn(metafile);

/** The outputs that import a module for which `matches` holds. */
function importersOf(matches: (path: string) => boolean): string[] {
  return Object.entries(metafile.outputs)
    .filter(([, { imports }]) => imports.some(({ path, external }) => external === true && matches(path)))
    .map(([path]) => path);
}

describe("the packages in the bundle", () => {
  it("are those that esbuild has read", () => {
    const read = new Set(Object.keys(metafile.inputs).flatMap((path) => packageOf(path) ?? []));
    expect(packages.map(({ name }) => name)).toEqual([...read].toSorted());
  });

  it("are development dependencies, or jose, whose types users need", () => {
    const known = Object.keys({ ...MANIFEST.devDependencies, jose: "" });
    expect(packages.map(({ name }) => name).filter((name) => !known.includes(name))).toEqual([]);
  });

  it("are listed with their licences, and read back from the list", () => {
    const text = describeLicences(packages);
    expect(readLicences(text)).toEqual(packages);
    expect(text.match(/permission|purpose/gi)?.length).toBeGreaterThanOrEqual(packages.length);
  });

  it("are those of docs/bundled-packages.md", () => {
    const page = readFileSync(new URL("../../docs/bundled-packages.md", import.meta.url), "utf8");
    const listed = [...page.matchAll(/^\| \[([\w@/-]+)\]/gm)].map(([, name]) => name);
    expect(listed).toEqual(packages.map(({ name }) => name));
  });
});

describe("the imports that stay", () => {
  it("are packages that users have", () => {
    const left = importersOf((path) => !path.startsWith("node:") && !EXTERNAL.some((name) => isIn(path, name)));
    expect(left).toEqual([]);
  });

  it("are built-ins of Node in the command line alone", () => {
    expect(importersOf((path) => path.startsWith("node:"))).toEqual(["dist/cli/main.js"]);
  });
});

describe("a class that mentions itself", () => {
  it("keeps its name and the columns of its line", () => {
    const code = "var Token = class _Token {\n  #_Token = 1;\n  copy() { return new _Token(my_Token); }\n};";
    expect(keepClassNames(code)).toBe(
      "var Token = class Token  {\n  #_Token = 1;\n  copy() { return new Token (my_Token); }\n};",
    );
  });

  it("is left alone under another name", () => {
    const code = "var Token = class {};\nvar other = class _Token {};";
    expect(keepClassNames(code)).toBe(code);
  });
});

function isIn(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}/`);
}
