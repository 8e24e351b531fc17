/** The random race: eight workers refresh many sessions without a grace and sometimes reuse one. */
import type { SessionRecord } from "claimgate";
import { createViolations, type Drill, type DrillResult, type Length } from "./drill.ts";
import { type DrilledStore, STORE_KINDS, type StoreKind } from "./drilled-stores.ts";
import { createParty, isSuccessor, type Outcome, readReference } from "./race-party.ts";
import { type Racer, startRacers } from "./race-processes.ts";
import { createRandom } from "./random.ts";

const DRILL = "race-at-random";
const WORKERS = 8;
const SIZES: Readonly<Record<Length, { readonly sessions: number; readonly turns: number }>> = {
  short: { sessions: 30, turns: 8 },
  long: { sessions: 1000, turns: 8 },
};
// The share of turns that present an earlier token.
const PART_REPLAYED = 0.05;
const PART_COLLIDING = 0.05;

export const atRandomDrills: readonly Drill[] = STORE_KINDS.map((kind) => ({
  drill: DRILL,
  store: kind.store,
  probe: kind.probe,
  run: (length) => run(kind, SIZES[length]),
}));

/** A session and its history. */
interface Course {
  readonly sid: string;
  /** All tokens of the session, the newest last. */
  readonly tokens: string[];
  /** For each token, how often it was presented and how often it was answered with tokens. */
  readonly presented: Map<string, { times: number; answered: number }>;
  /** The number of pending presentations. */
  running: number;
  /** Whether one of its tokens was presented a second time. */
  isReused: boolean;
}

async function run(
  kind: StoreKind,
  { sessions, turns }: { readonly sessions: number; readonly turns: number },
): Promise<DrillResult> {
  const { note, list } = createViolations();
  const opened = await kind.open();
  try {
    const racers = await startRacers(kind, opened, { refreshGrace: 0 });
    try {
      const courses = await begin(opened, sessions);
      const counts = await race(courses, racers, sessions * turns, note);
      await checkRecords(opened, courses, note);
      const live = await presentAll(courses, racers, note);
      const reused = courses.filter(({ isReused }) => isReused).length;
      if (reused === 0 || reused === sessions) note(`of ${sessions} sessions ${reused} were reused`);
      return {
        drill: DRILL,
        store: kind.store,
        counts: { sessions, ...counts, reused, alive: live },
        violations: list,
      };
    } finally {
      await Promise.all(racers.map((racer) => racer.stop()));
    }
  } finally {
    await opened.close();
  }
}

async function begin({ store }: DrilledStore, sessions: number): Promise<Course[]> {
  const { auth } = createParty(store, { refreshGrace: 0 });
  const courses: Course[] = [];
  for (let n = 0; n < sessions; n++) {
    // Some subjects have several sessions.
    const { refreshToken } = await auth.login(`subject-${n % Math.ceil(sessions / 3)}`);
    const { sid } = readReference(refreshToken);
    courses.push({ sid, tokens: [refreshToken], presented: new Map(), running: 0, isReused: false });
  }
  return courses;
}

interface Presentation {
  readonly course: Course;
  readonly token: string;
}

async function race(
  courses: readonly Course[],
  racers: readonly Racer[],
  turns: number,
  note: (text: string) => void,
): Promise<{ refreshes: number; replayed: number; collided: number }> {
  const random = createRandom(5);
  const underWay = new Set<Presentation>();
  const counts = { refreshes: 0, replayed: 0, collided: 0 };

  const choose = (): Presentation => {
    const chance = random.next();
    if (chance < PART_COLLIDING && underWay.size > 0) {
      counts.collided++;
      const { course, token } = random.oneOf([...underWay]);
      return { course, token };
    }
    if (chance < PART_COLLIDING + PART_REPLAYED) {
      const course = random.oneOf(courses);
      const { tokens } = course;
      if (tokens.length > 1) {
        counts.replayed++;
        return { course, token: random.oneOf(tokens.slice(0, -1)) };
      }
    }
    // A correct client uses a token once and waits for the answer.
    const idle = courses.filter(({ running, isReused }) => running === 0 && !isReused);
    const course = random.oneOf(idle.length > 0 ? idle : courses);
    return { course, token: newestOf(course) };
  };

  const work = async (worker: number): Promise<void> => {
    const racer = racers[worker % racers.length];
    while (counts.refreshes < turns) {
      counts.refreshes++;
      const mine = choose();
      underWay.add(mine);
      await present(mine, racer, note);
      underWay.delete(mine);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
  return counts;
}

async function present(
  { course, token }: Presentation,
  racer: Racer | undefined,
  note: (text: string) => void,
): Promise<Outcome | undefined> {
  const uses = course.presented.get(token) ?? { times: 0, answered: 0 };
  course.presented.set(token, uses);
  uses.times++;
  if (uses.times > 1) course.isReused = true;
  course.running++;
  const [outcome] = (await racer?.refresh(token)) ?? [];
  course.running--;
  if (!outcome) {
    note("a refresh was not answered");
  } else if (isSuccessor(outcome)) {
    uses.answered++;
    if (uses.answered > 1) note("a token was answered with a successor twice");
    if (outcome.sid !== course.sid) note("a successor is of another session");
    if (course.tokens.some((held) => readReference(held).rid === outcome.rid)) note("one successor was given twice");
    course.tokens.push(outcome.token);
  } else if (!course.isReused) {
    note(`a session without reuse was rejected: ${outcome.refused}`);
  } else if (!["401 TOKEN_REUSED", "401 TOKEN_REVOKED"].includes(outcome.refused)) {
    note(`a session with reuse was rejected with ${outcome.refused}`);
  }
  return outcome;
}

async function checkRecords(
  { store }: DrilledStore,
  courses: readonly Course[],
  note: (text: string) => void,
): Promise<void> {
  for (const course of courses) {
    const now = Date.now();
    const record: SessionRecord | null = await store.find(course.sid, { now: now / 1000, deadline: now + 30_000 });
    if (course.isReused) {
      if (record) note("a session with reuse is kept");
      continue;
    }
    if (!record) {
      note("a session without reuse is gone");
      continue;
    }
    if (record.rid !== readReference(newestOf(course)).rid) note("a session's token is not the newest one");
    // A rotation makes two changes: the rotation itself and its claim.
    if (record.version !== 1 + 2 * (course.tokens.length - 1)) note(`a session has version ${record.version}`);
  }
}

/** Presents every token, the newest first, and counts those that still refresh. */
async function presentAll(
  courses: readonly Course[],
  racers: readonly Racer[],
  note: (text: string) => void,
): Promise<number> {
  const waiting = [...courses];
  let live = 0;
  const work = async (worker: number): Promise<void> => {
    const racer = racers[worker % racers.length];
    for (let course = waiting.pop(); course; course = waiting.pop()) {
      let answered = 0;
      for (const token of course.tokens.toReversed()) {
        const [outcome] = (await racer?.refresh(token)) ?? [];
        if (outcome && isSuccessor(outcome)) answered++;
      }
      const expected = course.isReused ? 0 : 1;
      if (answered !== expected) note(`${answered} tokens of a session still refresh, not ${expected}`);
      live += answered;
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));
  return live;
}

function newestOf({ tokens }: Course): string {
  return tokens.at(-1) ?? "";
}
