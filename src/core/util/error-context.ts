/** Runs something, and gives its error a name that the caller knows: the option, the variable or the place. */

/** Runs `work`, and throws what `explain` makes of its error. The same for a promise of it, which rejects then. */
export function withErrorContext<T>(work: () => T, explain: (error: unknown) => unknown): T {
  const fail = (error: unknown): never => {
    throw explain(error);
  };
  try {
    const result = work();
    // The promise that `catch` gives settles as this one does, but for its error.
    return result instanceof Promise ? (result.catch(fail) as T) : result;
  } catch (error) {
    return fail(error);
  }
}
