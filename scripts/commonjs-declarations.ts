/** Writes the declarations for CommonJS packages: those of the build, as `.d.cts`. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// A package that has only ES modules, and so no types for CommonJS.
const ESM_ONLY = "jose";

/**
 * A CommonJS file takes the CommonJS types of a peer, which are not those of its ES modules. Here
 * claimgate mentions the same types. Its code is one ES module for both: `require` loads it.
 */
export function writeCommonJSDeclarations(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((file) => file.endsWith(".d.ts"))) {
    const code = readFileSync(join(folder, file), "utf8");
    writeFileSync(join(folder, file.replace(/\.ts$/, ".cts")), toCommonJS(code));
  }
}

/** Declarations whose relative imports lead to those for CommonJS. */
export function toCommonJS(code: string): string {
  return code
    .replaceAll(/((?:from |declare module |import\()"\.[^"]*)\.ts"/g, '$1.cts"')
    .replaceAll(
      new RegExp(`^(import|export) (?:type )?\\{([^}]*)\\} from "${ESM_ONLY}"`, "gm"),
      (_, keyword: string, names: string) =>
        `${keyword} type {${names.replaceAll(/\btype /g, "")}} from "${ESM_ONLY}" with { "resolution-mode": "import" }`,
    );
}
