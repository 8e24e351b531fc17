/** Loads a server in another process with autocannon, and reads the CPU time of that server. */
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import autocannon from "autocannon";
import { beside } from "../../harness/beside.ts";
import type { Sample, Work } from "../../harness/types.ts";
import { type CpuTime, type Guard, ITEM, type Listening, type Transport } from "./site.ts";

const CONNECTIONS = 16;
const FIRST_REQUESTS = 500;

export async function startServer(transport: Transport, guard: Guard): Promise<Work> {
  const server = fork(beside(import.meta.url, "./server"), [transport, guard], {
    stdio: ["ignore", process.stderr, process.stderr, "ipc"],
  });
  // The end of this process closes the channel and ends the server. An earlier end is an error.
  server.once("exit", (code) => {
    if (code !== 0) throw new Error(`the server exited with ${code}`);
  });
  const [listening] = (await once(server, "message")) as [Listening];
  const request = requestOf(transport);
  let perCpuMs = 0;
  return {
    call: () => undefined,
    prove: () => prove(listening, request, guard),
    async slice(ms) {
      // The first slice is part of the warm-up. Before it, the number of requests per slice is
      // unknown.
      if (perCpuMs === 0) perCpuMs = perCpuMsOf(await fire(server, listening, request, FIRST_REQUESTS));
      const amount = Math.max(CONNECTIONS, Math.round(ms * perCpuMs));
      const sample = await fire(server, listening, request, amount);
      perCpuMs = perCpuMsOf(sample);
      return sample;
    },
    async close() {
      server.disconnect();
      await once(server, "exit");
    },
  };
}

function perCpuMsOf({ calls, cpuUs }: Sample): number {
  return calls / (cpuUs / 1000);
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly answer: string;
}

function requestOf(transport: Transport): Asked {
  if (transport === "tRPC") return { method: "GET", headers: {}, answer: JSON.stringify({ result: { data: ITEM } }) };
  return {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "{ item { id name price } }" }),
    answer: JSON.stringify({ data: { item: ITEM } }),
  };
}

/** Sends a number of requests, not for a time, so that no request is cut off uncounted. */
async function fire(server: ChildProcess, { url, good }: Listening, asked: Asked, amount: number): Promise<Sample> {
  const { answer, ...request } = asked;
  const requests = good.map((token) => ({ headers: { ...asked.headers, authorization: `Bearer ${token}` } }));
  const before = await askCpu(server);
  const start = performance.now();
  const result = await autocannon({
    url,
    ...request,
    requests,
    amount,
    connections: CONNECTIONS,
    // autocannon checks at this interval whether it is done.
    sampleInt: 10,
    verifyBody: (body) => body === answer,
  });
  const ns = (performance.now() - start) * 1e6;
  const cpuUs = (await askCpu(server)) - before;
  const { errors, timeouts, mismatches, non2xx } = result;
  assert.deepEqual({ errors, timeouts, mismatches, non2xx }, { errors: 0, timeouts: 0, mismatches: 0, non2xx: 0 });
  return { calls: amount, ns, cpuUs, extra: { "requests/s": amount / (ns / 1e9) } };
}

async function askCpu(server: ChildProcess): Promise<number> {
  const answer = once(server, "message") as Promise<[CpuTime]>;
  server.send("cpu");
  return (await answer)[0].cpuUs;
}

async function prove({ url, good, poor, forged }: Listening, asked: Asked, guard: Guard): Promise<void> {
  const { answer, method, body } = asked;
  const ask = async (token?: string): Promise<[number, string]> => {
    const headers = { ...asked.headers, ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) };
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    return [response.status, await response.text()];
  };
  for (const token of good.slice(0, 3)) assert.deepEqual(await ask(token), [200, answer]);
  if (guard === "none") return;
  for (const [token, status] of [
    [undefined, 401],
    [forged, 401],
    [poor, 403],
  ] as const) {
    const [given, text] = await ask(token);
    assert.equal(given, status, text);
    assert.ok(!text.includes(ITEM.name), "a rejected caller must get no data");
  }
}
