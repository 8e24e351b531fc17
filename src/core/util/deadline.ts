/** Limits the time that a promise may take. */

/**
 * Resolves or rejects as `work` does, or rejects after `milliseconds`. On a timeout it first calls
 * `onTimeout`; a later result of `work` has no effect.
 */
export async function withDeadline<T>(
  work: Promise<T>,
  milliseconds: number,
  onTimeout: (error: Error) => void = () => undefined,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        const error = new Error(`no answer within ${Math.round(milliseconds) / 1000} s`);
        onTimeout(error);
        reject(error);
      },
      Math.max(0, milliseconds),
    );
  });
  try {
    return await Promise.race([work, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
