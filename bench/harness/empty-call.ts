/** The case that does nothing: its slices cost the loop itself and the turns of the event loop. */
import type { Case } from "./types.ts";

/** The name that tables give as `netOf`. */
export const EMPTY_CALL = "an empty call";

/** The loop has no code of a package to compile. */
const WARM_MS = 1000;

/** A synchronous empty call, `inFlight` at once. */
export function emptyCall(inFlight = 1): Case {
  return { name: EMPTY_CALL, load: async () => ({ inFlight, maxWarmMs: WARM_MS, call: () => undefined }) };
}
