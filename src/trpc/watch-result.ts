/** Watches what a guarded procedure sends later: its token is asked for again before every event, and before every part of a streamed result. */
import { isObservable, type Observable, observable, observableToAsyncIterable } from "@trpc/server/observable";
import { runWithToken } from "../core/request/current-token.ts";
import { guardStream } from "../core/request/guarded-stream.ts";
import type { JWT } from "../core/tokens/token.ts";
import { isAsyncIterable, isPromise } from "../core/util/maybe-promise.ts";
import { toTRPCError } from "./errors.ts";

/** How a result is watched. */
export interface Watch {
  /** Whom the guard let in. */
  readonly token: JWT | null;
  /** Rejects once the result may go on no longer. */
  readonly recheck: () => unknown;
  /** Milliseconds until it is worth asking again, or `undefined`. */
  readonly recheckInMs: () => number | undefined;
  /** The procedure's type. */
  readonly type: string;
  /**
   * Whether all that can be iterated is sent; a caller in the same process gets other iterables as
   * they are.
   */
  readonly isServed: boolean;
  /** Aborts when the caller leaves. */
  readonly signal: AbortSignal | undefined;
}

type Later = Promise<unknown> | AsyncIterable<unknown>;

/**
 * Whether anything of what a procedure gave is sent later: streams, promises, and those among a
 * plain object's values.
 */
export function isSentLater(data: unknown): boolean {
  if ((typeof data !== "object" && typeof data !== "function") || data === null) return false;
  return isObservable(data) || isLater(data) || (isPlainObject(data) && Object.values(data).some(isLater));
}

/** What a procedure gave, watched; the same value where nothing of it is sent later. */
export function watchResult(data: unknown, watch: Watch): unknown {
  return isObservable(data) ? watchObservable(data, watch) : watchLater(data, watch);
}

// What tRPC's httpBatchStreamLink sends later: streams, promises, and those among a plain object's
// values.
function watchLater(value: unknown, watch: Watch): unknown {
  if (isLater(value)) return watchPart(value, watch);
  if (!isPlainObject(value)) return value;
  if (!Object.values(value).some(isLater)) return value;
  const parts: [string, unknown][] = Object.entries(value);
  return Object.fromEntries(parts.map(([key, part]) => [key, isLater(part) ? watchPart(part, watch) : part]));
}

// In the order in which tRPC asks: what is both, such as a list that can be awaited, is a promise.
function watchPart(part: Later, watch: Watch): unknown {
  if (isDeferred(part)) return watchPromise(part, watch);
  if (!isStream(part, watch)) return part;
  return "next" in part ? watchStream(part, watch) : watchWhenRead(part, watch);
}

// Opened only when it is read: a ReadableStream is locked by that. All else of it stays as it is,
// for JSON where it is not streamed (on WebSockets), and for a caller in the same process.
function watchWhenRead(source: AsyncIterable<unknown>, watch: Watch): AsyncIterable<unknown> {
  const open = (): AsyncIterator<unknown> => watchStream(source, watch);
  // A proxy may not give another value than a fixed property has.
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
  // Nobody waits for it where the link does not stream: that must not end the process.
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

// What a server sends, a subscription's stream, and a query's generator. Other iterables, such as a
// ReadableStream or a cursor, are values of their own.
function isStream(data: AsyncIterable<unknown>, { type, isServed }: Watch): boolean {
  return isServed || type === "subscription" || typeof (data as { next?: unknown }).next === "function";
}

// As tRPC itself tells a promise and a plain object.
function isDeferred(value: unknown): value is Promise<unknown> {
  return isPromise(value) && typeof (value as { catch?: unknown }).catch === "function";
}

// A plain object may be either of them too, such as an iterator written by hand; an array is an
// array to tRPC.
function isLater(value: unknown): value is Later {
  return isDeferred(value) || (isAsyncIterable(value) && !Array.isArray(value));
}

function isPlainObject(value: unknown): value is object {
  if (Object.prototype.toString.call(value) !== "[object Object]") return false;
  const { constructor } = value as { constructor?: { prototype?: object } | null };
  return constructor == null || Object.hasOwn(constructor.prototype ?? {}, "isPrototypeOf");
}
