/** The error for a session store that failed or did not answer in time. */

const STORE_ERROR: unique symbol = Symbol.for("claimgate.SessionStoreError") as never;

/**
 * The session store failed or did not answer in time, so the state of the session is unknown (503).
 * `cause` is the error of the store.
 */
export class SessionStoreError extends Error {
  override readonly name: string = "SessionStoreError";
  /** The reason that a guard reports to callers. */
  readonly reason = "STORE_UNAVAILABLE" as const;

  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    Object.defineProperty(this, STORE_ERROR, { value: true });
  }
}

/** Whether `error` is a `SessionStoreError` of this or another copy of the package. */
export function isStoreError(error: unknown): error is SessionStoreError {
  return error instanceof Error && (error as { [STORE_ERROR]?: unknown })[STORE_ERROR] === true;
}
