/** The process of a server: reports its address and its tokens, then its CPU time on request. */
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { AuthManager } from "claimgate";
import { type CpuTime, type Guard, ISSUER, type Listening, type Transport } from "./site.ts";

const CALLERS = 64;

async function main(transport: Transport, guard: Guard): Promise<void> {
  const secret = new Uint8Array(randomBytes(32));
  const options = { issuer: ISSUER, algorithm: "HS256", secret, authMaxAge: 86_400 } as const;
  const auth = new AuthManager(guard === "claimgate, cache off" ? { ...options, cache: false } : options);
  const site = { guard, secret, auth };
  const server =
    transport === "tRPC"
      ? await (await import("./trpc.ts")).createServer(site)
      : await (await import("./graphql.ts")).createServer(site);
  const port = await listen(server);
  const forger = new AuthManager({ ...options, secret: randomBytes(32) });
  const listening: Listening = {
    url: `http://127.0.0.1:${port}/${transport === "tRPC" ? "item" : "graphql"}`,
    good: await Promise.all(Array.from({ length: CALLERS }, (_, index) => issue(auth, `caller-${index}`, true))),
    poor: await issue(auth, "poor", false),
    forged: await issue(forger, "forger", true),
  };
  process.on("message", () => {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuUs: user + system } satisfies CpuTime);
  });
  process.send?.(listening);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function issue(by: AuthManager, subject: string, isReader: boolean): Promise<string> {
  return (await by.authToken(subject, { scope: { read: isReader } })).signed;
}

process.once("disconnect", () => process.exit(0));
await main(process.argv[2] as Transport, process.argv[3] as Guard);
