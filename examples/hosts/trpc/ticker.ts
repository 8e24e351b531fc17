/** A counter that streams follow. It lives in this process; an application of your own has a queue or a database there. */

/** What the router's streams tell of. */
export interface Ticker {
  /** How many streams are open, and how many were ever opened. */
  readonly streams: { open: number; opened: number };
  /** Counts, and gives the new count. */
  tick(): number;
  /** The count after the next tick, or the present one where the signal is aborted before. */
  next(signal: AbortSignal | undefined): Promise<number>;
  /**
   * The count, and what it changes to: `events` of them at most, none once the signal is aborted.
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
