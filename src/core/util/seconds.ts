/** Limits of times in seconds, and clocks in seconds. */

/** The longest lifespan of a cached value, about 31 years. */
export const MAX_SECONDS = 1e9;
/**
 * The longest lifespan of a token or a session, and the last valid date. A date in milliseconds
 * since 1970 exceeds it.
 */
export const MAX_AGE_SECONDS = 1e11;
/** The furthest that the `exp` of a new token may lie ahead: 100 years. Milliseconds exceed it. */
export const MAX_TOKEN_AGE_SECONDS = 3_155_760_000;
/** The longest timeout: a timer takes less than 2^31 milliseconds. */
export const MAX_TIMEOUT_SECONDS = 2e6;

/**
 * Returns `now` with a check of its result. It throws the error of `fault` for a result that is not
 * a finite number, because no token would ever expire by it.
 */
export function checkedClock(now: () => unknown, fault: () => Error): () => number {
  return () => {
    const seconds = now();
    if (typeof seconds !== "number" || !Number.isFinite(seconds)) throw fault();
    return seconds;
  };
}

/** Returns the time of the machine's clock, in seconds since 1970. */
export function systemClock(): number {
  return Date.now() / 1000;
}
