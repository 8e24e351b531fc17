/** The one way for a case to be left out: what it needs is not there. Anything else that it throws is a failure. */

/** Thrown by `load`. The message says what is missing; the table is printed without the case, loudly. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
}
