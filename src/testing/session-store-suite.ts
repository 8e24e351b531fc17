/** The suite that every session store must pass, for any test runner: a list of named cases that resolve, or reject with what is wrong. */
import { makeSessionId } from "../core/sessions/session-id.ts";
import type { SessionRecord, SessionRotation, SessionStore, StoreOperation } from "../core/sessions/store.ts";

/** One promise that a store keeps. */
export interface SuiteCase {
  /** What is promised. */
  readonly name: string;
  /** Rejects with an `Error` that says what went another way. */
  run(): Promise<void>;
}

/** What the suite needs of a store. */
export interface SuiteOptions {
  /** Gives the store under test. It may be the same for every case: no case touches another's sessions. */
  readonly open: () => SessionStore | Promise<SessionStore>;
}

/** A record of a new session for a subject of its own. `over` replaces parts of it. */
export async function makeSessionRecord(over: Partial<SessionRecord> = {}): Promise<SessionRecord> {
  const subject = over.subject ?? `subject-${crypto.randomUUID()}`;
  const now = seconds();
  return {
    id: await makeSessionId(subject),
    subject,
    version: 1,
    rid: "rid-1",
    issuedAt: now,
    expiresAt: now + 600,
    previous: null,
    claimedBy: "login",
    // What is easily spoilt where JSON is read and written again.
    grant: {
      scope: { admin: true, list: ["a", 1, null], none: [] },
      claims: { team: "ö€😀", deep: { er: [{}] }, large: 9_007_199_254_740_991, small: 0.1 },
    },
    label: "A laptop",
    remember: true,
    createdAt: now,
    endsAt: null,
    reservedUntil: null,
    ended: false,
    ...over,
  };
}

/** The cases. With vitest or node:test: `for (const { name, run } of sessionStoreSuite({ open })) test(name, run)`. */
export function sessionStoreSuite({ open }: SuiteOptions): readonly SuiteCase[] {
  return Object.entries(CASES).map(([name, check]) => ({ name, run: async () => check(await open()) }));
}

