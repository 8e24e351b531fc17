/** `npm run test:next`: runs the hosts' suite on the Next.js example with the packed claimgate. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { startVitest } from "vitest/node";
import { createWorkspace, install, pack } from "./project.ts";
import { must, ROOT, run, runBeside } from "./run.ts";

const EXAMPLE = join(ROOT, "examples/hosts/trpc");

const started = Date.now();
const workspace = createWorkspace("next");
const app = join(workspace, "app");
// The build must work without a secret; only the running app has one.
delete process.env["JWT_SECRET"];
process.env["NEXT_TELEMETRY_DISABLED"] = "1";

must("npm run build", run("npm", ["run", "--silent", "build"], { capture: true }));
copyApp();
await install(app, [pack(workspace).tarball]);
must("next build", await runBeside("npx", ["next", "build"], { cwd: app }));
const secret = randomBytes(32).toString("hex");
const server = start(secret);
const ended = once(server, "exit");
const said = text(server.stderr);
try {
  process.exitCode = await drive(await untilReady(server), secret);
} finally {
  server.kill();
  await ended;
}
// Next.js logs every refusal that a page does not catch. Its log is useful only after a failure.
if (process.exitCode !== 0) console.error(await said);
console.log(`Installed, built, started and tested Next.js in ${Math.round((Date.now() - started) / 1000)} s`);

/** Copies the example with the router that all hosts share. */
function copyApp(): void {
  cpSync(join(EXAMPLE, "next"), app, {
    recursive: true,
    filter: (path) => !/[\\/](node_modules|\.next)$/.test(path),
  });
  for (const file of ["router.ts", "ticker.ts"]) cpSync(join(EXAMPLE, file), join(app, "app", file));
}

type NextServer = ChildProcessByStdio<null, Readable, Readable>;

/** Starts `next start` on a free port. */
function start(secret: string): NextServer {
  const next = join(app, "node_modules/next/dist/bin/next");
  return spawn(process.execPath, [next, "start", "--hostname", "127.0.0.1", "--port", "0"], {
    cwd: app,
    env: { ...process.env, JWT_SECRET: secret },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Waits until the server is ready, and returns its URL. */
async function untilReady({ stdout }: NextServer): Promise<string> {
  let url: string | undefined;
  for await (const line of createInterface({ input: stdout, signal: AbortSignal.timeout(60_000) })) {
    url ??= /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (url !== undefined && line.includes("Ready")) {
      // Discards the rest of the output, which would otherwise fill the pipe.
      stdout.resume();
      return url;
    }
  }
  throw new Error("next start was not ready within 60 s");
}

async function drive(url: string, secret: string): Promise<number> {
  process.env["NEXT_URL"] = url;
  process.env["NEXT_JWT_SECRET"] = secret;
  const vitest = await startVitest("test", [], { root: ROOT, watch: false, project: ["live"] });
  await vitest.close();
  const passed = vitest.state.getTestModules().every((module) => module.ok());
  return passed && vitest.state.getTestModules().length > 0 ? 0 : 1;
}
