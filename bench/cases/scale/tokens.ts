/** Caches that hold many tokens: the time of a look-up, and the memory of an entry. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readCpuUs } from "../../harness/measure.ts";
import type { Sample, Work } from "../../harness/types.ts";

export type Package = "claimgate" | "fast-jwt";

const ISSUER = "https://api.example.com";
const SECRET = Buffer.alloc(32, 7);
const HEADER = encode({ alg: "HS256", typ: "JWT" });
/**
 * The stride from token to token. It has no common divisor with any number of tokens here, so that
 * it visits all of them and never a neighbour.
 */
const STRIDE = 7919;

/** Verifies one of `count` remembered tokens after the other. */
export async function loadLookups(name: Package, count: number): Promise<Work> {
  const verify = await openCache(name, count);
  const tokens = Array.from({ length: count }, (_, index) => mint(index));
  for (const token of tokens) await verify(token);
  let turn = 0;
  return {
    call() {
      turn = (turn + STRIDE) % count;
      return verify(tokens[turn] as string);
    },
    prove: async () => prove(verify, tokens),
  };
}

/**
 * Measures once per process and repeats the result for each round: memory is not noisy, and filling
 * a large cache takes longer than a round. Only this process runs with `--expose-gc`, which
 * separates live memory from garbage; no time of it is compared.
 */
export async function loadBytes(name: Package, count: number): Promise<Work> {
  const proof = await openCache(name, 10);
  // Code that a package loads at its first use is not part of an entry.
  await prove(proof, [mint(0), mint(1), mint(2)]);
  const sample = await weigh(name, count);
  return { call: () => undefined, slice: async () => sample };
}

async function weigh(name: Package, count: number): Promise<Sample> {
  const verify = await openCache(name, count);
  const before = await weighHeap();
  const start = performance.now();
  const cpu = process.cpuUsage();
  // No token outlives its turn here, so the cache holds all text that is still alive.
  for (let index = 0; index < count; index++) await verify(mint(index));
  const cpuUs = readCpuUs(cpu);
  const ns = (performance.now() - start) * 1e6;
  const bytes = (await weighHeap()) - before;
  // Keeps the cache alive until here.
  await verify(mint(0));
  return { calls: count, ns, cpuUs, extra: { "bytes/entry": bytes / count } };
}

async function weighHeap(): Promise<number> {
  const { gc } = globalThis;
  if (!gc) throw new Error("node must run with --expose-gc");
  // Finalizers release memory that only the next collection frees.
  for (let pass = 0; pass < 3; pass++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function openCache(name: Package, max: number): Promise<(token: string) => unknown> {
  if (name === "claimgate") {
    const { AuthManager } = await import("claimgate");
    const auth = new AuthManager({ issuer: ISSUER, algorithm: "HS256", secret: SECRET, cache: { max } });
    await auth.ready();
    return (token) => auth.verify(token);
  }
  const { createVerifier } = await import("fast-jwt");
  // The default lifespan is ten minutes, and a run may take longer.
  const options = {
    algorithms: ["HS256" as const],
    allowedIss: ISSUER,
    cache: max,
    cacheTTL: Number.POSITIVE_INFINITY,
  };
  return createVerifier({ key: SECRET, ...options, requiredClaims: ["iss", "exp", "iat", "sub", "type"] });
}

/**
 * Mints a token as an `AuthManager` issues it, by hand for speed. The token is a slice of its
 * header's text, as on a server.
 */
export function mint(index: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const scope = { admin: index % 2 === 0, teams: ["red", "blue"] };
  const claims = { iss: ISSUER, iat, exp: iat + 86_400, sub: `user-${100_000 + index}`, type: "auth", scope };
  const input = `${HEADER}.${encode(claims)}`;
  const signature = createHmac("sha256", SECRET).update(input).digest("base64url");
  return Buffer.from(`Bearer ${input}.${signature}`, "latin1").toString("latin1").slice("Bearer ".length);
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

async function prove(verify: (token: string) => unknown, tokens: readonly string[]): Promise<void> {
  for (const token of tokens.slice(0, 3)) await verify(token);
  const [token = ""] = tokens;
  const forged = `${token.slice(0, -10)}${token.at(-10) === "A" ? "B" : "A"}${token.slice(-9)}`;
  await assert.rejects(async () => verify(forged), "verify must reject a changed signature");
}