const CASES: Readonly<Record<string, (store: SessionStore) => Promise<void>>> = {
  async "gives back what it was given, and null for what it was not"(store) {
    const record = await makeSessionRecord();
    same(await store.find(record.id, soon()), null, "find before create");
    same(await store.create(record, soon()), true, "create");
    same(await store.find(record.id, soon()), record, "find");
  },

  async "keeps a subject that is a number, and finds it by its text"(store) {
    const subject = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    const record = await makeSessionRecord({ subject });
    await store.create(record, soon());
    same(await store.list(String(subject), soon()), [record], "list");
    same(await store.endAll(String(subject), soon()), [record.id], "endAll");
  },

  async "creates no session whose id is taken"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    same(await store.create({ ...record, rid: "other" }, soon()), false, "create again");
    same(await store.find(record.id, soon()), record, "find");
  },

  async "puts a refresh token in the place of the live one, and changes nothing else"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const [second, third] = [nextOf(record, "rid-2"), nextOf(record, "rid-3")];
    const after = rotated(record, second);
    same(await store.rotate(record.id, record.rid, second, soon()), after, "rotate");
    same(await store.find(record.id, soon()), after, "find");
    same(await store.list(String(record.subject), soon()), [after], "list");
    same(await store.rotate(record.id, "rid-2", third, soon()), rotated(after, third), "the next");
  },

  async "rotates nothing for a refresh token that is not live, and says how the session stands"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const after = rotated(record, nextOf(record, "rid-2"));
    for (const rid of ["rid-0", "rid-2", ""])
      same(await store.rotate(record.id, rid, nextOf(record, "other"), soon()), record, `rid "${rid}"`);
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), after, "rotate");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-3"), soon()), after, "the one before");
    same(await store.claim(record.id, after.version, "somebody", soon()), true, "claim");
    const claimed = { ...after, version: after.version + 1, claimedBy: "somebody" };
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-3"), soon()), claimed, "once claimed");
    same(await store.find(record.id, soon()), claimed, "find");
  },

  async "answers a rotation that comes a second time as it did, and does not rotate again"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const next = nextOf(record, "rid-2");
    const after = rotated(record, next);
    for (const time of ["first", "second", "third"])
      same(await store.rotate(record.id, record.rid, next, soon()), after, `the ${time} time`);
    const later = rotated(after, nextOf(record, "rid-3"));
    await store.rotate(record.id, "rid-2", nextOf(record, "rid-3"), soon());
    same(await store.rotate(record.id, record.rid, next, soon()), later, "after another");
    same(await store.find(record.id, soon()), later, "find");
  },

  async "lets no refresh token outlive its session"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60, endsAt: now + 90.5 });
    await store.create(record, soon());
    const within = { ...nextOf(record, "rid-2"), expiresAt: now + 80 };
    const after = rotated(record, within);
    same(await store.rotate(record.id, record.rid, within, soon()), after, "one that ends before");
    const beyond = { ...nextOf(record, "rid-3"), expiresAt: now + 120 };
    const last = { ...rotated(after, beyond), expiresAt: now + 90.5 };
    same(await store.rotate(record.id, "rid-2", beyond, soon()), last, "one that would end after");
    same(await store.find(record.id, soon(now + 90)), last, "find before the end");
    same(await store.find(record.id, soon(now + 91)), null, "find after the end");
    same(await store.list(String(record.subject), soon(now + 91)), [], "list after the end");
  },

  async "keeps a session for as long as the refresh token that it was rotated to"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60 });
    await store.create(record, soon());
    const next = { ...nextOf(record, "rid-2"), expiresAt: now + 100 };
    await store.rotate(record.id, record.rid, next, soon(now + 50));
    same(await store.find(record.id, soon(now + 99)), rotated(record, next), "find before its end");
    same(await store.list(String(record.subject), soon(now + 99)), [rotated(record, next)], "list before its end");
    same(await store.find(record.id, soon(now + 100)), null, "find at its end");
  },

  async "rotates nothing that is not there"(store) {
    const record = await makeSessionRecord();
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), null, "rotate");
    same(await store.find(record.id, soon()), null, "find");
  },

  async "lets one of many rotate at once, and tells all of them of it"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const tries = Array.from({ length: 20 }, (_, i) => nextOf(record, `try-${i}`));
    const answers = await Promise.all(tries.map((next) => store.rotate(record.id, record.rid, next, soon())));
    const winner = tries.find(({ rid }) => rid === answers[0]?.rid);
    if (!winner) throw new Error(`none of the rotations took place: ${answers[0]?.rid}`);
    const after = rotated(record, winner);
    for (const answer of answers) same(answer, after, "an answer");
    same(await store.find(record.id, soon()), after, "find");
  },

  async "notes who was given the live refresh token, for the version that it was seen in alone"(store) {
    const record = await makeSessionRecord({ claimedBy: null, version: 5 });
    await store.create(record, soon());
    for (const version of [0, 4, 6]) same(await store.claim(record.id, version, "a", soon()), false, `${version}`);
    same(await store.find(record.id, soon()), record, "find before");
    same(await store.claim(record.id, 5, "a", soon()), true, "claim");
    const claimed = { ...record, version: 6, claimedBy: "a" };
    same(await store.find(record.id, soon()), claimed, "find after");
    same(await store.claim(record.id, 5, "b", soon()), false, "another's claim");
    same(await store.claim(record.id, 5, "a", soon()), true, "the claim that comes again");
    same(await store.find(record.id, soon()), claimed, "find at last");
  },

  async "claims nothing that another rotation has replaced, or that is not there"(store) {
    const [record, absent] = await Promise.all([makeSessionRecord({ claimedBy: null }), makeSessionRecord()]);
    await store.create(record, soon());
    const next = nextOf(record, "rid-2");
    same(await store.claim(record.id, record.version, "a", soon()), true, "claim");
    const after = rotated({ ...record, version: 2 }, next);
    same(await store.rotate(record.id, record.rid, next, soon()), after, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "the claim that comes again");
    same(await store.claim(record.id, record.version, "b", soon()), false, "another's claim");
    same(await store.find(record.id, soon()), after, "find");
    same(await store.claim(absent.id, absent.version, "a", soon()), false, "claim of none");
    same(await store.find(absent.id, soon()), null, "find none");
  },

  async "lets one of many claim at once"(store) {
    const record = await makeSessionRecord({ claimedBy: null });
    await store.create(record, soon());
    const names = Array.from({ length: 20 }, (_, i) => `claimant-${i}`);
    const done = await Promise.all(names.map((name) => store.claim(record.id, record.version, name, soon())));
    same(done.filter(Boolean).length, 1, "claims");
    const claimedBy = names[done.indexOf(true)] ?? null;
    same(await store.find(record.id, soon()), { ...record, version: 2, claimedBy }, "find");
  },

  async "answers a creation that comes a second time as it did, until another operation has come between"(store) {
    const [record, other] = await Promise.all([makeSessionRecord(), makeSessionRecord({ claimedBy: null })]);
    for (const one of [record, other]) {
      same(await store.create(one, soon()), true, "create");
      same(await store.create(one, soon()), true, "create that comes again");
    }
    await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon());
    same(await store.create(record, soon()), false, "create that comes after a rotation");
    await store.claim(other.id, other.version, "a", soon());
    same(await store.create(other, soon()), false, "create that comes after a claim");
  },

  async "lets one of many create a session at once"(store) {
    const record = await makeSessionRecord();
    const tries = Array.from({ length: 20 }, (_, i) => ({ ...record, rid: `try-${i}` }));
    const done = await Promise.all(tries.map((next) => store.create(next, soon())));
    same(done.filter(Boolean).length, 1, "creations");
    same(await store.find(record.id, soon()), tries[done.indexOf(true)], "find");
  },

  async "ends a session for good"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    same(await store.end(record.id, soon()), true, "end");
    same(await store.end(record.id, soon()), false, "end again");
    same(await store.find(record.id, soon()), null, "find");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), null, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "claim");
    same(await store.list(String(record.subject), soon()), [], "list");
  },

  async "keeps the id of an ended session as long as it is reserved"(store) {
    const record = await makeSessionRecord({ reservedUntil: seconds() + 300 });
    await store.create(record, soon());
    same(await store.end(record.id, soon()), true, "end");
    const ended = await store.find(record.id, soon());
    same(ended?.ended, true, "ended");
    same(await store.end(record.id, soon()), false, "end again");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), ended, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "claim");
    same(await store.find(record.id, soon()), ended, "find");
    same(await store.create(record, soon()), false, "create");
    same(await store.list(String(record.subject), soon()), [], "list");
    same(await store.endAll(String(record.subject), soon()), [], "endAll");
  },

  async "takes a session that is reserved and ended from the start"(store) {
    const record = await makeSessionRecord({ reservedUntil: seconds() + 300, ended: true });
    same(await store.create(record, soon()), true, "create");
    same(await store.create(record, soon()), true, "create that comes again");
    same(await store.create({ ...record, ended: false }, soon()), false, "create of one that has not ended");
    same(await store.find(record.id, soon()), record, "find");
    same(await store.end(record.id, soon()), false, "end");
    same(await store.list(String(record.subject), soon()), [], "list");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), record, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "claim");
  },

  async "lists a subject's own sessions, the earliest first"(store) {
    const subject = `subject-${crypto.randomUUID()}`;
    const [one, two, three, other] = await Promise.all([
      makeSessionRecord({ subject, createdAt: 300 }),
      makeSessionRecord({ subject, createdAt: 100 }),
      makeSessionRecord({ subject, createdAt: 200 }),
      makeSessionRecord(),
    ]);
    for (const record of [one, two, three, other]) await store.create(record, soon());
    same(await store.list(subject, soon()), [two, three, one], "list");
    await store.end(three.id, soon());
    same(await store.list(subject, soon()), [two, one], "list after an end");
  },

  async "ends all of a subject's sessions and nobody else's"(store) {
    const subject = `subject-${crypto.randomUUID()}`;
    const mine = await Promise.all([makeSessionRecord({ subject }), makeSessionRecord({ subject })]);
    const other = await makeSessionRecord({ subject: `${subject}-other` });
    for (const record of [...mine, other]) await store.create(record, soon());
    same((await store.endAll(subject, soon())).toSorted(), mine.map(({ id }) => id).toSorted(), "endAll");
    same(await store.endAll(subject, soon()), [], "endAll again");
    same(await store.list(subject, soon()), [], "list");
    same(await store.find(other.id, soon()), other, "the other's");
  },

  async "forgets what has expired by the time it is told"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60 });
    await store.create(record, soon());
    same(await store.find(record.id, soon(now + 59)), record, "find before");
    same(await store.find(record.id, soon(now + 60)), null, "find after");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon(now + 60)), null, "rotate after");
    same(await store.claim(record.id, record.version, "a", soon(now + 60)), false, "claim after");
    same(await store.end(record.id, soon(now + 60)), false, "end after");
    same(await store.list(String(record.subject), soon(now + 60)), [], "list after");
    same(await store.endAll(String(record.subject), soon(now + 60)), [], "endAll after");
  },

  async "keeps a reserved id beyond its session"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60, reservedUntil: now + 300 });
    await store.create(record, soon());
    same(await store.create({ ...record, rid: "other" }, soon(now + 100)), false, "create after it has expired");
    same(await store.find(record.id, soon(now + 100)), record, "find after it has expired");
    const next = nextOf(record, "rid-2");
    same(await store.rotate(record.id, record.rid, next, soon(now + 60)), record, "rotate after it has expired");
    same(await store.claim(record.id, record.version, "a", soon(now + 60)), false, "claim after it has expired");
    same(await store.list(String(record.subject), soon(now + 100)), [], "list after it has expired");
    const after = rotated(record, { ...next, expiresAt: now + 90 });
    same(await store.rotate(record.id, record.rid, { ...next, expiresAt: now + 90 }, soon(now + 59)), after, "rotate");
    same(await store.find(record.id, soon(now + 299)), after, "find as long as it is reserved");
    same(await store.find(record.id, soon(now + 300)), null, "find at the end");
  },

  async "keeps a session for other servers when one whose clock is ahead comes to its subject"(store) {
    const now = seconds();
    const subject = `subject-${crypto.randomUUID()}`;
    const record = await makeSessionRecord({ subject, expiresAt: now + 30 });
    await store.create(record, soon());
    const ahead = (): StoreOperation => soon(now + AHEAD_SECONDS);
    const later = { issuedAt: now + AHEAD_SECONDS, createdAt: now + AHEAD_SECONDS, expiresAt: now + 600 };
    const theirs = await makeSessionRecord({ subject, ...later });
    same(await store.create(theirs, ahead()), true, "create by the clock ahead");
    same(await store.list(subject, ahead()), [theirs], "list by the clock ahead");
    same(await store.find(record.id, ahead()), null, "find by the clock ahead");
    same(
      await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), ahead()),
      null,
      "rotate by the clock ahead",
    );
    // A store may clean up now and then.
    for (let n = 0; n < 200; n++) await store.find(`nobody-${n}`, ahead());
    same(await store.find(record.id, soon()), record, "find");
    same(await store.list(subject, soon()), [record, theirs], "list");
    const after = rotated(theirs, nextOf(theirs, "rid-2"));
    same(await store.rotate(theirs.id, theirs.rid, nextOf(theirs, "rid-2"), ahead()), after, "another rotation");
    same((await store.endAll(subject, soon())).toSorted(), [record.id, theirs.id].toSorted(), "endAll");
    for (const id of [record.id, theirs.id]) same(await store.find(id, soon()), null, "find after the end");
  },

  async "ends sessions for good also by a clock by which they have expired"(store) {
    const now = seconds();
    const subject = `subject-${crypto.randomUUID()}`;
    const [one, two, three] = await Promise.all(
      [1, 2, 3].map(() => makeSessionRecord({ subject, expiresAt: now + 60 })),
    );
    for (const record of [one, two, three]) if (record) await store.create(record, soon());
    same(await store.end(one?.id ?? "", soon(now + 3600)), false, "end by a clock ahead");
    same(await store.find(one?.id ?? "", soon()), null, "find");
    same(await store.endAll(subject, soon(now + 3600)), [], "endAll by a clock ahead");
    for (const record of [two, three]) same(await store.find(record?.id ?? "", soon()), null, "find after endAll");
    same(await store.list(subject, soon()), [], "list");
  },

  async "ends the sessions of a server whose clock is behind, for that server too"(store) {
    const past = seconds() - 3600;
    const subject = `subject-${crypto.randomUUID()}`;
    const times = { issuedAt: past, createdAt: past, expiresAt: past + 600 };
    const [one, two] = await Promise.all([
      makeSessionRecord({ subject, ...times }),
      makeSessionRecord({ subject, ...times }),
    ]);
    for (const record of [one, two]) same(await store.create(record, soon(past)), true, "create by a clock behind");
    same(await store.find(one.id, soon()), null, "find by our clock");
    same(await store.find(one.id, soon(past)), one, "find by the clock behind");
    same(await store.end(one.id, soon()), false, "end");
    same(await store.endAll(subject, soon()), [], "endAll");
    for (const { id } of [one, two]) same(await store.find(id, soon(past)), null, "find by the clock behind, after");
  },

  async "keeps the id of an ended session reserved also where it ends by a clock ahead"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 20, reservedUntil: now + 20 });
    await store.create(record, soon());
    await store.end(record.id, soon(now + AHEAD_SECONDS));
    same((await store.find(record.id, soon()))?.ended, true, "ended");
    same(await store.create({ ...record, rid: "again" }, soon()), false, "create");
    const other = await makeSessionRecord({ expiresAt: now + 20, reservedUntil: now + 20 });
    await store.create(other, soon());
    await store.endAll(String(other.subject), soon(now + AHEAD_SECONDS));
    same((await store.find(other.id, soon()))?.ended, true, "ended with all");
  },

  async "does nothing after the deadline, and says so"(store) {
    const [record, fresh] = await Promise.all([makeSessionRecord(), makeSessionRecord()]);
    await store.create(record, soon());
    const late: StoreOperation = { now: seconds(), deadline: Date.now() - 1 };
    await fails(store.create(fresh, late), "create");
    await fails(store.rotate(record.id, record.rid, nextOf(record, "late"), late), "rotate");
    await fails(store.claim(record.id, record.version, "late", late), "claim");
    await fails(store.end(record.id, late), "end");
    await fails(store.endAll(String(record.subject), late), "endAll");
    same(await store.find(record.id, soon()), record, "the session that was there");
    same(await store.find(fresh.id, soon()), null, "the session that was to come");
    const next = nextOf(record, "in time");
    same(await store.rotate(record.id, record.rid, next, soon()), rotated(record, next), "rotate in time");
    same(await store.claim(record.id, record.version + 1, "in time", soon()), true, "claim in time");
  },

  async "keeps what it was given, whatever becomes of the object"(store) {
    const record = await makeSessionRecord();
    const given = structuredClone(record);
    await store.create(given, soon());
    Object.assign(given, { rid: "changed" });
    same(await store.find(record.id, soon()), record, "find");
  },
};

/** How far a server's clock may be ahead of another's. */
const AHEAD_SECONDS = 45;

function nextOf({ issuedAt, expiresAt }: SessionRecord, rid: string): SessionRotation {
  return { rid, issuedAt: issuedAt + 5, expiresAt: expiresAt + 5, replacedAt: issuedAt + 5.125 };
}

function rotated(record: SessionRecord, { rid, issuedAt, expiresAt, replacedAt }: SessionRotation): SessionRecord {
  const previous = { rid: record.rid, replacedAt };
  return { ...record, version: record.version + 1, rid, issuedAt, expiresAt, previous, claimedBy: null };
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

function soon(now: number = seconds()): StoreOperation {
  return { now, deadline: Date.now() + 5000 };
}

async function fails(work: Promise<unknown>, what: string): Promise<void> {
  const failed = await work.then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error(`${what}: should have rejected`);
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [canonical(actual), canonical(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

/** JSON whose keys are in one order, as a database may give them back in another. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    Object.prototype.toString.call(held) === "[object Object]"
      ? Object.fromEntries(Object.entries(held as object).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
}
