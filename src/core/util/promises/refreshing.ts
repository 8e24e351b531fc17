/** Loads, shares and renews a value that changes elsewhere, such as a key set. */
import { withDeadline } from "./deadline.ts";
import { type MaybePromise, promisesAreShared } from "./maybe-promise.ts";

/** The times of a refreshing value, all in seconds. */
export interface RefreshTimes {
  /** The time for which a loaded value is valid, from the start of its load. */
  readonly lifespan: number;
  /** The longest time that one load may take. */
  readonly timeout: number;
  /**
   * The shortest time between two loads after a failure or a miss. While there is no valid or stale
   * value, the cooldown is at most 5 seconds.
   */
  readonly cooldown: number;
  /** The time for which a value remains usable after its lifespan, while loads fail. */
  readonly staleIfError: number;
}

/** The loader of a refreshing value, its times and its clock. */
export interface RefreshOptions<T> extends RefreshTimes {
  /** Loads a new value. After the timeout, `signal` is aborted. */
  readonly load: (signal: AbortSignal) => Promise<T>;
  /**
   * Returns an error if the loaded value is unusable. The load then counts as failed, and the
   * previous value is dropped.
   */
  readonly flawOf?: (value: T) => Error | undefined;
  /** Makes the error that callers get for a failed load. */
  readonly explain: (cause: unknown) => Error;
  /** Called after every failed load. It must not throw. */
  readonly onFailure?: ((error: Error) => void) | undefined;
  /** The time, in seconds. */
  readonly now: () => number;
}

/** A value that is loaded at its first use and renewed before it expires. */
export interface Refreshing<T> {
  /**
   * Returns the value, synchronously if a usable one is loaded. Throws or rejects with the error of
   * `explain`.
   */
  current(): MaybePromise<T>;
  /**
   * Returns a new value, or the current one during the cooldown. It is for a caller that misses
   * something in the current value. Throws or rejects if the last load failed: a stale value does
   * not prove that the thing is missing.
   */
  renewed(): MaybePromise<T>;
  /** Loads a new value, regardless of the cooldown. Rejects if the load fails. */
  reload(): Promise<T>;
}

// After this part of its lifespan a value is renewed in the background, so that no caller waits.
const RENEW_AHEAD = 0.8;
const COLD_COOLDOWN_SECONDS = 5;

/** Creates a refreshing value. The first load begins with the first use. */
export function createRefreshing<T>(options: RefreshOptions<T>): Refreshing<T> {
  const { lifespan, timeout, cooldown, staleIfError, now } = options;
  let good: { readonly value: T; readonly at: number } | undefined;
  let failure: { readonly error: Error; readonly at: number } | undefined;
  let loadedAt: number | undefined;
  let running: Promise<void> | undefined;

  // False for a time in the future: a clock that was put back must not prolong a value.
  const isWithin = (at: number, seconds: number): boolean => now() - at >= 0 && now() - at < seconds;
  const canStandIn = (): boolean => good !== undefined && isWithin(good.at, lifespan + staleIfError);
  // Without a usable value every caller fails, so the next load must come soon.
  const isCoolingDown = (): boolean =>
    loadedAt !== undefined && isWithin(loadedAt, canStandIn() ? cooldown : Math.min(cooldown, COLD_COOLDOWN_SECONDS));

  const loadNow = async (): Promise<void> => {
    const startedAt = now();
    try {
      const value = await loadWithin(options.load, timeout);
      const flaw = options.flawOf?.(value);
      // Valid from the start of the load: a key may have been withdrawn since then.
      good = flaw ? undefined : { value, at: startedAt };
      failure = flaw && { error: flaw, at: now() };
    } catch (cause) {
      failure = { error: options.explain(cause), at: now() };
    } finally {
      loadedAt = now();
    }
    if (failure) options.onFailure?.(failure.error);
  };

  const load = (): Promise<void> => {
    if (running && promisesAreShared()) return running;
    const mine = loadNow().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  };

  const loadBeside = (): void => {
    if (running || isCoolingDown()) return;
    // Only a clock that throws can reject here. The next use throws that error as well.
    load().catch(() => undefined);
  };

  const answer = (): T => {
    if (good && (!failure || canStandIn())) return good.value;
    throw failure?.error ?? options.explain(undefined);
  };

  const reload = async (): Promise<T> => {
    await load();
    if (failure) throw failure.error;
    return answer();
  };

  return {
    current() {
      if (good && isWithin(good.at, lifespan)) {
        if (!isWithin(good.at, lifespan * RENEW_AHEAD)) loadBeside();
        return good.value;
      }
      // After a recent failure, callers get the stale value at once and do not wait for the next
      // load.
      if (failure && isWithin(failure.at, cooldown + timeout) && canStandIn()) {
        loadBeside();
        return answer();
      }
      if (failure && !running && isCoolingDown()) throw failure.error;
      return load().then(answer);
    },
    renewed() {
      if (!running && isCoolingDown()) {
        if (failure) throw failure.error;
        return answer();
      }
      return reload();
    },
    reload,
  };
}

async function loadWithin<T>(load: (signal: AbortSignal) => Promise<T>, seconds: number): Promise<T> {
  const controller = new AbortController();
  return withDeadline(load(controller.signal), seconds * 1000, (error) => controller.abort(error));
}
