/** A clock that stands still until it is told to move. */

/** A clock for `now`. Times are in seconds since 1970. */
export interface TestClock {
  /** The time; give it to a manager as its `now`. */
  readonly now: () => number;
  /** Moves the time by so many seconds; back, where they are negative. */
  advance(seconds: number): void;
  /** Sets the time. */
  set(seconds: number): void;
}

/** A clock that shows `start`. Default: now, in whole seconds. */
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
  if (!Number.isFinite(seconds)) throw new TypeError("A clock is set in seconds");
  return seconds;
}
