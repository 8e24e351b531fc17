/** examples/hosts/graphql/run.ts, run as a user runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(...args: string[]) {
  const command = ["--import", "tsx", "examples/hosts/graphql/run.ts", ...args];
  const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return child;
}

test("starts a host, and prints a command to try it", { timeout: 60_000 }, async () => {
  const child = run("mercurius", "0");
  let said = "";
  for await (const chunk of child.stdout) {
    said += chunk;
    if (said.includes("-d '")) break;
  }
  const [, url = ""] = /mercurius listens on (\S+)/.exec(said) ?? [];
  const [, authorization = ""] = /-H 'authorization: ([^']+)'/.exec(said) ?? [];
  const [, body = ""] = /-d '([^']+)'/.exec(said) ?? [];
  const send = async (headers: Record<string, string>) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body,
    });
    return { status: response.status, body: await response.json() };
  };
  expect(await send({ authorization })).toMatchObject({
    status: 200,
    body: { data: { me: { id: "ada", email: "ada@example.com" }, stats: null } },
  });
  expect(await send({})).toMatchObject({ status: 401 });
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  expect(await ended).toEqual([0, null]);
});

test("lists the hosts when the command line names none", { timeout: 60_000 }, async () => {
  const child = run();
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const [code] = (await once(child, "close")) as [number];
  expect({ code, said: said.trim() }).toEqual({
    code: 1,
    said: "Argument 1 must be a host: apollo-server, graphql-http, graphql-ws, mercurius, yoga",
  });
});
