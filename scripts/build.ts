/** `npm run build`: builds `dist` anew: types by the compiler, code by the bundler, licences. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.ts";
import { describeLicences, LICENCES_FILE, packagesIn } from "./bundled-packages.ts";
import { writeCommonJSDeclarations } from "./commonjs-declarations.ts";
import { TYPESCRIPT } from "./compilers.ts";
import { keepPublicDeclarations } from "./public-declarations.ts";
import { must, ROOT, run } from "./run.ts";

const DIST = join(ROOT, "dist");

// So that no file of an earlier build is left.
rmSync(DIST, { recursive: true, force: true });
// The library is checked without Node's types, the command line with them.
const declarations = ["-p", "tsconfig.build.json", "--emitDeclarationOnly"];
must("the library's types", run(TYPESCRIPT.tsc, declarations, { capture: true }));
must("the command line's types", run(TYPESCRIPT.tsc, ["-p", "tsconfig.cli.json"], { capture: true }));
keepPublicDeclarations(DIST);
writeCommonJSDeclarations(DIST);
const metafile = await bundle(DIST);
writeFileSync(join(DIST, LICENCES_FILE), describeLicences(packagesIn(metafile)));
