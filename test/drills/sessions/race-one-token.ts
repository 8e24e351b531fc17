/** The race for one token: 200 requests from two processes must get the same successor. */
import type { SessionRecord } from "claimgate";
import { createViolations, type Drill, type DrillResult } from "./drill.ts";
import { type DrilledStore, STORE_KINDS, type StoreKind } from "./drilled-stores.ts";
import { createParty, isSuccessor, readReference, type Successor } from "./race-party.ts";
import { type Racer, startRacers } from "./race-processes.ts";

const EACH = 100;
const DRILL = "race-one-token";
// Longer than the store may take, as by default, so that no refresh waits for its claim.
const OPTIONS = { refreshGrace: 60 };
const CLAIMED_WITHIN_MS = 30_000;

/** On every store; the long drill runs the race several times. */
export const oneTokenDrills: readonly Drill[] = STORE_KINDS.map((kind) => ({
  drill: DRILL,
  store: kind.store,
  probe: kind.probe,
  run: (length) => run(kind, length === "long" ? 10 : 1),
}));

async function run(kind: StoreKind, races: number): Promise<DrillResult> {
  const { note, list } = createViolations();
  const opened = await kind.open();
  let refreshes = 0;
  let rotations = 0;
  let repetitions = 0;
  let successors = 0;
  try {
    const racers = await startRacers(kind, opened, OPTIONS);
    try {
      for (let race = 0; race < races; race++) {
        const before = sumOf(racers);
        const { outcomes, rids } = await hold(opened, racers, `subject-${race}`, note);
        const after = sumOf(racers);
        refreshes += outcomes;
        successors += rids;
        rotations += after.rotations - before.rotations;
        repetitions += after.repetitions - before.repetitions;
      }
    } finally {
      await Promise.all(racers.map((racer) => racer.stop()));
    }
  } finally {
    await opened.close();
  }
  if (refreshes !== races * EACH * 2) note(`${refreshes} refreshes of ${races * EACH * 2} were answered`);
  if (rotations !== races) note(`${rotations} rotations were reported in ${races} races`);
  if (repetitions !== refreshes - races) note(`${repetitions} repetitions were reported`);
  const processes = kind.shared === undefined ? 1 : 2;
  return { drill: DRILL, store: kind.store, counts: { processes, refreshes, rotations, successors }, violations: list };
}

/** Runs one race and checks the stored session. */
async function hold(
  opened: DrilledStore,
  racers: readonly [Racer, Racer],
  subject: string,
  note: (text: string) => void,
): Promise<{ readonly outcomes: number; readonly rids: number }> {
  const { auth } = createParty(opened.store, OPTIONS);
  const { refreshToken } = await auth.login(subject, { scope: { reader: true } });
  const first = readReference(refreshToken);

  // Both processes are ready; this message starts them.
  const answers = await Promise.all(racers.map((racer) => racer.refresh(refreshToken, EACH)));
  const outcomes = answers.flat();
  const pairs = outcomes.filter(isSuccessor);
  for (const outcome of outcomes) if (!isSuccessor(outcome)) note(`a refresh was rejected: ${outcome.refused}`);

  const said = new Set(pairs.map(({ sid, rid, iat, exp }) => JSON.stringify({ sid, rid, iat, exp })));
  if (said.size !== 1) note(`there are ${said.size} successors: ${[...said].join(" ")}`);
  const [pair] = pairs;
  if (pair) {
    if (pair.sid !== first.sid) note("the successor is of another session");
    if (pair.rid === first.rid) note("the token was not rotated");
    await checkRecord(opened, pair, first, note);
    // Any of the 200 tokens may be the one that the client uses next.
    const auths = await Promise.all(pairs.map(async ({ authToken }) => (await auth.verify(authToken)).sid));
    if (auths.some((sid) => sid !== first.sid)) note("an auth token is of another session");
  }
  const kept = await opened.sessions();
  if (kept.filter((text) => text.includes(first.sid)).length !== 1) note(`${kept.length} sessions are stored`);
  const listed = await auth.sessions(subject);
  if (listed.length !== 1 || listed[0]?.id !== first.sid) note(`${listed.length} sessions are listed`);
  await lookForTokens(opened, [refreshToken, ...pairs.flatMap(({ token, authToken }) => [token, authToken])], note);
  return { outcomes: outcomes.length, rids: said.size };
}

async function checkRecord(
  { store }: DrilledStore,
  pair: Successor,
  first: Pick<Successor, "rid">,
  note: (text: string) => void,
): Promise<void> {
  const find = (): Promise<SessionRecord | null> =>
    store.find(pair.sid, { now: Date.now() / 1000, deadline: Date.now() + 30_000 });
  const until = Date.now() + CLAIMED_WITHIN_MS;
  let record = await find();
  while (record?.claimedBy === null && Date.now() < until) record = await find();
  if (!record) return note("the session is gone");
  // One more for the rotation, and one for its claim.
  if (record.version !== 3) note(`the session has version ${record.version}, not 3`);
  if (record.rid !== pair.rid) note("the session's token is not the returned one");
  if (record.previous?.rid !== first.rid) note("the session does not know the presented token");
  if (record.claimedBy === null) note("the session has no claim of the delivered token");
}

/** Looks for tokens, their signatures, and anything that begins like a token. */
async function lookForTokens(
  opened: DrilledStore,
  tokens: readonly string[],
  note: (text: string) => void,
): Promise<void> {
  const text = [...(await opened.sessions()), ...(await opened.rest())].join("\n");
  const signatures = new Set(tokens.map((token) => token.split(".")[2] ?? token));
  if (text.includes("eyJ")) note("the store contains the beginning of a token");
  for (const signature of signatures) if (text.includes(signature)) note("the store contains a token's signature");
  // The text must contain the session; otherwise the search above proves nothing.
  if (!text.includes(readReference(tokens[0] ?? "").sid)) note("the session itself was not found in the store");
}

function sumOf(racers: readonly Racer[]): { readonly rotations: number; readonly repetitions: number } {
  const all = racers.map((racer) => racer.counts());
  return {
    rotations: all.reduce((sum, { rotations }) => sum + rotations, 0),
    repetitions: all.reduce((sum, { repetitions }) => sum + repetitions, 0),
  };
}
