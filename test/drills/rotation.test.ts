/** The rotation drill: the command line rotates the key file of two servers under traffic. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createTRPCClient, httpLink, TRPCClientError } from "@trpc/client";
import { getUnverifiedHeader } from "claimgate/jwt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DrillRouter } from "./rotation-server.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "claimgate-rotation-"));
const file = join(folder, "keys.json");
const servers: { readonly url: string; readonly process: ChildProcess }[] = [];

beforeAll(async () => {
  await keys("generate", file);
  servers.push(...(await Promise.all([startServer(), startServer()])));
}, 60_000);

afterAll(() => {
  for (const server of servers) server.process.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

describe("two processes with one key file", () => {
  it("accept every valid token while the key is rotated three times under steady traffic", {
    timeout: 60_000,
  }, async () => {
    const traffic = startTraffic();
    const kids = [newestKid()];
    for (let rotation = 0; rotation < 3; rotation++) {
      await keys(
        "rotate",
        file,
        "--sign-in",
        "2",
        "--max-token-age",
        "600",
        ...(rotation === 1 ? ["--alg", "EdDSA"] : []),
      );
      kids.push(newestKid());
      await traffic.until(() => traffic.signedBy(newestKid()) >= 20);
    }
    const { refused, accepted, tokens } = await traffic.stop();
    expect(refused).toEqual([]);
    expect(accepted).toBeGreaterThan(300);
    expect(new Set(kids).size).toBe(4);
    expect(new Set(tokens.map(kidOf))).toEqual(new Set(kids));
    // Both processes still accept the oldest tokens.
    for (const { url } of servers) {
      for (const kid of kids) {
        const token = tokens.find((one) => kidOf(one) === kid);
        expect([await askTRPC(url, token), await askGraphQL(url, token)]).toEqual(["200 ada", "200 ada"]);
      }
    }
  });

  it("reject a retired key at once in the process that retires it, and in both after a rotation of the file", {
    timeout: 60_000,
  }, async () => {
    const [first, second] = servers as unknown as [{ url: string }, { url: string }];
    const leaked = await clientOf(first.url).login.mutate();
    expect(await askBoth(leaked)).toEqual(["200 ada", "200 ada", "200 ada", "200 ada"]);

    await clientOf(first.url).retire.mutate(kidOf(leaked));
    const refused = "401 SIGNATURE_INVALID";
    expect(await askBoth(leaked)).toEqual([refused, refused, "200 ada", "200 ada"]);
    const other = await clientOf(first.url).login.mutate();
    expect(kidOf(other)).not.toBe(kidOf(leaked));
    expect(await askTRPC(second.url, other)).toBe("200 ada");

    await keys("rotate", file, "--now");
    // Each process reads the file again within a second.
    await waitFor(async () => (await askTRPC(second.url, leaked)) === refused);
    expect(await askBoth(leaked)).toEqual([refused, refused, refused, refused]);
    await waitFor(async () => kidOf(await clientOf(first.url).login.mutate()) === newestKid());
    expect(await askBoth(await clientOf(first.url).login.mutate())).toEqual([
      "200 ada",
      "200 ada",
      "200 ada",
      "200 ada",
    ]);
  });
});

interface Traffic {
  until(reached: () => boolean): Promise<void>;
  /** The number of tokens that a key has signed. */
  signedBy(kid: string): number;
  stop(): Promise<{ refused: string[]; accepted: number; tokens: string[] }>;
}

/** Logs in to one process and calls the other, over both transports, without a pause. */
function startTraffic(): Traffic {
  const tokens: string[] = [];
  const refused: string[] = [];
  let accepted = 0;
  const running = new AbortController();
  const drive = async (at: number): Promise<void> => {
    for (let round = at; !running.signal.aborted; round++) {
      const [here, there] = [servers[round % 2]?.url ?? "", servers[(round + 1) % 2]?.url ?? ""];
      const fresh = await clientOf(here).login.mutate();
      tokens.push(fresh);
      const earlier = tokens[Math.floor((tokens.length - 1) * (((round * 7919) % 1000) / 1000))];
      for (const answer of await Promise.all([
        askTRPC(there, fresh),
        askGraphQL(there, fresh),
        askTRPC(here, earlier),
      ])) {
        if (answer === "200 ada") accepted++;
        else refused.push(answer);
      }
    }
  };
  const drivers = [drive(0), drive(1), drive(2)];
  return {
    until: (reached) => waitFor(async () => reached() || refused.length > 0),
    signedBy: (kid) => tokens.filter((token) => kidOf(token) === kid).length,
    async stop() {
      running.abort();
      await Promise.all(drivers);
      return { refused, accepted, tokens };
    },
  };
}

async function waitFor(reached: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 300; n++) {
    if (await reached()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("The condition did not become true in time");
}

async function askBoth(token: string): Promise<string[]> {
  const answers = servers.map(async ({ url }) => [await askTRPC(url, token), await askGraphQL(url, token)]);
  return (await Promise.all(answers)).flat();
}

async function askTRPC(url: string, token: string | undefined): Promise<string> {
  try {
    return `200 ${await clientOf(url, token).me.query()}`;
  } catch (error) {
    if (!(error instanceof TRPCClientError)) throw error;
    const data = error.data as { httpStatus?: number; auth?: { reason: string } } | undefined;
    return `${data?.httpStatus} ${data?.auth?.reason}`;
  }
}

async function askGraphQL(url: string, token: string | undefined): Promise<string> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(`${url}/graphql`, { method: "POST", headers, body: '{"query":"{ me }"}' });
  const { data, errors } = (await response.json()) as {
    data?: { me: string };
    errors?: { extensions: { auth?: { reason: string } } }[];
  };
  return `${response.status} ${data?.me ?? errors?.[0]?.extensions.auth?.reason}`;
}

function clientOf(url: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return createTRPCClient<DrillRouter>({ links: [httpLink({ url: `${url}/trpc`, headers })] });
}

function kidOf(token: string): string {
  return getUnverifiedHeader(token)["kid"] as string;
}

function newestKid(): string {
  const { keys: list } = JSON.parse(readFileSync(file, "utf8")) as { keys: { kid: string }[] };
  return list.at(-1)?.kid ?? "";
}

async function keys(...args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, ["--import", "tsx", "src/cli/main.ts", "keys", ...args], { cwd: ROOT });
}

async function startServer(): Promise<{ url: string; process: ChildProcess }> {
  const child = spawn(process.execPath, ["--import", "tsx", "test/drills/rotation-server.ts", file], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once("exit", () => reject(new Error("A server of the drill did not start")));
  });
  return { url, process: child };
}
