/** The error of a case that cannot run here, because a server it needs is missing. */

/** Thrown by `load`. The message names the missing server. Any other error fails the case. */
export class SkippedError extends Error {
  override readonly name = "SkippedError";
}
