/** The workerd cell: runs the Web application as a worker, with and without Node built-ins. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { createChecks } from "../../test/matrix/checks.ts";
import { checkWeb } from "../../test/matrix/web-checks.ts";
import { createProject, install } from "../project.ts";
import { must, runBeside } from "../run.ts";
import { readReport } from "./outcome.ts";
import { bundleForBrowser } from "./programmes.ts";

/** An installed workerd. */
export interface Workerd {
  readonly command: string;
  readonly version: string;
}

// The compatibility dates decide: from August 2026 on, a worker has `process` by default, and so
// Node's built-ins.
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [ (name = "bare", worker = .bare), (name = "node", worker = .node) ],
  sockets = [
    (name = "bare", address = "127.0.0.1:0", http = (), service = "bare"),
    (name = "node", address = "127.0.0.1:0", http = (), service = "node"),
  ]
);
const bare :Workerd.Worker = (
  modules = [ (name = "worker", esModule = embed "worker.mjs") ],
  compatibilityDate = "2025-05-01",
);
const node :Workerd.Worker = (
  modules = [ (name = "worker", esModule = embed "worker.mjs") ],
  compatibilityDate = "2026-08-04",
);
`;

/** Installs workerd into its own folder. Rejects if its binary does not start. */
export async function bringWorkerd(workspace: string): Promise<Workerd> {
  const project = createProject(workspace, "workerd", ["workerd"]);
  await install(project, ["workerd"]);
  const command = join(project, "node_modules/.bin/workerd");
  const started = await runBeside(command, ["--version"], { cwd: project });
  must("workerd --version", started);
  return { command, version: started.output.trim().replace("workerd ", "") };
}

/** Runs the worker and calls it. Returns the number of checks. */
export async function checkWorkerd({ command }: Workerd, project: string): Promise<number> {
  const worker = 'import { handle } from "./worker-app.mjs"; export default { fetch: handle };';
  await bundleForBrowser(project, { file: "web-app.ts" }, join(project, "worker-app.mjs"));
  await bundleForBrowser(project, { code: worker }, join(project, "worker.mjs"));
  writeFileSync(join(project, "workerd.capnp"), CONFIG);
  const server = spawn(command, ["serve", "workerd.capnp", "--control-fd=3"], {
    cwd: project,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const stop = (): void => void server.kill("SIGKILL");
  process.prependListener("exit", stop);
  let output = "";
  for (const stream of [server.stdout, server.stderr]) stream?.on("data", (chunk) => (output += String(chunk)));
  try {
    const ports = await Promise.race([
      readPorts(server.stdio[3] as Readable, 2),
      new Promise<never>((_, reject) => {
        server.once("error", reject);
        server.once("exit", (status) => reject(new Error(`workerd exited with ${status}:\n${output}`)));
      }),
    ]);
    const { check, report } = createChecks();
    for (const [name, port] of ports) {
      await checkWeb((what, holds) => check(`${name}: ${what}`, holds), {
        send: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
        hasBuiltins: name === "node",
      });
    }
    return readReport({ status: 0, output: JSON.stringify(report) });
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${output}`, { cause: error });
  } finally {
    stop();
    process.off("exit", stop);
  }
}

/** Waits until all sockets listen, and returns their ports. */
async function readPorts(control: Readable, count: number): Promise<Map<string, number>> {
  const ports = new Map<string, number>();
  let text = "";
  for await (const chunk of control) {
    text += String(chunk);
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const { event, socket, port } = JSON.parse(line) as { event: string; socket: string; port: number };
      if (event === "listen") ports.set(socket, port);
    }
    if (ports.size === count) return ports;
  }
  throw new Error("workerd did not report its ports");
}
