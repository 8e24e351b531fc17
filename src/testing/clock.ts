/** A clock that moves only when a test moves it. */

/** A clock for tests. Times are in seconds since 1970. */
export interface TestClock {
  /** Returns the time. Pass it to a manager as its option `now`. */
  readonly now: () => number;
  /**
   * Moves the time forward by `seconds`, or back if the number is negative.
   *
   * @throws `TypeError` if `seconds` is not a finite number
   */
  advance(seconds: number): void;
  /**
   * Sets the time, in seconds since 1970.
   *
   * @throws `TypeError` if `seconds` is not a finite number
   */
  set(seconds: number): void;
}

/**
 * Creates a clock for tests.
 *
 * @param start the first time, in seconds since 1970. The default is the current time, in whole
 * seconds.
 * @throws `TypeError` if `start` is not a finite number
 *
 * @example
 * ```ts
 * import { createTestAuth, createTestClock } from "claimgate/testing";
 *
 * const clock = createTestClock();
 * const { auth } = createTestAuth({ now: clock.now });
 * clock.advance(60);
 * ```
 */
export function createTestClock(start: number = Math.floor(Date.now() / 1000)): TestClock {
  let time = check(start);
  return {
    now: () => time,
    advance(seconds) {
      time += check(seconds);
    },
    set(seconds) {
      time = check(seconds);
    },
  };
}

function check(seconds: number): number {
  if (!Number.isFinite(seconds)) throw new TypeError("createTestClock: seconds must be a finite number");
  return seconds;
}
