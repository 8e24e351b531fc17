/** Deadlines by a server's clock: what this machine calls "two seconds from now" is told to the server in its own time. */
import { DeadlineError, type StoreOperation } from "./session-store.ts";

/**
 * What a server answered: its time, in milliseconds since 1970, and what came of the operation, or
 * that it came too late.
 */
export interface TimedReply<T> {
  readonly serverTime: number;
  readonly outcome: T | "late";
}

/** Runs operations of which the server itself tells whether they come too late. */
export interface ServerClock {
  /**
   * What the operation gave. `send` gets the deadline in the server's time, and sees to it that
   * nothing is written after it. Rejects with `DeadlineError` where it came too late, and with
   * whatever `send` rejects with.
   */
  run<T>(operation: StoreOperation, send: (serverDeadline: number) => Promise<TimedReply<T>>): Promise<T>;
}

/** A clock that knows nothing of the server's until `askTime` or a reply has told it. */
export function createServerClock(askTime: () => Promise<number>): ServerClock {
  // Server time less ours, by the latest reply. A reply takes time, so the true difference is this
  // or more: a deadline is early, never late.
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
      // Nothing was done. A server's clock that was put forward makes everything late, and is known
      // now: so once more.
      if (outcome === "late") ({ outcome } = await attempt());
      if (outcome === "late") throw new DeadlineError();
      return outcome;
    },
  };
}
