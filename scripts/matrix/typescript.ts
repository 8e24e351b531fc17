/** The TypeScript cells: type-check a consumer and the README's examples. */
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { intersects } from "semver";
import type { Compiler } from "../compilers.ts";
import { companionsOf, readManifest, readmeFiles, typeCheck } from "../project.ts";
import { type Ended, must, ROOT } from "../run.ts";
import { type Outcome, passed } from "./outcome.ts";
import type { Installed } from "./peer-sets.ts";

/** The examples of the README whose other imports accept a set of peers. */
export interface Examples {
  readonly files: ReadonlyMap<string, string>;
  /** The other packages that they import, at the repository's versions. */
  readonly companions: Readonly<Record<string, string>>;
  /** The reason why examples are left out. */
  readonly note?: string;
}

/** Returns the examples for a set of peers. */
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

/** Type-checks in the folder of a set. Only one compiler may use the folder at a time. */
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
 * Ignores errors in the declarations of other packages, for which users set `skipLibCheck`.
 *
 * @throws {Error} if there is any other error
 */
export function mustBeOthers(what: string, { status, output }: Ended): void {
  if (status === 0) return;
  const places = output.split("\n").filter((line) => /^\S/.test(line));
  const ours = places.filter((line) => !/^node_modules\/(?!claimgate\/)/.test(line));
  if (places.length === 0 || ours.length > 0) throw new Error(`${what} failed:\n${output}`);
}
