/** The runtimes of the matrix, each installed from its npm package. */
import { join } from "node:path";
import { createProject, install, readManifest } from "../project.ts";

/** The package and the arguments of a runtime. */
export interface Runtime {
  readonly name: "Node" | "Bun" | "Deno";
  /** The package to install; absent for the Node that runs this script. */
  readonly install?: string;
  /** The arguments before the file. */
  readonly args: readonly string[];
}

/** An installed runtime. */
export interface Brought {
  readonly runtime: Runtime;
  readonly command: string;
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}

/** The Node that runs this script. */
export const OWN_NODE: Runtime = { name: "Node", args: [] };

/** Bun, without its automatic installation of missing packages. */
export const BUN: Runtime = { name: "Bun", install: "bun", args: ["--no-install"] };

/** Deno, with the `node_modules` that npm made. */
export const DENO: Runtime = {
  name: "Deno",
  install: "deno",
  args: ["run", "--allow-all", "--no-remote", "--no-lock", "--node-modules-dir=manual"],
};

/** All runtimes, in the order of the table. */
export const RUNTIMES: readonly Runtime[] = [node("20"), node("22"), node("24"), node("26"), BUN, DENO];

/** Returns the newest Node of a major version. */
export function node(major: string): Runtime {
  return { name: "Node", install: `node@${major}`, args: [] };
}

/** Installs a runtime into its own folder. */
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
