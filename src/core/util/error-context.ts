/** Adds context to an error: the option, the variable or the place that caused it. */
import { isPromise } from "./promises/maybe-promise.ts";

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
    // `isPromise` looks for `then`: the promise may be of another realm or of a replaced `Promise`.
    return isPromise(result) ? (result.then(undefined, fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}
