/** The case that does nothing: its slices cost the loop itself and the turns of the event loop. */
import type { Case } from "./types.ts";

/** The name that tables give as `netOf`. */
export const EMPTY_CALL = "an empty call";

/** A synchronous empty call, `inFlight` at once. */
export function emptyCall(inFlight = 1): Case {
  return { name: EMPTY_CALL, load: async () => ({ inFlight, call: () => undefined }) };
}
