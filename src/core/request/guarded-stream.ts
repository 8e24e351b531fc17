/** Watches over a stream while it runs: the guard is asked again before every event, and when the token expires. */

/** How a stream is guarded. */
export interface StreamGuard {
  /** Throws or rejects with a refusal once the stream may go on no longer. */
  readonly recheck: () => unknown;
  /** Milliseconds until it is worth asking again, or `undefined` where only events ask. */
  readonly recheckInMs: () => number | undefined;
  /** Runs a step of the source, so that `currentToken()` is there in generators too. */
  readonly run: <R>(step: () => R) => R;
  /**
   * What a refusal does to the event it meets (absent where the token expired in between): give the
   * event and end, go on, or throw.
   */
  readonly onRefusal: (error: unknown) => "end" | "continue";
}

const MAX_TIMER_MS = 2_147_483_647;
// A stream that goes on though its time is over, as while keys are out of reach, is not asked about
// without pause.
const RECHECK_PAUSE_MS = 1000;
const TIME_IS_UP = Symbol();

/** `source`, guarded. When it is refused, the source is ended too. */
export function guardStream<T>(
  source: AsyncIterable<T>,
  guard: StreamGuard,
): AsyncIterableIterator<T, unknown, unknown> {
  const iterator = guard.run(() => source[Symbol.asyncIterator]());
  let ended = false;

  const end = (): void => {
    ended = true;
    // Not waited for: a generator that is waiting itself answers only at its next event.
    void Promise.resolve(guard.run(() => iterator.return?.())).catch(() => undefined);
  };

  /** Whether the stream goes on. Throws what `onRefusal` throws. */
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
          // What a generator returns is sent like an event, where it returns something.
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
 * Waits for `step` again and again, each time for so many milliseconds at most. The step is given
 * one reaction for all of them: a pending promise keeps every reaction that it was ever given, and
 * an idle stream waits for one step as long as it is idle.
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
      // The stream alone must not keep a process alive.
      (timer as { unref?: () => void }).unref?.();
      wake = () => {
        clearTimeout(timer);
        resolve(step);
      };
    });
  };
}
