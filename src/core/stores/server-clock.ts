/** Deadlines of store operations, converted from this machine's clock to the server's clock. */
import { DeadlineError, type StoreOperation } from "./session-store.ts";

/**
 * A server's reply: its time in milliseconds since 1970, and the result of the operation. The
 * result is `"late"` if the operation arrived after the deadline.
 */
export interface TimedReply<T> {
  readonly serverTime: number;
  readonly outcome: T | "late";
}

/** Runs operations whose deadline the server checks. */
export interface ServerClock {
  /**
   * Returns the result of the operation. `send` gets the deadline by the server's clock, and must
   * make sure that the server writes nothing after it. Rejects with the error of `send`.
   *
   * @throws `DeadlineError` if the operation came too late
   */
  run<T>(operation: StoreOperation, send: (serverDeadline: number) => Promise<TimedReply<T>>): Promise<T>;
}

/** Creates a clock that learns the server's time, first from `askTime`, then from each reply. */
export function createServerClock(askTime: () => Promise<number>): ServerClock {
  // Server time minus local time, by the latest reply. While the reply travels, local time goes on.
  // So the offset is too small, and a deadline can only be too early.
  let offset: number | undefined;

  const note = (serverTime: number): number => (offset = serverTime - Date.now());

  return {
    async run(operation, send) {
      for (let attempt = 1; attempt <= 2; attempt++) {
        const known = offset ?? note(await askTime());
        if (Date.now() >= operation.deadline) throw new DeadlineError();
        const { serverTime, outcome } = await send(operation.deadline + known);
        note(serverTime);
        if (outcome !== "late") return outcome;
        // It wrote nothing, so it can be sent again. If the server's clock was put forward, the
        // second attempt uses the new offset.
      }
      throw new DeadlineError();
    },
  };
}
