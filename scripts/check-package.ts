/** `npm run test:package`: installs the packed tarball into empty folders and uses every entry. */
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LICENCES_FILE } from "./bundled-packages.ts";
import { checkBundle, checkSharedState } from "./check-bundle.ts";
import { checkModuleFormats } from "./check-module-formats.ts";
import { findUnnamedTypes } from "./mentioned-types.ts";
import {
  companionsOf,
  createProject,
  createWorkspace,
  DECLARATIONS,
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

/** The peers that each entry needs. No entry may need the peer of another. */
const PEERS_OF: Readonly<Record<string, readonly string[]>> = {
  "claimgate/trpc": ["@trpc/server"],
  "claimgate/graphql": ["graphql", "@graphql-tools/utils"],
};
/** Packages that no entry may need: the application passes its own client to a store. */
const CLIENTS = ["redis", "ioredis", "pg", "postgres"];
/** A login by cookie, which calls every dependency that loading an entry does not. */
const COOKIE_LOGIN = `
const { auth } = testing.createTestAuth({ cookies: { auth: "auth", refresh: "refresh" } });
const cookies = [];
const setCookie = (header) => cookies.push(header.replace(/=[^;]+/, ""));
await auth.forRequest({ headers: { "sec-fetch-site": "same-origin" }, setCookie }).login("ann", { deliver: "cookies" });
const rest = "Path=/; HttpOnly; Secure; SameSite=Lax";
const expected = ["__Host-auth; Max-Age=604800; " + rest, "__Host-refresh; Max-Age=604800; " + rest];
if (cookies.join() !== expected.join()) throw new Error(cookies.join());
`;
/** The limits of the README's first examples, in lines. */
const SHORT: Readonly<Record<string, number>> = { "trpc-server.ts": 30, "graphql-server.ts": 30 };
const ALLOWED =
  /^(dist\/(.*\.(js|js\.map|d\.c?ts)|THIRD-PARTY-LICENSES\.txt)|docs\/[a-z-]+\.md|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/;

/** Both ways to load an entry, as code. */
const LOADERS: Readonly<Record<"import" | "require", (entry: string) => string>> = {
  import: (entry) => `await import(${JSON.stringify(entry)})`,
  require: (entry) => `(await import("node:module")).createRequire(process.cwd() + "/x.js")(${JSON.stringify(entry)})`,
};

const workspace = createWorkspace("package");
const packed = pack(workspace);
checkContents(packed);
must("publint", run("npx", ["publint", "--strict", packed.tarball], { capture: true }));
// `require` loads ES modules since Node 20.19, so that types for CommonJS are true of them.
const attw = ["attw", "--profile", "esm-only", "--ignore-rules", "false-cjs", "--no-emoji", packed.tarball];
must("are the types wrong", run("npx", attw, { capture: true }));
await checkAlone(packed);
await checkOwnPeers(packed);
const withPeers = await checkWithPeers(packed);
await checkModuleFormats(withPeers);
await checkStoreClients(packed);
await checkInferredTypes(packed);
console.log("the package has only the expected files, installs, imports, requires and type-checks");

function checkContents({ paths }: Packed): void {
  const stray = paths.filter((path) => !ALLOWED.test(path));
  if (stray.length > 0) throw new Error(`the tarball must not contain ${stray.join(", ")}`);
  for (const needed of [
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "dist/index.js",
    "dist/index.d.ts",
    `dist/${LICENCES_FILE}`,
  ]) {
    if (!paths.includes(needed)) throw new Error(`the tarball must contain ${needed}`);
  }
}

/**
 * Installs the package without peers and clients: the core and the stores must work, and a
 * transport must report its own missing peer.
 */
async function checkAlone({ tarball }: Packed): Promise<void> {
  const project = createProject(workspace, "alone");
  await install(project, [tarball]);
  const brought = CLIENTS.filter((client) => existsSync(join(project, "node_modules", client)));
  if (brought.length > 0) throw new Error(`the package must not install ${brought.join(", ")}`);
  for (const entry of ENTRIES) {
    for (const [way, load] of Object.entries(LOADERS)) {
      const { status, output } = evaluate(project, load(entry));
      const peers = PEERS_OF[entry];
      if (peers === undefined && status !== 0) throw new Error(`${way} ${entry} fails without peers:\n${output}`);
      if (peers && !new RegExp(`Cannot find package '(${peers.join("|")})'`).test(output)) {
        throw new Error(`${way} ${entry} must report one of ${peers.join(", ")} as missing, but printed:\n${output}`);
      }
    }
  }
  for (const [way, load] of Object.entries(LOADERS))
    must(
      `a login by cookie, loaded by ${way},`,
      evaluate(project, `const testing = ${load("claimgate/testing")};${COOKIE_LOGIN}`),
    );
  checkCommand(project);
  checkBundle(project);
}

/** Runs the command without peers: it makes keys, signs and verifies. */
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
  if (status !== 1)
    throw new Error(`claimgate token verify must exit with 1 for a token of another type, but exited with ${status}`);
}

/** Installs each transport with its own peers only, so that none needs the peers of another. */
async function checkOwnPeers({ tarball }: Packed): Promise<void> {
  for (const [entry, peers] of Object.entries(PEERS_OF)) {
    const project = createProject(workspace, `own-peers-of-${entry.replace("/", "-")}`);
    await install(project, [tarball, ...peers.map(atOurVersion)]);
    must(`${entry} with its own peers`, evaluate(project, `await import(${JSON.stringify(entry)})`));
  }
}

/**
 * Installs all peers: loads every entry by import and by require, and type-checks a consumer.
 * Returns the project.
 */
async function checkWithPeers({ tarball }: Packed): Promise<string> {
  const project = createProject(workspace, "with-peers");
  const examples = readmeFiles();
  const companions = [...examples.values()].flatMap(companionsOf);
  const names = new Set([...Object.keys(MANIFEST.peerDependencies), ...companions, "@types/node"]);
  await install(project, [tarball, ...[...names].map(atOurVersion)]);
  for (const entry of ENTRIES) {
    for (const [way, load] of Object.entries(LOADERS)) must(`${way} ${entry}`, evaluate(project, load(entry)));
  }
  checkSharedState(project);
  cpSync(join(ROOT, "test/package/consumer.ts"), join(project, "consumer.ts"));
  must("a consumer's types", await typeCheck(project, ["consumer.ts"], { types: [], skipLibCheck: false }));
  for (const [name, limit] of Object.entries(SHORT)) {
    const lines = examples.get(name)?.trimEnd().split("\n").length;
    if (lines === undefined || lines >= limit)
      throw new Error(`the README's ${name} must have less than ${limit} lines, but has ${lines}`);
  }
  for (const [name, code] of examples) writeFileSync(join(project, name), code);
  const options = { types: ["node"], skipLibCheck: true };
  must("the README's examples", await typeCheck(project, [...examples.keys()], options));
  return project;
}

/**
 * Type-checks that the session stores accept the clients with the types of their own packages, and
 * that no other package is needed.
 */
async function checkStoreClients({ tarball }: Packed): Promise<void> {
  const project = createProject(workspace, "store-clients");
  const file = "store-clients.ts";
  const code = readFileSync(join(ROOT, "test/package", file), "utf8");
  await install(project, [tarball, ...[...companionsOf(code), "@types/node"].map(atOurVersion)]);
  writeFileSync(join(project, file), code);
  must("the clients' types", await typeCheck(project, [file], { types: ["node"], skipLibCheck: true }));
}

/**
 * Type-checks packages that export values of the entries. The compiler must find a public name for
 * every inferred type, or it reports TS2742 or TS2883.
 */
async function checkInferredTypes({ tarball }: Packed): Promise<void> {
  const project = createProject(workspace, "inferred-types");
  await install(project, [tarball, ...Object.keys(MANIFEST.peerDependencies).map(atOurVersion)], "nested");
  const declarations = Object.entries(DECLARATIONS).map(([entry, path]) => [
    entry,
    join(project, "node_modules/claimgate", path),
  ]);
  const unnamed = findUnnamedTypes(Object.fromEntries(declarations));
  if (unnamed.length > 0) throw new Error(`an entry must export these types:\n${unnamed.join("\n")}`);
  const emit = {
    noEmit: false,
    emitDeclarationOnly: true,
    declaration: true,
    composite: true,
    types: [],
    skipLibCheck: false,
  };
  const files = readdirSync(join(ROOT, "test/package/inferred"));
  cpSync(join(ROOT, "test/package/inferred"), project, { recursive: true });
  // One file at a time: the imports of one file would name the types of the others.
  for (const file of files) {
    const outDir = join("out", file);
    must(`a package that exports the types inferred in ${file}`, await typeCheck(project, [file], { ...emit, outDir }));
  }
}

function atOurVersion(name: string): string {
  return `${name}@${readManifest(ROOT, name).version}`;
}

function evaluate(cwd: string, code: string): Ended {
  return run(process.execPath, ["--no-warnings", "--input-type=module", "-e", code], { cwd, capture: true });
}
