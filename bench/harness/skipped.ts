/** The error of a case that cannot run here, because a server it needs is missing. */

/** Thrown by `load`. The message says what is missing. Any other error is a failure of the case. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
}
