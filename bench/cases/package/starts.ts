/** Starts a new process for each call, and reads the CPU time that it reports. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beside } from "../../harness/beside.ts";
import type { Sample, Work } from "../../harness/types.ts";
import { openFixture } from "../verify/fixture.ts";
import type { Library, Start, Started } from "./start.ts";

const execute = promisify(execFile);

export async function loadStarts(library: Library, what: Start): Promise<Work> {
  const {
    key,
    tokens: [token = ""],
  } = await openFixture("RS256", 3);
  const pem = key.export({ format: "pem", type: "spki" }).toString();
  const start = async (text: string): Promise<Started> => {
    const { stdout } = await execute(process.execPath, [beside(import.meta.url, "./start"), library, what, pem, text]);
    return JSON.parse(stdout) as Started;
  };
  return {
    call: () => undefined,
    maxWarmMs: 0,
    async slice(): Promise<Sample> {
      const before = performance.now();
      const { cpuUs, wasAccepted } = await start(token);
      assert.ok(wasAccepted, "the token must be accepted");
      return { calls: 1, ns: (performance.now() - before) * 1e6, cpuUs };
    },
    async prove() {
      if (what === "import") return;
      const forged = `${token.slice(0, -10)}${token.at(-10) === "A" ? "B" : "A"}${token.slice(-9)}`;
      const { wasAccepted } = await start(forged);
      assert.ok(!wasAccepted, "a changed signature must be rejected");
    },
  };
}
