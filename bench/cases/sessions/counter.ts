/** Counts the commands to a server by wrapping the client's functions. */

export interface Counter {
  /** Sends a command, and counts it. */
  count<T>(send: () => Promise<T>): Promise<T>;
  /** The number of sent commands. */
  readonly sent: number;
  /** The number of answered commands. */
  readonly answered: number;
  /** Resolves when no command is pending. */
  idle(): Promise<void>;
}

export function createCounter(): Counter {
  const underWay = new Set<Promise<unknown>>();
  let sent = 0;
  let answered = 0;
  return {
    get sent() {
      return sent;
    },
    get answered() {
      return answered;
    },
    async count(send) {
      sent++;
      const reply = send();
      underWay.add(reply);
      try {
        return await reply;
      } finally {
        answered++;
        underWay.delete(reply);
      }
    },
    async idle() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  };
}
