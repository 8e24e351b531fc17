/** Runs something, and gives its error a name that the caller knows: the option, the variable or the place. */
import { isPromise } from "./maybe-promise.ts";

/**
 * Runs `work`, and throws what `explain` makes of its error. The same for a promise of it, which
 * rejects then.
 */
export function withErrorContext<T>(work: () => T, explain: (error: unknown) => unknown): T {
  const fail = (error: unknown): never => {
    throw explain(error);
  };
  try {
    const result = work();
    // By `then`, not by class: the promise may be of another realm, and another `Promise` may have
    // taken the global's place.
    return isPromise(result) ? (result.then(undefined, fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}
