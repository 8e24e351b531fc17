/** A process of the flatness drill, with a collector that can be called: plays rounds on the store in memory and prints what it held. */
import { openCountedMemory } from "./drilled-stores.ts";
import { createRounds } from "./flat-rounds.ts";

/** What is printed, as JSON. */
export interface FlatReport {
  /** The most that all maps of the store held together, in each tenth of the rounds. */
  readonly held: readonly number[];
  /** Bytes of the heap in use after each tenth, all garbage collected. */
  readonly heap: readonly number[];
  /** What the maps held after everything had expired and the store was used again. */
  readonly heldAtLast: number;
  readonly lapsed: number;
}

const rounds = Number(process.argv[2]);
const lifetime = Number(process.argv[3]);
const { gc } = globalThis;
if (!gc) throw new Error("The process needs --expose-gc");

const { store, maps } = openCountedMemory();
let time = 1_750_000_000;
const { play } = createRounds(store, { lifetime, now: () => time });
const sizeNow = (): number => maps.reduce((sum, map) => sum + map.size, 0);

const held: number[] = [];
const heap: number[] = [];
let lapsed = 0;
for (let tenth = 0; tenth < 10; tenth++) {
  let most = 0;
  for (let n = 0; n < rounds / 10; n++) {
    // So that as many sessions live at a time as one lives seconds.
    time++;
    if ((await play((tenth * rounds) / 10 + n)) === "lapsed") lapsed++;
    most = Math.max(most, sizeNow());
  }
  held.push(most);
  // Some things are let go only when their turn is over.
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc();
  heap.push(process.memoryUsage().heapUsed);
}

// What has expired is kept a minute longer, for clocks that are behind.
time += lifetime + 60;
for (let n = 0; n < 1000; n++) await store.find("nobody", { now: time, deadline: Date.now() + 10_000 });
const report: FlatReport = { held, heap, heldAtLast: sizeNow(), lapsed };
console.log(JSON.stringify(report));
