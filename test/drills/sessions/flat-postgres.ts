/** The flatness drill on PostgreSQL: `deleteExpired` keeps the table small, and finally empty. */
import { createViolations, type DrillResult, type Length } from "./drill.ts";
import { openCountedPGlite, openCountedPostgres } from "./drilled-stores.ts";
import { createRounds } from "./flat-rounds.ts";

const LIFETIME_SECONDS = 100;
const ROUNDS: Readonly<Record<Length, number>> = { short: 80, long: 2000 };
const DELETE_EVERY = 50;

export async function runPostgres(store: "PostgreSQL" | "PGlite", length: Length): Promise<DrillResult> {
  const { note, list } = createViolations();
  const rounds = ROUNDS[length];
  const opened = await (store === "PGlite" ? openCountedPGlite : openCountedPostgres)();
  let time = 1_750_000_000;
  let most = 0;
  let deleted = 0;
  const clean = async (): Promise<number> => {
    const before = (await opened.sessions()).length;
    const removed = await opened.deleteExpired(time);
    const after = (await opened.sessions()).length;
    if (before - after !== removed) note(`${before - after} rows were deleted, but ${removed} were reported`);
    deleted += removed;
    return after;
  };
  try {
    const { play } = createRounds(opened.store, { lifetime: LIFETIME_SECONDS, now: () => time });
    for (let round = 0; round < rounds; round++) {
      time++;
      if ((await play(round)) === "lapsed") note("a round did not finish");
      if (round % DELETE_EVERY === DELETE_EVERY - 1) most = Math.max(most, await clean());
    }
    if (most > LIFETIME_SECONDS * 2) note(`${most} unexpired rows were left`);
    if (most === 0) note("unexpired rows were deleted, too");
    time += LIFETIME_SECONDS;
    const left = await clean();
    if (left > 0) note(`${left} rows were left when all had expired`);
    if (deleted === 0) note("no row was ever deleted");
  } finally {
    await opened.close();
  }
  return { drill: "flat", store, counts: { rounds, rowsAtMost: most, deleted }, violations: list };
}
