/** `guardStream`: rechecks the guard of a stream before each event, and when the token expires. */

/** The options of `guardStream`. */
export interface StreamGuard {
  /** Throws or rejects with a refusal once the token is no longer accepted. */
  readonly recheck: () => unknown;
  /** Milliseconds until a recheck without an event; `undefined` to recheck on events only. */
  readonly recheckInMs: () => number | undefined;
  /** Runs a step of the source, so that `currentToken()` works in generators. */
  readonly run: <R>(step: () => R) => R;
  /**
   * Decides about a refusal: `"end"` sends one more event and ends the stream, `"continue"` sends
   * the event and goes on. It may also throw. Between two events `"end"` sends `undefined`.
   */
  readonly onRefusal: (error: unknown) => "end" | "continue";
}

const MAX_TIMER_MS = 2_147_483_647;
// A stream may go on after a failed recheck, for example while keys are unavailable. Without the
// pause it would recheck in a tight loop.
const RECHECK_PAUSE_MS = 1000;
const TIME_IS_UP = Symbol();

/** Returns `source` behind a guard. When the guard ends the stream, the source ends as well. */
export function guardStream<T>(
  source: AsyncIterable<T>,
  guard: StreamGuard,
): AsyncIterableIterator<T, unknown, unknown> {
  const iterator = guard.run(() => source[Symbol.asyncIterator]());
  let ended = false;

  const end = (): void => {
    ended = true;
    // Not awaited: a pending generator handles `return` only after its next event.
    void Promise.resolve(guard.run(() => iterator.return?.())).catch(() => undefined);
  };

  /** Whether the stream goes on. Throws the error that `onRefusal` throws. */
  const mayGoOn = async (): Promise<boolean> => {
    try {
      await guard.recheck();
      return true;
    } catch (error) {
      let verdict: "end" | "continue" | undefined;
      try {
        verdict = guard.onRefusal(error);
      } finally {
        if (verdict !== "continue") end();
      }
      return verdict === "continue";
    }
  };

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (ended) return { done: true, value: undefined };
      const before = waitingFor(Promise.resolve(guard.run(() => iterator.next())));
      for (let overdueMs = 1; ; overdueMs = RECHECK_PAUSE_MS) {
        const ms = guard.recheckInMs();
        const result = await before(ms !== undefined && ms <= 0 ? overdueMs : ms);
        if (result !== TIME_IS_UP) {
          if (ended && !result.done) return { done: true, value: undefined };
          // tRPC sends the return value of a generator like an event.
          if (!result.done || result.value !== undefined) await mayGoOn();
          return result;
        }
        if (ended) return { done: true, value: undefined };
        if (!(await mayGoOn())) return { done: false, value: undefined as T };
      }
    },
    async return(value) {
      if (!ended) {
        ended = true;
        await guard.run(() => iterator.return?.());
      }
      return { done: true, value };
    },
    async throw(error) {
      if (!ended) {
        ended = true;
        await guard.run(() => iterator.return?.());
      }
      throw error;
    },
  };
}

/**
 * Returns a function that waits for `step` for at most `ms` milliseconds. All calls share one
 * reaction: a pending promise keeps its reactions, and an idle stream calls it for hours.
 */
function waitingFor<R>(step: Promise<R>): (ms: number | undefined) => Promise<R | typeof TIME_IS_UP> {
  let isSettled = false;
  let wake: (() => void) | undefined;
  const settled = (): void => {
    isSettled = true;
    wake?.();
  };
  step.then(settled, settled);
  return (ms) => {
    if (ms === undefined || isSettled) return step;
    return new Promise((resolve) => {
      const timer = setTimeout(
        () => {
          wake = undefined;
          resolve(TIME_IS_UP);
        },
        Math.min(Math.max(ms, 1), MAX_TIMER_MS),
      );
      // An open stream alone must not keep the process alive.
      (timer as { unref?: () => void }).unref?.();
      wake = () => {
        clearTimeout(timer);
        resolve(step);
      };
    });
  };
}
