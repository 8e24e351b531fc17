/** Checks the README's tRPC example in a CommonJS package and for a bundler, with each compiler. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMPILERS } from "./compilers.ts";
import { mustBeOthers } from "./matrix/typescript.ts";
import { typeCheck } from "./project.ts";
import { must, ROOT, run } from "./run.ts";

const EXAMPLE = "trpc-server.ts";
const COMMONJS = { module: "NodeNext", types: ["node"] };
const BUNDLER = { module: "ESNext", moduleResolution: "Bundler", types: ["node"], skipLibCheck: true };

/** Takes a project that has the example, `consumer.ts` and what both import; makes it CommonJS. */
export async function checkModuleFormats(project: string): Promise<void> {
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "module-formats", private: true }));
  for (const { tsc, version } of COMPILERS) {
    const inCommonJS = await typeCheck(project, [EXAMPLE, "consumer.ts"], { ...COMMONJS, skipLibCheck: false }, tsc);
    mustBeOthers(`the README's ${EXAMPLE} in CommonJS with TypeScript ${version}`, inCommonJS);
    const forBundler = await typeCheck(project, [EXAMPLE], BUNDLER, tsc);
    must(`the README's ${EXAMPLE} for a bundler with TypeScript ${version}`, forBundler);
  }
  await runInCommonJS(project);
}

/** Runs the example as the oldest compiler emits it: it loads claimgate by `require`. */
async function runInCommonJS(project: string): Promise<void> {
  const emit = { ...COMMONJS, skipLibCheck: true, noEmit: false, declaration: true, outDir: "out" };
  must(`emitting ${EXAMPLE} in CommonJS`, await typeCheck(project, [EXAMPLE], emit, COMPILERS[0]?.tsc));
  const driver = "call-server.cjs";
  cpSync(join(ROOT, "test/package", driver), join(project, driver));
  const env = { JWT_SECRET: "s".repeat(32) };
  must(`running ${EXAMPLE} in CommonJS`, run(process.execPath, [driver], { cwd: project, capture: true, env }));
}
