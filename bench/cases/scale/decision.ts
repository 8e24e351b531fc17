/** The CPU time of one more decision in a GraphQL request, in one process. */
import { sliceOf } from "../../harness/added.ts";
import { HMAC, hmacOf } from "../../harness/hmac.ts";
import type { Work } from "../../harness/types.ts";
import { loadFields } from "./fields.ts";
import { mint } from "./tokens.ts";

const RULES = 1000;

/** Compares 1,000 fields with a rule each to 1,000 fields with one rule: 999 decisions more. */
export async function loadDecision(): Promise<Work> {
  const shape = { objects: 1, width: RULES, isGuarded: true };
  const more = await loadFields({ ...shape, rules: RULES });
  const less = await loadFields({ ...shape, rules: 1 });
  return {
    call: () => undefined,
    slice: sliceOf({ more, less, reference: hmacOf(mint(0)), name: HMAC, units: RULES - 1 }),
    async prove() {
      await more.prove?.();
      await less.prove?.();
    },
  };
}
