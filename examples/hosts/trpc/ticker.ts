/** A counter that streams follow. A real application has a queue or a database instead. */

/** The counter. */
export interface Ticker {
  /** The number of open streams, and of all streams so far. */
  readonly streams: { open: number; opened: number };
  /** Adds 1 to the count and returns it. */
  tick(): number;
  /** Returns the count after the next tick, or the current count if the signal aborts before it. */
  next(signal: AbortSignal | undefined): Promise<number>;
  /**
   * Yields the count and each later count, at most `events` of them. It ends after the signal
   * aborts.
   */
  follow(signal: AbortSignal | undefined, events?: number): AsyncGenerator<number, void>;
}

export function createTicker(): Ticker {
  let count = 0;
  const waiting = new Set<() => void>();
  const ticker: Ticker = {
    streams: { open: 0, opened: 0 },
    tick() {
      count += 1;
      for (const wake of waiting) wake();
      return count;
    },
    next(signal) {
      return new Promise((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          signal?.removeEventListener("abort", wake);
          resolve(count);
        };
        if (signal?.aborted) return wake();
        waiting.add(wake);
        signal?.addEventListener("abort", wake);
      });
    },
    async *follow(signal, events = Number.POSITIVE_INFINITY) {
      ticker.streams.opened += 1;
      ticker.streams.open += 1;
      try {
        let seen = -1;
        for (let sent = 0; sent < events; ) {
          if (seen !== count) {
            seen = count;
            sent += 1;
            yield seen;
          } else if (signal?.aborted) return;
          else await ticker.next(signal);
        }
      } finally {
        ticker.streams.open -= 1;
      }
    },
  };
  return ticker;
}
