/** The CPU time that claimgate adds to a small request, by the executor alone, in one process. */
import { sliceOf } from "../../harness/added.ts";
import { HMAC, hmacOf } from "../../harness/hmac.ts";
import type { Work } from "../../harness/types.ts";
import { claimgate } from "./claimgate.ts";
import { overExecutor } from "./over-executor.ts";
import { QUERIES } from "./schema.ts";
import { noAuth } from "./unguarded.ts";

export async function loadAdded(callers: "warm" | "cold"): Promise<Work> {
  const server = await claimgate(callers);
  const more = await overExecutor(server, QUERIES.small);
  const less = await overExecutor(await noAuth(), QUERIES.small);
  const reference = hmacOf(server.tokens.good[0] ?? "");
  return {
    call: () => undefined,
    slice: sliceOf({ more, less, reference, name: HMAC }),
    async prove() {
      await more.prove?.();
      await less.prove?.();
    },
  };
}
