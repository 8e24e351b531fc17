/** What is told of a store that did not answer. */

const STORE_ERROR: unique symbol = Symbol.for("claimgate.SessionStoreError") as never;

/**
 * The session store did not answer in time, or failed: nothing can be said of any session (503).
 * `cause` is what it failed with.
 */
export class SessionStoreError extends Error {
  override readonly name: string = "SessionStoreError";
  readonly reason = "STORE_UNAVAILABLE" as const;

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    Object.defineProperty(this, STORE_ERROR, { value: true });
  }
}

/** Whether `error` is a `SessionStoreError`, also of another copy of this package. */
export function isStoreError(error: unknown): error is SessionStoreError {
  return error instanceof Error && (error as { [STORE_ERROR]?: unknown })[STORE_ERROR] === true;
}
