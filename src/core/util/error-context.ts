/** Adds context to an error: the option, the variable or the place that caused it. */
import { isPromise } from "./maybe-promise.ts";

/**
 * Runs `work` and replaces its error by the result of `explain`. If `work` returns a promise, the
 * same holds for its rejection.
 */
export function withErrorContext<T>(work: () => T, explain: (error: unknown) => unknown): T {
  const fail = (error: unknown): never => {
    throw explain(error);
  };
  try {
    const result = work();
    // By `then`, not by class: the promise may come from another realm or a replaced `Promise`.
    return isPromise(result) ? (result.then(undefined, fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}
