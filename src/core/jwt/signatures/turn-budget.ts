/** `turnBudget`: limits the synchronous signatures of one turn of the event loop. */
import { loadBuiltin } from "../../util/builtins.ts";

const MAX_MILLISECONDS = 1;

// Read once: fake timers of a test replace the global function, and some that of the module too.
// Under a fake, a turn would never end.
const timers = loadBuiltin("node:timers") as { readonly setImmediate: (end: () => void) => void } | undefined;
const atEndOfTurn = timers?.setImmediate;

/** The time that synchronous signatures have taken in this turn of the event loop. */
class TurnBudget {
  #spent = 0;
  #isCounting = false;

  /** Whether another synchronous signature may start in this turn. */
  get hasTime(): boolean {
    return this.#spent < MAX_MILLISECONDS;
  }

  /** Counts a signature that began at `start`, a time of `performance.now()`. */
  spend(start: number): void {
    this.#spent += performance.now() - start;
    if (this.#isCounting) return;
    this.#isCounting = true;
    atEndOfTurn?.(() => {
      this.#spent = 0;
      this.#isCounting = false;
    });
  }
}

/** The budget of the process: all managers share its event loop. */
export const turnBudget: TurnBudget = new TurnBudget();
