/** The errors of a session store: an outage, and a store or client that is used wrongly. */

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

const STORE_MISUSE: unique symbol = Symbol.for("claimgate.StoreMisuse") as never;

/**
 * Returns the `TypeError` for a store or client that the application uses wrongly. A retry cannot
 * help, so callers get it unchanged, and never as an outage (503).
 */
export function storeMisuse(message: string, cause?: unknown): TypeError {
  const error = new TypeError(message, cause === undefined ? undefined : { cause });
  Object.defineProperty(error, STORE_MISUSE, { value: true });
  return error;
}

/** Whether `storeMisuse` of this or another copy of the package made `error`. */
export function isStoreMisuse(error: unknown): error is TypeError {
  // A plain TypeError may be an outage: "fetch failed" is one.
  return error instanceof Error && (error as { [STORE_MISUSE]?: unknown })[STORE_MISUSE] === true;
}
