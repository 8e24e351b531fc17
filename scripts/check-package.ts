/** Checks the package as users get it: packs it, looks at what is in it, installs it into empty folders and uses every entry there. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, run } from "./run.ts";

const ENTRIES = ["claimgate", "claimgate/jwt", "claimgate/trpc", "claimgate/graphql"];
/** Entries, and the peer that each needs; no entry may need another's. */
const PEER_OF: Readonly<Record<string, string>> = { "claimgate/trpc": "@trpc/server", "claimgate/graphql": "graphql" };
const PEERS = ["@trpc/server", "graphql", "@graphql-tools/utils"];
/** What the README's examples use besides. */
const COMPANIONS = ["@graphql-tools/schema", "graphql-yoga", "zod", "@types/node"];
const ALLOWED = /^(dist\/.*\.(js|d\.ts)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;

const folder = mkdtempSync(join(tmpdir(), "claimgate-package-"));
try {
  const tarball = pack();
  must("publint", run("npx", ["publint", "--strict", tarball], { capture: true }));
  must("are the types wrong", run("npx", ["attw", "--profile", "esm-only", "--no-emoji", tarball], { capture: true }));
  checkAlone(tarball);
  checkWithPeers(tarball);
  console.log("the package holds only what it should, installs, imports, requires and type-checks");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function pack(): string {
  const packed = run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { capture: true });
  must("npm pack", packed);
  const start =
    packed.output.indexOf("[") >= 0 && packed.output.trimStart().startsWith("[")
      ? packed.output.indexOf("[")
      : packed.output.indexOf("{");
  const parsed = JSON.parse(packed.output.slice(start)) as unknown;
  const [info] = (Array.isArray(parsed) ? parsed : Object.values(parsed as object)) as {
    filename: string;
    files: { path: string }[];
  }[];
  if (!info) throw new Error("npm pack named no tarball");
  const stray = info.files.filter(({ path }) => !ALLOWED.test(path)).map(({ path }) => path);
  if (stray.length > 0) throw new Error(`the tarball holds what it should not: ${stray.join(", ")}`);
  for (const needed of ["README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "dist/index.d.ts"]) {
    if (!info.files.some(({ path }) => path === needed)) throw new Error(`the tarball lacks ${needed}`);
  }
  return join(folder, info.filename);
}

/** Without any peer: the core works, and each transport asks for its own peer only. */
function checkAlone(tarball: string): void {
  const project = emptyProject("alone");
  must(
    "npm install",
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball], { cwd: project, capture: true }),
  );
  for (const entry of ENTRIES) {
    const { status, output } = evaluate(project, `await import(${JSON.stringify(entry)})`);
    const peer = PEER_OF[entry];
    if (peer === undefined && status !== 0) throw new Error(`${entry} does not import without peers:\n${output}`);
    if (peer !== undefined && !new RegExp(`Cannot find package '${peer}'`).test(output)) {
      throw new Error(`${entry} should ask for ${peer}, and says:\n${output}`);
    }
  }
}

/** With the peers: every entry by import and by require, and a consumer in TypeScript. */
function checkWithPeers(tarball: string): void {
  const project = emptyProject("with-peers");
  const versions = [...PEERS, ...COMPANIONS].map((peer) => `${peer}@${installedVersion(peer)}`);
  must(
    "npm install",
    run("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline", tarball, ...versions], {
      cwd: project,
      capture: true,
    }),
  );
  for (const entry of ENTRIES) {
    must(`import ${entry}`, evaluate(project, `await import(${JSON.stringify(entry)})`));
    must(
      `require ${entry}`,
      evaluate(
        project,
        `(await import("node:module")).createRequire(process.cwd() + "/x.js")(${JSON.stringify(entry)})`,
      ),
    );
  }
  cpSync(join(ROOT, "test/package/consumer.ts"), join(project, "consumer.ts"));
  typeCheck(project, "a consumer's types", ["consumer.ts"], { types: [], skipLibCheck: false });
  const examples = readmeFiles();
  for (const [name, code] of examples) writeFileSync(join(project, name), code);
  typeCheck(project, "the README's examples", [...examples.keys()], { types: ["node"], skipLibCheck: true });
}

function typeCheck(project: string, what: string, files: readonly string[], options: object): void {
  const lib = ["ES2022", "DOM", "ESNext.Disposable"];
  const compilerOptions = { module: "NodeNext", target: "ES2022", lib, strict: true, noEmit: true, ...options };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  must(what, run(join(ROOT, "node_modules/.bin/tsc"), ["-p", project], { cwd: project, capture: true }));
}

/** The README's examples that are whole files: code that starts with `// file: name`. */
function readmeFiles(): Map<string, string> {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const blocks = [...readme.matchAll(/```ts\n(\/\/ file: (\S+)\n[\s\S]*?)```/g)];
  const files = new Map(blocks.map(([, code = "", name = ""]) => [name, code]));
  if (files.size < 3) throw new Error("the README's examples were not found");
  return files;
}

function emptyProject(name: string): string {
  const project = join(folder, name);
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  return project;
}

function evaluate(cwd: string, code: string): ReturnType<typeof run> {
  return run(process.execPath, ["--no-warnings", "--input-type=module", "-e", code], { cwd, capture: true });
}

function installedVersion(name: string): string {
  const { output } = run(process.execPath, ["-p", `require("${name}/package.json").version`], { capture: true });
  return output.trim();
}

function must(what: string, { status, output }: ReturnType<typeof run>): void {
  if (status !== 0) throw new Error(`${what} failed:\n${output}`);
}
