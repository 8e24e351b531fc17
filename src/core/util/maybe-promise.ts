/** Values that may have to be waited for: what is known already stays synchronous. */

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** Whether `value` must be waited for. */
export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/**
 * Goes on with `value`, at once where it is there. What `next` throws is thrown at once too, or
 * rejects.
 */
export function andThen<T, R>(value: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Whether `value` is a stream of values. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof (value as { [Symbol.asyncIterator]?: unknown } | null | undefined)?.[Symbol.asyncIterator] === "function"
  );
}

/** Whether one request may wait for what another began: on Cloudflare's workers it may not. */
export function promisesAreShared(): boolean {
  const host = globalThis as { navigator?: { userAgent?: string } };
  return host.navigator?.userAgent !== "Cloudflare-Workers";
}
