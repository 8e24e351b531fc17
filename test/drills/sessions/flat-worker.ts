/** A process of the flatness drill: plays rounds on the store in memory and prints its sizes. */
import { openCountedMemory } from "./drilled-stores.ts";
import { createRounds } from "./flat-rounds.ts";

/** The printed report, as JSON. */
export interface FlatReport {
  /** The largest total size of the store's maps in each tenth of the rounds. */
  readonly held: readonly number[];
  /** Used bytes of the heap after each tenth, after a garbage collection. */
  readonly heap: readonly number[];
  /** The size of the maps after everything had expired and the store was used again. */
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
    // One second for each round, so that the number of live sessions equals their lifetime in
    // seconds.
    time++;
    if ((await play((tenth * rounds) / 10 + n)) === "lapsed") lapsed++;
    most = Math.max(most, sizeNow());
  }
  held.push(most);
  // Some objects are released only in a later turn.
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc();
  heap.push(process.memoryUsage().heapUsed);
}

// Expired data stays for a minute longer, for clocks that are behind.
time += lifetime + 60;
for (let n = 0; n < 1000; n++) await store.find("nobody", { now: time, deadline: Date.now() + 10_000 });
const report: FlatReport = { held, heap, heldAtLast: sizeNow(), lapsed };
console.log(JSON.stringify(report));
