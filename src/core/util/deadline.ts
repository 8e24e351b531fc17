/** Waits for no longer than may be waited. */

/**
 * What `work` gives, or a rejection once `milliseconds` are over. `onTimeout` is told of it first;
 * what `work` does later is nobody's concern.
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
