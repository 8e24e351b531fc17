/** Holds something that changes elsewhere, such as a key set: one load for however many callers, renewed in time, kept for a bounded while when loads fail. */
import { withDeadline } from "./deadline.ts";
import { type MaybePromise, promisesAreShared } from "./maybe-promise.ts";

/** How long things last, all in seconds. */
export interface RefreshTimes {
  /** How long a loaded value is trusted, from when its load began. */
  readonly lifespan: number;
  /** How long one load may take. */
  readonly timeout: number;
  /**
   * The least time between a load and the next that a failure or a miss asks for; 5 seconds at most
   * while no value can stand in.
   */
  readonly cooldown: number;
  /** How long beyond its lifespan the last good value serves while loads fail. */
  readonly staleIfError: number;
}

/** What is held, and how to get it. */
export interface RefreshOptions<T> extends RefreshTimes {
  /** Gives a new value; `signal` fires when the timeout is over. */
  readonly load: (signal: AbortSignal) => Promise<T>;
  /**
   * Why a loaded value can serve nobody: it ends the one before all the same, and counts as a
   * failure.
   */
  readonly flawOf?: (value: T) => Error | undefined;
  /** What callers are told of a load that failed. */
  readonly explain: (cause: unknown) => Error;
  /** Told of every load that failed. It may not throw. */
  readonly onFailure?: ((error: Error) => void) | undefined;
  /** The time, in seconds. */
  readonly now: () => number;
}

/** A value that is renewed when it must be. */
export interface Refreshing<T> {
  /**
   * The value as it is trusted now, at once where it is there. Throws or rejects with what
   * `explain` gave.
   */
  current(): MaybePromise<T>;
  /**
   * For who misses something in the current value: one loaded anew, or the same where the cooldown
   * is not over. Throws or rejects where the last load failed, since then nobody can tell that it
   * really is missing.
   */
  renewed(): MaybePromise<T>;
  /** One loaded anew, whatever the cooldown. Rejects where that fails. */
  reload(): Promise<T>;
}

// From here on a value is renewed beside its use, so that steady traffic never waits for it.
const RENEW_AHEAD = 0.8;
const COLD_COOLDOWN_SECONDS = 5;

/** Loads nothing before something asks. */
export function createRefreshing<T>(options: RefreshOptions<T>): Refreshing<T> {
  const { lifespan, timeout, cooldown, staleIfError, now } = options;
  let good: { readonly value: T; readonly at: number } | undefined;
  let failure: { readonly error: Error; readonly at: number } | undefined;
  let loadedAt: number | undefined;
  let running: Promise<void> | undefined;

  // A clock that was put back makes nothing fresh.
  const isWithin = (at: number, seconds: number): boolean => now() - at >= 0 && now() - at < seconds;
  const canStandIn = (): boolean => good !== undefined && isWithin(good.at, lifespan + staleIfError);
  // While nothing can stand in, everybody is refused: one blip must not last as long as a cooldown
  // may.
  const isCoolingDown = (): boolean =>
    loadedAt !== undefined && isWithin(loadedAt, canStandIn() ? cooldown : Math.min(cooldown, COLD_COOLDOWN_SECONDS));

  const loadNow = async (): Promise<void> => {
    const startedAt = now();
    try {
      const value = await loadWithin(options.load, timeout);
      const flaw = options.flawOf?.(value);
      // Trusted from when it was asked for: what was withdrawn while the answer was on its way may
      // be in it.
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
    // It fails only where the clock does, which the next use finds out too.
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
      // Known to be failing just now: nobody has to wait until the next try has failed as well.
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
