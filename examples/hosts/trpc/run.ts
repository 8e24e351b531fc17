/** `npx tsx examples/hosts/trpc/run.ts <host> [port]`: starts one host and prints a request. */
import { createAuth } from "./auth.ts";
import * as hono from "./hono.ts";
import * as standalone from "./standalone.ts";

const hosts = new Map([
  ["hono", hono],
  ["standalone", standalone],
]);

const [name = "", port = "4000"] = process.argv.slice(2);
const host = hosts.get(name);
if (!host) throw new Error(`Argument 1 must be a host: ${[...hosts.keys()].join(" or ")}`);

const auth = createAuth();
const server = await host.start(auth, Number(port));
const { signed } = await auth.authToken("alice", { claims: { department: "research" } });
console.log(`curl -H 'Authorization: Bearer ${signed}' ${server.url}/me`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void server.close());
