/** `SignatureQueue`: limits the signatures that libuv's threads compute at once. */
import type { Done } from "../../util/builtins.ts";

const MAX_IN_FLIGHT = 64;

interface Waiting {
  readonly begin: () => void;
  next: Waiting | undefined;
}

/**
 * The signatures of one manager that are computed on libuv's threads, at most 64 at once. The
 * others start in order, so that other work gets its share of the threads.
 */
export class SignatureQueue {
  #inFlight = 0;
  // A linked list: `shift` of an array takes time for each of its items.
  #first: Waiting | undefined;
  #last: Waiting | undefined;

  /** Resolves or rejects with the result that `start` passes to its callback. */
  run<T>(start: (done: Done<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const begin = (): void => {
        this.#inFlight++;
        try {
          start((error, result) => {
            this.#inFlight--;
            this.#beginWaiting();
            if (error) reject(error);
            else resolve(result);
          });
        } catch (error) {
          this.#inFlight--;
          reject(error);
        }
      };
      if (this.#inFlight < MAX_IN_FLIGHT) begin();
      else this.#wait(begin);
    });
  }

  #wait(begin: () => void): void {
    const waiting: Waiting = { begin, next: undefined };
    if (this.#last) this.#last.next = waiting;
    else this.#first = waiting;
    this.#last = waiting;
  }

  // A loop, because a signature that throws at its start leaves its place to the next.
  #beginWaiting(): void {
    while (this.#first && this.#inFlight < MAX_IN_FLIGHT) {
      const { begin, next } = this.#first;
      this.#first = next;
      if (!next) this.#last = undefined;
      begin();
    }
  }
}

/** The queue of calls without a manager: `decode`, `encode`, `JWKSClient` and `AuthData`. */
export const sharedQueue: SignatureQueue = new SignatureQueue();
