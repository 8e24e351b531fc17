/** Subscriptions under the control of a test: a source of events, and a watcher of a client. */

import { TRPCClientError } from "@trpc/client";
import type { Unsubscribable } from "@trpc/server/observable";
import { type Refusal, readRefusal } from "../support/trpc.ts";

/** A source of events that counts its listeners. */
export interface Feed {
  /** The number of generators that have started. */
  started: number;
  /** The number of those that have ended. */
  ended: number;
  push(value: number): void;
  /** The pushed values, until the signal is aborted. */
  values(signal: AbortSignal | undefined): AsyncGenerator<number>;
}

/** A source that emits pushed values to one listener. */
export function createFeed(): Feed {
  const queue: number[] = [];
  let wake = (): void => undefined;
  const feed: Feed = {
    started: 0,
    ended: 0,
    push(value) {
      queue.push(value);
      wake();
    },
    async *values(signal) {
      feed.started += 1;
      try {
        for (;;) {
          if (signal?.aborted) return;
          for (let value = queue.shift(); value !== undefined; value = queue.shift()) yield value;
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal?.addEventListener("abort", () => resolve(), { once: true });
            if (queue.length > 0 || signal?.aborted) resolve();
          });
        }
      } finally {
        feed.ended += 1;
      }
    },
  };
  return feed;
}

/** A client's view of a subscription. */
export interface Watched<T> {
  /** The next event. Rejects with the end of the subscription if no event follows. */
  next(): Promise<T>;
  /** The end of the subscription. */
  readonly ended: Promise<Refusal | "complete">;
  unsubscribe(): void;
}

interface Observer<T> {
  onData(value: T): void;
  onError(error: unknown): void;
  onComplete(): void;
}

/** Subscribes, and keeps events until the test reads them. */
export function watch<T>(subscribe: (observer: Observer<T>) => Unsubscribable): Watched<T> {
  const events: T[] = [];
  const waiting: { resolve(value: T): void; reject(error: unknown): void }[] = [];
  let end = (_how: Refusal | "complete"): void => undefined;
  let how: Refusal | "complete" | undefined;
  const ended = new Promise<Refusal | "complete">((resolve) => {
    end = (result) => {
      how ??= result;
      resolve(result);
      for (const waiter of waiting.splice(0)) waiter.reject(how);
    };
  });
  const subscription = subscribe({
    onData(value) {
      const waiter = waiting.shift();
      if (waiter) waiter.resolve(value);
      else events.push(value);
    },
    onError: (error) => end(readRefusal(error instanceof TRPCClientError ? error.data : undefined)),
    onComplete: () => end("complete"),
  });
  return {
    ended,
    unsubscribe: () => subscription.unsubscribe(),
    next: () =>
      new Promise((resolve, reject) => {
        const event = events.shift();
        if (event !== undefined) resolve(event);
        else if (how !== undefined) reject(how);
        else waiting.push({ resolve, reject });
      }),
  };
}
