/** Redis servers for tests: a durable server that can be killed, and a cluster of three masters. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A server in its own folder; it stores commands before it answers (`appendfsync always`). */
export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Ends the process with SIGKILL. Every answered command is on the disk. */
  kill(): Promise<void>;
  /** Starts the process again on the same port with its data; resolves once it answers. */
  restart(): Promise<void>;
  /** Ends the process and removes its folder. */
  stop(): Promise<void>;
}

/** Three masters that share all slots. */
export interface RedisCluster {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
const NODES = 3;
const WAIT_MS = 15_000;

export async function startRedisServer(): Promise<RedisServer> {
  const home = openHome();
  const port = await findPort();
  try {
    let child = await startProcess(home, port);
    return {
      port,
      url: `redis://${HOST}:${port}`,
      kill: () => end(child),
      async restart() {
        child = await startProcess(home, port);
      },
      async stop() {
        await end(child);
        await home.close();
      },
    };
  } catch (error) {
    await home.close();
    throw error;
  }
}

export async function startRedisCluster(): Promise<RedisCluster> {
  const home = openHome();
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await home.close();
  };
  try {
    const ports: number[] = [];
    while (ports.length < NODES) {
      const port = await findPort();
      children.push(await startProcess(home, port, ["--cluster-enabled", "yes", "--cluster-node-timeout", "5000"]));
      ports.push(port);
    }
    const addresses = ports.map((port) => `${HOST}:${port}`);
    await runCli("--cluster", "create", ...addresses, "--cluster-replicas", "0", "--cluster-yes");
    for (const port of ports)
      await waitFor(async () => (await runCli("-p", String(port), "cluster", "info")).includes("cluster_state:ok"));
    return { nodes: ports.map((port) => ({ host: HOST, port })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Home {
  readonly folder: string;
  close(): Promise<void>;
}

/** A folder that goes with its servers on close, or when this process ends, even by SIGKILL. */
function openHome(): Home {
  const folder = mkdtempSync(join(tmpdir(), "claimgate-redis-"));
  // The keeper's standard input ends with this process. Its own process group survives Ctrl+C.
  const script = 'cat >/dev/null; for f in "$1"/*/pid; do [ -f "$f" ] && kill -9 "$(cat "$f")"; done; rm -rf "$1"';
  const keeper = spawn("sh", ["-c", script, "keeper", folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  return {
    folder,
    async close() {
      const closed = once(keeper, "exit");
      keeper.stdin.end();
      await closed;
    },
  };
}

async function startProcess({ folder }: Home, port: number, more: readonly string[] = []): Promise<ChildProcess> {
  const dir = join(folder, String(port));
  mkdirSync(dir, { recursive: true });
  const args = ["--port", String(port), "--bind", HOST, "--dir", dir, "--save", "", "--loglevel", "warning"];
  const durable = ["--appendonly", "yes", "--appendfsync", "always"];
  const child = spawn("redis-server", [...args, ...durable, ...more], { stdio: "ignore" });
  await once(child, "spawn");
  writeFileSync(join(dir, "pid"), String(child.pid));
  child.once("exit", () => rmSync(join(dir, "pid"), { force: true }));
  try {
    await waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended at once (${child.exitCode})`);
      return (await connects(port)) && (await runCli("-p", String(port), "ping")).trim() === "PONG";
    });
  } catch (error) {
    await end(child);
    throw error;
  }
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

async function runCli(...args: string[]): Promise<string> {
  return (await promisify(execFile)("redis-cli", args)).stdout;
}

/** A free port below the client ports; a cluster also needs the port 10,000 above it. */
async function findPort(): Promise<number> {
  for (let n = 0; n < 50; n++) {
    const port = 12_000 + Math.floor(Math.random() * 10_000);
    const servers = [createServer(), createServer()] as const;
    const areFree = await Promise.all([listens(servers[0], port), listens(servers[1], port + 10_000)]);
    await Promise.all(servers.map((server, i) => (areFree[i] ? close(server) : undefined)));
    if (areFree.every(Boolean)) return port;
  }
  throw new Error("No port is free");
}

function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, HOST, () => resolve(true));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST);
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

async function waitFor(reached: () => Promise<boolean>): Promise<void> {
  const until = Date.now() + WAIT_MS;
  while (!(await reached())) {
    if (Date.now() > until) throw new Error("Redis did not start in time");
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
