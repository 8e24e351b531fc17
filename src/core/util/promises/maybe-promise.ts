/** Handles values that may be promises. A value that is already known stays synchronous. */

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether `value` is a promise, or any object with a method `then`. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/**
 * Calls `next` with the value: at once if `value` is not a promise, else after it resolves. In the
 * first case it throws an error of `next`; in the second, it rejects with it.
 */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Whether `value` is an async iterable. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof (value as { [Symbol.asyncIterator]?: unknown } | null | undefined)?.[Symbol.asyncIterator] === "function"
  );
}

/** Whether a request may wait for a promise of another one. Cloudflare Workers forbid it. */
export function promisesAreShared(): boolean {
  const host = globalThis as { navigator?: { userAgent?: string } };
  return host.navigator?.userAgent !== "Cloudflare-Workers";
}
