/** `SignatureQueue`: limits the signatures that libuv's threads compute at once. */
import type { Done } from "../../util/builtins.ts";

const MAX_IN_FLIGHT = 64;

/**
 * The signatures of one manager that are computed on libuv's threads, at most 64 at once. The
 * others start in order, so that other work gets its share of the threads.
 */
export class SignatureQueue {
  #inFlight = 0;
  readonly #waiting: (() => void)[] = [];

  /** Resolves or rejects with the result that `start` passes to its callback. */
  run<T>(start: (done: Done<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const begin = (): void => {
        this.#inFlight++;
        try {
          start((error, result) => {
            this.#end();
            if (error) reject(error);
            else resolve(result);
          });
        } catch (error) {
          this.#end();
          reject(error);
        }
      };
      if (this.#inFlight < MAX_IN_FLIGHT) begin();
      else this.#waiting.push(begin);
    });
  }

  #end(): void {
    this.#inFlight--;
    this.#waiting.shift()?.();
  }
}

/** The queue of calls without a manager: `decode`, `encode`, `JWKSClient` and `AuthData`. */
export const sharedQueue: SignatureQueue = new SignatureQueue();
