/** Bounds of times in seconds, and the clock that gives them. */

/** More than any lifespan of a remembered value needs, and little enough for exact dates. */
export const MAX_SECONDS = 1e9;
/**
 * The longest that a token or a session lives, and the last date that is taken: milliseconds since
 * 1970 are beyond it.
 */
export const MAX_AGE_SECONDS = 1e11;
/** The most that a timer takes is 2^31 milliseconds. */
export const MAX_TIMEOUT_SECONDS = 2e6;

/**
 * `now`, which throws what `fault` makes where it gives no number: by such a time nothing would
 * ever expire.
 */
export function checkedClock(now: () => unknown, fault: () => Error): () => number {
  return () => {
    const seconds = now();
    if (typeof seconds !== "number" || !Number.isFinite(seconds)) throw fault();
    return seconds;
  };
}

/** The time by the machine's clock. */
export function systemClock(): number {
  return Date.now() / 1000;
}
