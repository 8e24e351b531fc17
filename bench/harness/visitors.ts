/** Measures how long another task of the process waits: messages that come at random moments. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { beside } from "./beside.ts";

/** The gate of the thread that sends: 1 while it is open. The second number is never changed. */
export type Gate = Int32Array<SharedArrayBuffer>;

/** The time in microseconds. All threads of a process share this clock. */
export function readClockUs(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

export class Visitors {
  readonly #gate: Gate = new Int32Array(new SharedArrayBuffer(8));
  readonly #worker: Worker = new Worker(beside(import.meta.url, "./visitor"), { workerData: this.#gate });
  #waits: number[] = [];

  constructor() {
    this.#worker.on("message", (sentUs: number) => this.#waits.push(readClockUs() - sentUs));
  }

  /** Resolves once messages come. */
  async open(): Promise<void> {
    Atomics.store(this.#gate, 0, 1);
    Atomics.notify(this.#gate, 0);
    await once(this.#worker, "message");
    this.#waits = [];
  }

  /** Ends the messages. Returns the time in microseconds that `part` of them waited at most. */
  close(part: number): number {
    Atomics.store(this.#gate, 0, 0);
    const sorted = this.#waits.toSorted((a, b) => a - b);
    return sorted[Math.floor(part * sorted.length)] ?? Number.NaN;
  }
}
