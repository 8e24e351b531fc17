/** Checks the package as users get it: packs it, looks at what is in it, installs it into empty folders and uses every entry there. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  companionsOf,
  createProject,
  createWorkspace,
  ENTRIES,
  install,
  MANIFEST,
  type Packed,
  pack,
  readManifest,
  readmeFiles,
  typeCheck,
} from "./project.ts";
import { type Ended, must, ROOT, run } from "./run.ts";

/** Entries, and the peer that each needs; no entry may need another's. */
const PEERS_OF: Readonly<Record<string, readonly string[]>> = {
  "claimgate/trpc": ["@trpc/server"],
  "claimgate/graphql": ["graphql", "@graphql-tools/utils"],
};
/** The README's first examples: shorter than this, in lines. */
const SHORT: Readonly<Record<string, number>> = { "trpc-server.ts": 30, "graphql-server.ts": 30 };
const ALLOWED = /^(dist\/.*\.(js|d\.ts)|docs\/[a-z-]+\.md|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;

const workspace = createWorkspace("package");
const packed = pack(workspace);
checkContents(packed);
must("publint", run("npx", ["publint", "--strict", packed.tarball], { capture: true }));
const attw = ["attw", "--profile", "esm-only", "--no-emoji", packed.tarball];
must("are the types wrong", run("npx", attw, { capture: true }));
await checkAlone(packed);
await checkOwnPeers(packed);
await checkWithPeers(packed);
console.log("the package holds only what it should, installs, imports, requires and type-checks");

function checkContents({ paths }: Packed): void {
  const stray = paths.filter((path) => !ALLOWED.test(path));
  if (stray.length > 0) throw new Error(`the tarball holds what it should not: ${stray.join(", ")}`);
  for (const needed of ["README.md", "LICENSE", "CHANGELOG.md", "dist/index.js", "dist/index.d.ts"]) {
    if (!paths.includes(needed)) throw new Error(`the tarball lacks ${needed}`);
  }
}

/** Without any peer: the core works, and each transport asks for its own peer only. */
async function checkAlone({ tarball }: Packed): Promise<void> {
  const project = createProject(workspace, "alone");
  await install(project, [tarball]);
  for (const entry of ENTRIES) {
    const { status, output } = evaluate(project, `await import(${JSON.stringify(entry)})`);
    const peer = PEERS_OF[entry]?.[0];
    if (peer === undefined && status !== 0) throw new Error(`${entry} does not import without peers:\n${output}`);
    if (peer !== undefined && !new RegExp(`Cannot find package '${peer}'`).test(output)) {
      throw new Error(`${entry} should ask for ${peer}, and says:\n${output}`);
    }
  }
  checkCommand(project);
}

/** The command: makes keys, signs and verifies, also without any peer. */
function checkCommand(project: string): void {
  const claimgate = (args: readonly string[], input = ""): Ended =>
    run(join(project, "node_modules/.bin/claimgate"), args, { cwd: project, capture: true, input });
  must("claimgate keys generate", claimgate(["keys", "generate", "keys.json"]));
  must("claimgate keys rotate", claimgate(["keys", "rotate", "keys.json"]));
  must("claimgate keys list", claimgate(["keys", "list", "keys.json"]));
  const ours = ["--keys", "keys.json", "--issuer", "me"];
  const signed = claimgate(["token", "sign", ...ours, "--subject", "ann"]);
  must("claimgate token sign", signed);
  must("claimgate token verify", claimgate(["token", "verify", ...ours], signed.output));
  const { status } = claimgate(["token", "verify", ...ours, "--type", "refresh"], signed.output);
  if (status !== 1) throw new Error(`claimgate token verify ended with ${status} for a token of another type`);
}

/** With its own peers only: each transport works, so that none pulls another's. */
async function checkOwnPeers({ tarball }: Packed): Promise<void> {
  for (const [entry, peers] of Object.entries(PEERS_OF)) {
    const project = createProject(workspace, `own-peers-of-${entry.replace("/", "-")}`);
    await install(project, [tarball, ...peers.map(atOurVersion)]);
    must(`${entry} with its own peers`, evaluate(project, `await import(${JSON.stringify(entry)})`));
  }
}

/** With the peers: every entry by import and by require, and a consumer in TypeScript. */
async function checkWithPeers({ tarball }: Packed): Promise<void> {
  const project = createProject(workspace, "with-peers");
  const examples = readmeFiles();
  const companions = [...examples.values()].flatMap(companionsOf);
  const names = new Set([...Object.keys(MANIFEST.peerDependencies), ...companions, "@types/node"]);
  await install(project, [tarball, ...[...names].map(atOurVersion)]);
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
  must("a consumer's types", await typeCheck(project, ["consumer.ts"], { types: [], skipLibCheck: false }));
  for (const [name, limit] of Object.entries(SHORT)) {
    const lines = examples.get(name)?.trimEnd().split("\n").length;
    if (lines === undefined || lines >= limit)
      throw new Error(`the README's ${name} has ${lines} lines, not under ${limit}`);
  }
  for (const [name, code] of examples) writeFileSync(join(project, name), code);
  const options = { types: ["node"], skipLibCheck: true };
  must("the README's examples", await typeCheck(project, [...examples.keys()], options));
}

function atOurVersion(name: string): string {
  return `${name}@${readManifest(ROOT, name).version}`;
}

function evaluate(cwd: string, code: string): Ended {
  return run(process.execPath, ["--no-warnings", "--input-type=module", "-e", code], { cwd, capture: true });
}
