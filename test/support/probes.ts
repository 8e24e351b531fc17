/** Probes for Redis and PostgreSQL, which run before the suites are described. */
import { spawnSync } from "node:child_process";

/** The reason why Redis cannot be reached, or `undefined`. */
export function probeRedis(url: string = process.env["REDIS_URL"] || "redis://127.0.0.1:6379"): string | undefined {
  return probe(url, 6379, "Redis");
}

/** The reason why PostgreSQL cannot be reached, or `undefined`. */
export function probeDatabase(
  url: string = process.env["DATABASE_URL"] || "postgres://postgres@127.0.0.1:5432/postgres",
): string | undefined {
  return probe(url, 5432, "PostgreSQL");
}

/** The reason why a command cannot run, or `undefined`. */
export function probeCommand(command: string): string | undefined {
  const { error } = spawnSync(command, ["--version"], { stdio: "ignore" });
  return error ? `${command} is not on the PATH` : undefined;
}

// Suites are described synchronously, so the probe is a separate process.
function probe(url: string, defaultPort: number, what: string): string | undefined {
  const { hostname, port } = new URL(url);
  const script = `const s=require("node:net").connect(${Number(port) || defaultPort},${JSON.stringify(hostname)});
    s.on("connect",()=>process.exit(0));s.on("error",()=>process.exit(1));setTimeout(()=>process.exit(1),2000)`;
  const { status } = spawnSync(process.execPath, ["-e", script], { stdio: "ignore" });
  return status === 0 ? undefined : `${what} does not answer at ${hostname}:${port || defaultPort}`;
}
