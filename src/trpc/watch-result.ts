/** Rechecks the token of a guarded procedure before each event and each part of its result. */
import { isObservable, type Observable, observable, observableToAsyncIterable } from "@trpc/server/observable";
import { runWithToken } from "../core/request/current-token.ts";
import { guardStream } from "../core/request/guarded-stream.ts";
import type { JWT } from "../core/tokens/token.ts";
import { isAsyncIterable, isPromise } from "../core/util/promises/maybe-promise.ts";
import { toTRPCError } from "./errors.ts";

/** The options of `watchResult`. */
export interface Watch {
  /** The token that the guard admitted. */
  readonly token: JWT | null;
  /** Throws or rejects with a refusal once the token is no longer accepted. */
  readonly recheck: () => unknown;
  /** Milliseconds until a recheck without an event; `undefined` to recheck on events only. */
  readonly recheckInMs: () => number | undefined;
  /** The type of the procedure: a query, a mutation or a subscription. */
  readonly type: string;
  /**
   * Whether a server sends the result. A server reads every iterable; a caller in the same process
   * gets most iterables unchanged.
   */
  readonly isServed: boolean;
  /** Aborts when the caller disconnects. */
  readonly signal: AbortSignal | undefined;
}

type Later = Promise<unknown> | AsyncIterable<unknown>;

/**
 * Whether a server sends a part of the result later: for a stream, for a promise, and for a plain
 * object with such values.
 */
export function isSentLater(data: unknown): boolean {
  if ((typeof data !== "object" && typeof data !== "function") || data === null) return false;
  return isObservable(data) || isLater(data) || hasLaterValue(data);
}

/** Returns the result with its later parts watched, or unchanged if it has no such parts. */
export function watchResult(data: unknown, watch: Watch): unknown {
  return isObservable(data) ? watchObservable(data, watch) : watchLater(data, watch);
}

// For httpBatchStreamLink, tRPC sends these later: streams, promises, and both as values of a plain
// object.
function watchLater(value: unknown, watch: Watch): unknown {
  if (isLater(value)) return watchPart(value, watch);
  if (typeof value !== "object" || value === null || !hasLaterValue(value)) return value;
  const parts: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(parts.map(([key, part]) => [key, isLater(part) ? watchPart(part, watch) : part]));
}

// tRPC tests for a promise first: a value that is both, such as a list with `then`, is a promise.
function watchPart(part: Later, watch: Watch): unknown {
  if (isDeferred(part)) return watchPromise(part, watch);
  if (!isStream(part, watch)) return part;
  return "next" in part ? watchStream(part, watch) : watchWhenRead(part, watch);
}

// Opening a ReadableStream locks it, so this opens it when it is read. Its other properties stay,
// for JSON on WebSockets and for a caller in the same process.
function watchWhenRead(source: AsyncIterable<unknown>, watch: Watch): AsyncIterable<unknown> {
  const open = (): AsyncIterator<unknown> => watchStream(source, watch);
  // A proxy must return the value of a property that is not configurable.
  const isFixed = (key: PropertyKey): boolean => Object.getOwnPropertyDescriptor(source, key)?.configurable === false;
  if (isFixed(Symbol.asyncIterator)) return { [Symbol.asyncIterator]: open };
  return new Proxy(source, {
    get: (target, key) => {
      if (key === Symbol.asyncIterator) return open;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" && key !== "constructor" && !isFixed(key)
        ? (value.bind(target) as unknown)
        : value;
    },
  });
}

function watchStream(source: AsyncIterable<unknown>, watch: Watch): AsyncIterableIterator<unknown> {
  const stream = guardStream(source, {
    recheck: watch.recheck,
    recheckInMs: watch.recheckInMs,
    run: (step) => runWithToken(watch.token, step),
    onRefusal: (error) => {
      throw toTRPCError(error);
    },
  });
  if (watch.type === "subscription") return stream;
  const next = async (): Promise<IteratorResult<unknown>> => {
    const event = await stream.next();
    return { ...event, value: watchLater(event.value, watch) };
  };
  return { ...stream, next };
}

function watchPromise(promise: Promise<unknown>, watch: Watch): Promise<unknown> {
  const watched = Promise.resolve(promise).then(async (value) => {
    try {
      await watch.recheck();
    } catch (error) {
      throw toTRPCError(error);
    }
    return watchLater(value, watch);
  });
  // tRPC awaits it only for a link that streams. An unhandled rejection would end the process.
  watched.catch(() => undefined);
  return watched;
}

function watchObservable(source: Observable<unknown, unknown>, watch: Watch): Observable<unknown, unknown> {
  return observable((observer) => {
    const stop = new AbortController();
    watch.signal?.addEventListener("abort", () => stop.abort(), { once: true });
    const pump = async (): Promise<void> => {
      try {
        for await (const value of watchStream(observableToAsyncIterable(source, stop.signal), watch))
          observer.next(value);
        observer.complete();
      } catch (error) {
        observer.error(error);
      }
    };
    void pump();
    return () => stop.abort();
  });
}

// Iterables that a server sends, streams of subscriptions, and generators. A caller in the same
// process gets any other iterable, such as a ReadableStream or a cursor, as a plain value.
function isStream(data: AsyncIterable<unknown>, { type, isServed }: Watch): boolean {
  return isServed || type === "subscription" || typeof (data as { next?: unknown }).next === "function";
}

// As in tRPC, a promise has `then` and `catch`.
function isDeferred(value: unknown): value is Promise<unknown> {
  return isPromise(value) && typeof (value as { catch?: unknown }).catch === "function";
}

// Even a plain object may be a stream, such as an iterator written by hand. tRPC never iterates an
// array.
function isLater(value: unknown): value is Later {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return isDeferred(value) || (isAsyncIterable(value) && !Array.isArray(value));
}

// Every result passes here, so this makes no list of the values.
function hasLaterValue(data: object): boolean {
  if (Object.getPrototypeOf(data) !== Object.prototype && !isPlainObject(data)) return false;
  for (const key in data)
    if (Object.hasOwn(data, key) && isLater((data as Record<string, unknown>)[key])) return isPlainObject(data);
  return false;
}

function isPlainObject(value: unknown): value is object {
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const { constructor } = value as { constructor?: { prototype?: object } | null };
  return constructor == null || Object.hasOwn(constructor.prototype ?? {}, "isPrototypeOf");
}
