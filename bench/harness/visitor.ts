/** The thread that sends messages to the main thread at random moments, while the gate is open. */
import { parentPort, workerData } from "node:worker_threads";
import { type Gate, readClockUs } from "./visitors.ts";

const MEAN_PAUSE_MS = 0.2;

const gate = workerData as Gate;
for (;;) {
  Atomics.wait(gate, 0, 0);
  Atomics.wait(gate, 1, 0, 2 * MEAN_PAUSE_MS * Math.random());
  // The port of a worker has no origin.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  parentPort?.postMessage(readClockUs());
}
