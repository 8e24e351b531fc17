/** The runtimes that the matrix brings, each from its npm package. */
import { join } from "node:path";
import { createProject, install, readManifest } from "../project.ts";

/** Where a runtime comes from, and how it starts a file. */
export interface Runtime {
  readonly name: "Node" | "Bun" | "Deno";
  /** As npm takes it; absent for the Node that runs this. */
  readonly install?: string;
  /** What goes before the file. */
  readonly args: readonly string[];
}

/** A runtime that is there. */
export interface Brought {
  readonly runtime: Runtime;
  readonly command: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The Node that runs this. */
export const OWN_NODE: Runtime = { name: "Node", args: [] };

/** Bun, without its own installing of what is missing. */
export const BUN: Runtime = { name: "Bun", install: "bun", args: ["--no-install"] };

/** Deno, on the `node_modules` that npm made. */
export const DENO: Runtime = {
  name: "Deno",
  install: "deno",
  args: ["run", "--allow-all", "--no-remote", "--no-lock", "--node-modules-dir=manual"],
};

/** All runtimes, as the table lists them. */
export const RUNTIMES: readonly Runtime[] = [node("20"), node("22"), node("24"), node("26"), BUN, DENO];

/** The newest Node of a major version. */
export function node(major: string): Runtime {
  return { name: "Node", install: `node@${major}`, args: [] };
}

/** Installs a runtime into a folder of its own. */
export async function bringRuntime(workspace: string, runtime: Runtime): Promise<Brought> {
  if (runtime.install === undefined)
    return { runtime, command: process.execPath, version: process.versions.node, env: {} };
  const name = runtime.name.toLowerCase();
  const project = createProject(workspace, `runtime-${runtime.install.replace("@", "-")}`, [name]);
  await install(project, [runtime.install]);
  return {
    runtime,
    command: join(project, "node_modules/.bin", name),
    version: readManifest(project, name).version,
    env: {
      DENO_DIR: join(project, "cache"),
      DENO_NO_UPDATE_CHECK: "1",
      BUN_INSTALL_CACHE_DIR: join(project, "cache"),
      NO_COLOR: "1",
    },
  };
}
