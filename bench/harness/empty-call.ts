/** The case that costs nothing: what a slice of it takes is the loop itself and the turns of the event loop. */
import type { Case } from "./types.ts";

/** What tables name in `netOf`. */
export const EMPTY_CALL = "an empty call";

/** A synchronous call of nothing, `inFlight` at once. */
export function emptyCall(inFlight = 1): Case {
  return { name: EMPTY_CALL, load: async () => ({ inFlight, call: () => undefined }) };
}
