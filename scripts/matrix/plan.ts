/** The plans of the matrix: all cells, or the few that `npm test` runs. */
import { COMPILERS, type Compiler } from "../compilers.ts";
import { NEWEST, OLDEST, PEER_SETS, type PeerSet } from "./peer-sets.ts";
import { BUN, DENO, node, OWN_NODE, RUNTIMES, type Runtime } from "./runtimes.ts";

/** The cells of both tables. */
export interface Plan {
  readonly runtimes: readonly Runtime[];
  readonly sets: readonly PeerSet[];
  readonly includes: (runtime: Runtime, set: PeerSet) => boolean;
  /** The columns of the second table. */
  readonly ends: readonly PeerSet[];
  readonly compilers: readonly Compiler[];
  readonly hasWorkerd: boolean;
}

/** All cells. */
export const FULL: Plan = {
  runtimes: RUNTIMES,
  sets: PEER_SETS,
  includes: () => true,
  ends: [OLDEST, NEWEST],
  compilers: COMPILERS,
  hasWorkerd: true,
};

/** One cell for each kind of runtime, with the oldest or the newest peers. */
export const DIAGONAL: Plan = {
  runtimes: [OWN_NODE, node("24"), BUN, DENO],
  sets: [OLDEST, NEWEST],
  includes: (runtime, set) => (set === OLDEST) === (runtime === OWN_NODE || runtime === BUN),
  ends: [NEWEST],
  compilers: COMPILERS.slice(0, 1),
  hasWorkerd: false,
};
