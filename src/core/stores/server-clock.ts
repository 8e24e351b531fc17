/** Deadlines of store operations, converted from this machine's clock to the server's clock. */
import { DeadlineError, type StoreOperation } from "./session-store.ts";

/**
 * A server's reply: its time in milliseconds since 1970, and the result of the operation, or
 * `"late"` if it arrived after the deadline.
 */
export interface TimedReply<T> {
  readonly serverTime: number;
  readonly outcome: T | "late";
}

/** Runs operations whose deadline the server checks. */
export interface ServerClock {
  /**
   * Returns the result of the operation. `send` gets the deadline by the server's clock and makes
   * sure that the server writes nothing after it.
   *
   * @throws {DeadlineError} if the operation came too late; else the error of `send`
   */
  run<T>(operation: StoreOperation, send: (serverDeadline: number) => Promise<TimedReply<T>>): Promise<T>;
}

/** Creates a clock that learns the server's time from `askTime` first, then from each reply. */
export function createServerClock(askTime: () => Promise<number>): ServerClock {
  // Server time minus local time, by the latest reply. The reply's travel time makes it too small,
  // hence a deadline can only be too early.
  let offset: number | undefined;

  const note = (serverTime: number): number => (offset = serverTime - Date.now());

  return {
    async run(operation, send) {
      const attempt = async (): Promise<TimedReply<Awaited<ReturnType<typeof send>>["outcome"]>> => {
        const known = offset ?? note(await askTime());
        if (Date.now() >= operation.deadline) throw new DeadlineError();
        const reply = await send(operation.deadline + known);
        note(reply.serverTime);
        return reply;
      };
      let { outcome } = await attempt();
      // A late operation wrote nothing. If the server's clock was put forward, the second attempt
      // uses the new offset.
      if (outcome === "late") ({ outcome } = await attempt());
      if (outcome === "late") throw new DeadlineError();
      return outcome;
    },
  };
}
