/** Subscriptions under the hand of a test: a source that emits when told to, and a watcher of what a client gets. */

import { TRPCClientError } from "@trpc/client";
import type { Unsubscribable } from "@trpc/server/observable";
import { type Refusal, readRefusal } from "../support/trpc.ts";

/** A source of events that counts who listens to it. */
export interface Feed {
  /** How many generators ran their first line. */
  started: number;
  /** How many of those ended. */
  ended: number;
  push(value: number): void;
  /** What was pushed, until the signal is aborted. */
  values(signal: AbortSignal | undefined): AsyncGenerator<number>;
}

/** A source that emits what is pushed to it, to one listener. */
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

/** What a client was given by a subscription. */
export interface Watched<T> {
  /** The next event. Rejects with how the subscription ended, where none comes. */
  next(): Promise<T>;
  /** How it ended. */
  readonly ended: Promise<Refusal | "complete">;
  unsubscribe(): void;
}

interface Observer<T> {
  onData(value: T): void;
  onError(error: unknown): void;
  onComplete(): void;
}

/** Subscribes, and keeps what comes until the test asks for it. */
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
