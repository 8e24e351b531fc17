/** The cells of the first table: the smoke programme with a set of peers, on a runtime. */

import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { satisfies } from "semver";
import { runBeside } from "../run.ts";
import { demandOf } from "./engines.ts";
import { type Outcome, passed, readReport } from "./outcome.ts";
import { type Installed, PEERS } from "./peer-sets.ts";
import { transpile } from "./programmes.ts";
import type { Brought } from "./runtimes.ts";

/** Writes the programme for all cells. */
export async function prepareSmoke(workspace: string): Promise<string> {
  const programme = join(workspace, "smoke.mjs");
  await transpile("smoke.ts", programme);
  return programme;
}

/** Runs the programme, unless the `engines` of a peer exclude the runtime. */
export async function runSmoke(programme: string, brought: Brought, installed: Installed): Promise<Outcome> {
  const demands = unmetDemands(brought, installed);
  const [ofPeer] = demands.filter(({ name }) => PEERS.some((peer) => peer === name));
  if (ofPeer) return { kind: "ruled out", why: `${ofPeer.text}.` };
  const { runtime, command, env } = brought;
  const file = `smoke-${runtime.name}-${brought.version}.mjs`;
  copyFileSync(programme, join(installed.project, file));
  const options = { cwd: installed.project, env, timeoutMs: 120_000 };
  const checks = readReport(await runBeside(command, [...runtime.args, file], options));
  const [ofOther] = demands;
  return passed(checks, ofOther && `Works; npm warns that ${ofOther.text}.`);
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
