/** Limits of times in seconds, and clocks in seconds. */

/** The longest lifespan of a cached value, about 31 years. */
export const MAX_SECONDS = 1e9;
/**
 * The largest age and the latest date that an option may set, about 3,170 years. A date in
 * milliseconds since 1970 exceeds it.
 */
export const MAX_AGE_SECONDS = 1e11;
/** The longest life of a new token: 100 years. An `exp` in milliseconds exceeds it. */
export const MAX_TOKEN_AGE_SECONDS = 3_155_760_000;
/** The longest timeout, about 23 days. A timer takes less than 2^31 milliseconds. */
export const MAX_TIMEOUT_SECONDS = 2e6;

/**
 * Returns `now` with a check of its result, which throws the error of `fault`. With NaN, no token
 * would ever expire. With milliseconds, the tokens of every other server have expired.
 */
export function checkedClock(now: () => unknown, fault: () => Error): () => number {
  return () => {
    const seconds = now();
    if (typeof seconds !== "number" || !(Math.abs(seconds) <= MAX_AGE_SECONDS)) throw fault();
    return seconds;
  };
}

/** Returns the time of the machine's clock, in seconds since 1970. */
export function systemClock(): number {
  return Date.now() / 1000;
}
