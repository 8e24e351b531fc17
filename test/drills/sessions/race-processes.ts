/** The racers: two processes on a shared store, or two managers in this process on another. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { DrilledStore, StoreKind } from "./drilled-stores.ts";
import { createParty, type Outcome, type Party, type RaceOptions } from "./race-party.ts";
import type { Answer, Order } from "./race-worker.ts";

/** One of the two participants. */
export interface Racer {
  /** Presents a token `count` times concurrently. */
  refresh(token: string, count?: number): Promise<readonly Outcome[]>;
  /** The number of events about a rotation, and about its repetition. */
  counts(): ReturnType<Party["counts"]>;
  stop(): Promise<void>;
}

/** Starts two racers and waits until both are ready. */
export async function startRacers(
  { shared }: StoreKind,
  { store, place }: DrilledStore,
  options: RaceOptions,
): Promise<readonly [Racer, Racer]> {
  if (shared === undefined) return [localRacer(createParty(store, options)), localRacer(createParty(store, options))];
  const open = { order: "open", kind: shared, place, options } as const;
  return Promise.all([startProcess(open), startProcess(open)]);
}

function localRacer(party: Party): Racer {
  return {
    refresh: (token, count = 1) => party.refreshMany(token, count),
    counts: party.counts,
    stop: async () => undefined,
  };
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

async function startProcess(open: Order): Promise<Racer> {
  const child = fork(fileURLToPath(new URL("race-worker.ts", import.meta.url)), {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const waiting = new Map<number | "open", Waiting>();
  let counts: ReturnType<Party["counts"]> = { rotations: 0, repetitions: 0 };
  let nextId = 0;

  const answerTo = (id: number | "open", order: Order): Promise<Answer> =>
    new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      child.send(order);
    });
  child.on("message", (answer: Answer) => {
    const id = answer.answer === "open" ? "open" : answer.id;
    waiting.get(id)?.resolve(answer);
    waiting.delete(id);
  });
  child.on("exit", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`A process of the race ended with ${code}`));
    waiting.clear();
  });

  await answerTo("open", open);
  return {
    async refresh(token, count = 1) {
      const id = nextId++;
      const answer = await answerTo(id, { order: "refresh", id, token, count });
      if (answer.answer !== "refreshed") throw new TypeError("The process sent an unexpected answer");
      // Counts only grow: of two answers that cross, the later one has the larger counts.
      counts = {
        rotations: Math.max(counts.rotations, answer.counts.rotations),
        repetitions: Math.max(counts.repetitions, answer.counts.repetitions),
      };
      return answer.outcomes;
    },
    counts: () => counts,
    async stop() {
      const exited = child.exitCode === null ? once(child, "exit") : undefined;
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
