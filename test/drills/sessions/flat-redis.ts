/** The flatness drill on Redis: no key remains of many sessions that live one second. */
import { createViolations, type DrillResult, type Length } from "./drill.ts";
import { openCountedRedis } from "./drilled-stores.ts";
import { createRounds } from "./flat-rounds.ts";

const LIFETIME_SECONDS = 1;
// `pace`: the most rounds that start within a second, and so the most sessions that exist at a
// time.
const SIZES: Readonly<Record<Length, { readonly rounds: number; readonly pace: number }>> = {
  short: { rounds: 60, pace: 50 },
  long: { rounds: 2000, pace: 100 },
};
const LOOK_EVERY = 10;

export async function runRedis(store: string, client: "redis" | "ioredis", length: Length): Promise<DrillResult> {
  const { note, list } = createViolations();
  const { rounds, pace } = SIZES[length];
  const opened = await openCountedRedis(client);
  let mostKeys = 0;
  let mostInIndex = 0;
  let lapsed = 0;
  const look = async (): Promise<void> => {
    const keys = await opened.keys();
    mostKeys = Math.max(mostKeys, keys.length);
    for (const { key, ttl, members } of keys) {
      mostInIndex = Math.max(mostInIndex, members);
      if (ttl === -1) note(`${key} has no expiry`);
      if (ttl > LIFETIME_SECONDS * 1000) note(`${key} expires only after ${ttl} ms`);
    }
  };
  try {
    const { play } = createRounds(opened.store, { lifetime: LIFETIME_SECONDS });
    for (let round = 0; round < rounds; round++) {
      const nextAt = Date.now() + 1000 / pace;
      if ((await play(round)) === "lapsed") lapsed++;
      if (round % LOOK_EVERY === 0) await look();
      await until(nextAt);
    }
    await look();
    await until(Date.now() + 2000);
    const left = await opened.keys();
    if (left.length > 0) note(`${left.length} keys were left two seconds after the end`);
  } finally {
    await opened.close();
  }
  // A round leaves at most three keys: a session, an adopted session, and the subject's index.
  const bound = 3 * (pace + 2);
  if (mostKeys > bound) note(`there were ${mostKeys} keys at a time, but at most ${bound} can have been live`);
  // Half of the rounds share one subject, with at most two sessions each.
  if (mostInIndex > pace + 2) note(`there were ${mostInIndex} sessions in an index`);
  if (mostKeys === 0) note("no keys were seen");
  if (lapsed > rounds / 2) note(`${lapsed} rounds did not finish`);
  return { drill: "flat", store, counts: { rounds, keysAtMost: mostKeys, mostInIndex, lapsed }, violations: list };
}

async function until(time: number): Promise<void> {
  while (Date.now() < time) await new Promise((resolve) => setTimeout(resolve, Math.max(1, time - Date.now())));
}
