/** The TypeScript cells: a consumer and the README's examples, against the package's declarations as they are installed. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { intersects } from "semver";
import { companionsOf, createProject, install, readManifest, readmeFiles, typeCheck } from "../project.ts";
import { type Ended, must, ROOT } from "../run.ts";
import { type Outcome, passed } from "./outcome.ts";
import type { Installed } from "./peer-sets.ts";

/** A compiler, where it is and which it is. */
export interface Compiler {
  readonly tsc: string;
  readonly version: string;
}

/** The versions that are tried. */
export const TYPESCRIPTS = ["5.7", "7"] as const;

/** Installs a compiler into a folder of its own. */
export async function bringCompiler(workspace: string, version: string): Promise<Compiler> {
  const project = createProject(workspace, `typescript-${version}`);
  await install(project, [`typescript@${version}`]);
  return { tsc: join(project, "node_modules/.bin/tsc"), version: readManifest(project, "typescript").version };
}

/** The README's examples as far as what else they import takes a set's peers. */
export interface Examples {
  readonly files: ReadonlyMap<string, string>;
  /** What they import besides the package and its peers, at the repository's versions. */
  readonly companions: Readonly<Record<string, string>>;
  /** Why others are left out. */
  readonly note?: string;
}

/** The examples for a set of peers. */
export function examplesFor(peers: Readonly<Record<string, string>>): Examples {
  const all = [...readmeFiles()].map(([name, code]) => ({ name, code, companions: companionsOf(code) }));
  const notes = new Map(all.map(({ name, companions }) => [name, companions.flatMap((one) => refusals(one, peers))]));
  const files = all.filter(({ name }) => notes.get(name)?.length === 0);
  const names = [...files.flatMap(({ companions }) => companions), "@types/node"];
  const left = [...notes].filter(([, refused]) => refused.length > 0);
  return {
    files: new Map(files.map(({ name, code }) => [name, code])),
    companions: Object.fromEntries(names.map((name) => [name, readManifest(ROOT, name).version])),
    ...(left.length > 0 && { note: left.map(([name, why]) => `Without \`${name}\`: ${why.join(", ")}.`).join(" ") }),
  };
}

/** Type-checks in a set's folder, which one compiler uses at a time. */
export async function checkTypes({ tsc }: Compiler, { project, set }: Installed): Promise<Outcome> {
  cpSync(join(ROOT, "test/package/consumer.ts"), join(project, "consumer.ts"));
  const consumer = await typeCheck(project, ["consumer.ts"], { types: [], skipLibCheck: false }, tsc);
  mustBeOthers("a consumer's types", consumer);
  const { files, note } = examplesFor(set.versions);
  for (const [name, code] of files) writeFileSync(join(project, name), code);
  const options = { types: ["node"], skipLibCheck: true };
  must("the README's examples", await typeCheck(project, [...files.keys()], options, tsc));
  return passed(1 + files.size, note);
}

function refusals(companion: string, peers: Readonly<Record<string, string>>): string[] {
  return Object.entries(readManifest(ROOT, companion).peerDependencies ?? {}).flatMap(([peer, range]) =>
    peers[peer] === undefined || intersects(peers[peer], range) ? [] : [`${companion} asks for ${peer} \`${range}\``],
  );
}

/**
 * Throws unless every error lies in the declarations of another package, where a consumer sets
 * `skipLibCheck`.
 */
function mustBeOthers(what: string, { status, output }: Ended): void {
  if (status === 0) return;
  const places = output.split("\n").filter((line) => /^\S/.test(line));
  const ours = places.filter((line) => !/^node_modules\/(?!claimgate\/)/.test(line));
  if (places.length === 0 || ours.length > 0) throw new Error(`${what} failed:\n${output}`);
}
