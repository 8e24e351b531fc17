/** Limits the time that a promise may take. */

/**
 * Resolves or rejects as `work` does, or rejects after `milliseconds`. On a timeout it first calls
 * `onTimeout`; a later result of `work` has no effect.
 */
export function withDeadline<T>(
  work: Promise<T>,
  milliseconds: number,
  onTimeout: (error: Error) => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        const error = new Error(`no answer within ${Math.round(milliseconds) / 1000} s`);
        onTimeout(error);
        reject(error);
      },
      Math.max(0, milliseconds),
    );
    // One promise less than `Promise.race`, which counts for every operation of a session store.
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
