/** Keeps the declarations that an entry reaches. They may import only packages that users have. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DECLARATIONS, MANIFEST } from "./project.ts";

const IMPORTED = /(?:\bfrom |\bimport\(|^declare module |^import )"([^"]+)"/gm;

/**
 * Removes the declarations that no entry reaches.
 *
 * @throws {Error} if one that stays imports a package that claimgate neither installs nor asks for
 */
export function keepPublicDeclarations(dist: string): void {
  const known = new Set(["node:test", ...Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.peerDependencies })]);
  const kept = new Set<string>();
  const waiting = Object.values(DECLARATIONS).map((file) => resolve(dist, "..", file));
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (kept.has(file)) continue;
    kept.add(file);
    for (const imported of importsOf(file)) {
      if (imported.startsWith(".")) waiting.push(resolve(dirname(file), imported.replace(/\.ts$/, ".d.ts")));
      else if (!known.has(imported)) throw new Error(`${file} must not import ${imported}, which users may not have`);
    }
  }
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" }).map((file) => join(dist, file));
  for (const file of files) if (file.endsWith(".d.ts") && !kept.has(file)) rmSync(file);
}

function importsOf(file: string): string[] {
  // Examples in comments import too.
  const code = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return [...code.matchAll(IMPORTED)].map(([, imported = ""]) => imported);
}
