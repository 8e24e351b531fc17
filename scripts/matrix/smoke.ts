/** The cells of the first table: programmes with a set of peers, on a runtime. */

import { copyFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { satisfies } from "semver";
import { ROOT, runBeside } from "../run.ts";
import { demandOf } from "./engines.ts";
import { type Outcome, passed, readReport } from "./outcome.ts";
import { type Installed, PEERS } from "./peer-sets.ts";
import { transpile } from "./programmes.ts";
import type { Brought } from "./runtimes.ts";

/** The programmes of all cells. */
export interface Programmes {
  readonly smoke: string;
  /** The Wycheproof vectors; `undefined` if `WYCHEPROOF_VECTORS` does not name their file. */
  readonly vectors: string | undefined;
}

const VECTORS = process.env["WYCHEPROOF_VECTORS"];

/** Writes the programmes for all cells. */
export async function prepareSmoke(workspace: string): Promise<Programmes> {
  const [smoke, vectors] = ["smoke", "vectors"].map((name) => join(workspace, `${name}.mjs`)) as [string, string];
  await transpile("smoke.ts", smoke);
  if (VECTORS === undefined) return { smoke, vectors: undefined };
  await transpile("vectors.ts", vectors);
  return { smoke, vectors };
}

/** Runs the programmes, unless the `engines` of a peer exclude the runtime. */
export async function runSmoke(programmes: Programmes, brought: Brought, installed: Installed): Promise<Outcome> {
  const demands = unmetDemands(brought, installed);
  const [ofPeer] = demands.filter(({ name }) => PEERS.some((peer) => peer === name));
  if (ofPeer) return { kind: "ruled out", why: `${ofPeer.text}.` };
  const checks = await runProgramme(programmes.smoke, "smoke", brought, installed);
  const [ofOther] = demands;
  const notes = ofOther ? [`Works; npm warns that ${ofOther.text}.`] : [];
  if (programmes.vectors === undefined)
    return passed(checks, [...notes, "Without the Wycheproof vectors: set WYCHEPROOF_VECTORS."].join(" "));
  const vectors = await runProgramme(programmes.vectors, "vectors", brought, installed);
  return passed(checks + vectors, notes[0]);
}

async function runProgramme(
  programme: string,
  name: string,
  brought: Brought,
  { project }: Installed,
): Promise<number> {
  const { runtime, command, version, env } = brought;
  const file = `${name}-${runtime.name}-${version}.mjs`;
  copyFileSync(programme, join(project, file));
  const paths = VECTORS === undefined ? {} : { WYCHEPROOF_VECTORS: resolve(ROOT, VECTORS) };
  const options = { cwd: project, env: { ...env, ...paths }, timeoutMs: 120_000 };
  return readReport(await runBeside(command, [...runtime.args, file], options));
}

// `engines` names Node versions only, so it does not apply to Bun and Deno.
function unmetDemands(
  { runtime, version }: Brought,
  { engines }: Installed,
): { readonly name: string; readonly text: string }[] {
  if (runtime.name !== "Node") return [];
  return engines
    .filter(({ range }) => !satisfies(version, range))
    .map(({ name, version: installed, range }) => ({
      name,
      text: `${name} ${installed.split(".")[0]} asks for ${demandOf(range, version)}`,
    }));
}
