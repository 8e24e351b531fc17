/** The suite that every session store must pass, for any test runner: a list of named cases that resolve, or reject with what is wrong. */
import { makeSessionId } from "../core/sessions/session-id.ts";
import type { SessionRecord, SessionStore, StoreOperation } from "../core/sessions/store.ts";

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
    grant: { scope: { admin: true, list: ["a", 1, null] }, claims: { team: "ö€😀", deep: { er: [{}] } } },
    label: "A laptop",
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

  async "replaces a record only by one of the next version"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const next = following(record, "rid-2");
    for (const version of [0, 1, 3])
      same(await store.replace({ ...next, version }, soon()), false, `version ${version}`);
    same(await store.find(record.id, soon()), record, "find before");
    same(await store.replace(next, soon()), true, "replace");
    same(await store.find(record.id, soon()), next, "find after");
    same(await store.replace(following(record, "rid-3"), soon()), false, "replace of an old version");
    same(await store.find(record.id, soon()), next, "find at last");
  },

  async "answers again as it did where an operation comes a second time, until another has come between"(store) {
    const record = await makeSessionRecord();
    same(await store.create(record, soon()), true, "create");
    same(await store.create(record, soon()), true, "create that comes again");
    const next = following(record, "rid-2");
    same(await store.replace(next, soon()), true, "replace");
    same(await store.replace(next, soon()), true, "replace that comes again");
    same(await store.replace({ ...next, claimedBy: "another" }, soon()), false, "another replace of that version");
    same(await store.create(record, soon()), false, "create that comes after a replace");
    same(await store.find(record.id, soon()), next, "find");
    const later = following(next, "rid-3");
    await store.replace(later, soon());
    same(await store.replace(next, soon()), false, "replace that comes after another");
    await store.end(record.id, soon());
    same(await store.replace(later, soon()), false, "replace that comes after the end");
    same(await store.find(record.id, soon()), null, "find after the end");
  },

  async "replaces nothing that is not there"(store) {
    const record = await makeSessionRecord({ version: 2 });
    same(await store.replace(record, soon()), false, "replace");
    same(await store.find(record.id, soon()), null, "find");
  },

  async "lets one of many replace a record at once"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const tries = Array.from({ length: 20 }, (_, i) => following(record, `try-${i}`));
    const done = await Promise.all(tries.map((next) => store.replace(next, soon())));
    same(done.filter(Boolean).length, 1, "replacements");
    same(await store.find(record.id, soon()), tries[done.indexOf(true)], "find");
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
    same(await store.replace(following(record, "rid-2"), soon()), false, "replace");
    same(await store.list(String(record.subject), soon()), [], "list");
  },

  async "keeps the id of an ended session as long as it is reserved"(store) {
    const record = await makeSessionRecord({ reservedUntil: seconds() + 300 });
    await store.create(record, soon());
    same(await store.end(record.id, soon()), true, "end");
    same((await store.find(record.id, soon()))?.ended, true, "ended");
    same(await store.end(record.id, soon()), false, "end again");
    same(await store.replace(following(record, "rid-2"), soon()), false, "replace");
    same(await store.create(record, soon()), false, "create");
    same(await store.list(String(record.subject), soon()), [], "list");
    same(await store.endAll(String(record.subject), soon()), [], "endAll");
  },

  async "takes a session that is reserved and ended from the start"(store) {
    const record = await makeSessionRecord({ reservedUntil: seconds() + 300, ended: true });
    same(await store.create(record, soon()), true, "create");
    same((await store.find(record.id, soon()))?.ended, true, "ended");
    same(await store.end(record.id, soon()), false, "end");
    same(await store.list(String(record.subject), soon()), [], "list");
    same(await store.replace(following(record, "rid-2"), soon()), false, "replace");
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
    same(await store.replace(following(record, "rid-2"), soon(now + 60)), false, "replace after");
    same(await store.end(record.id, soon(now + 60)), false, "end after");
    same(await store.list(String(record.subject), soon(now + 60)), [], "list after");
    same(await store.endAll(String(record.subject), soon(now + 60)), [], "endAll after");
  },

  async "keeps a reserved id beyond its session"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60, reservedUntil: now + 300 });
    await store.create(record, soon());
    same(await store.create({ ...record, rid: "other" }, soon(now + 100)), false, "create after it has expired");
    same((await store.find(record.id, soon(now + 100)))?.rid, record.rid, "find after it has expired");
    same(await store.list(String(record.subject), soon(now + 100)), [], "list after it has expired");
    same(await store.find(record.id, soon(now + 300)), null, "find at the end");
  },

  async "does nothing after the deadline, and says so"(store) {
    const [record, fresh] = await Promise.all([makeSessionRecord(), makeSessionRecord()]);
    await store.create(record, soon());
    const late: StoreOperation = { now: seconds(), deadline: Date.now() - 1 };
    await fails(store.create(fresh, late), "create");
    await fails(store.replace(following(record, "late"), late), "replace");
    await fails(store.end(record.id, late), "end");
    await fails(store.endAll(String(record.subject), late), "endAll");
    same(await store.find(record.id, soon()), record, "the session that was there");
    same(await store.find(fresh.id, soon()), null, "the session that was to come");
    same(await store.replace(following(record, "in time"), soon()), true, "replace in time");
  },

  async "keeps what it was given, whatever becomes of the object"(store) {
    const record = await makeSessionRecord();
    const given = structuredClone(record);
    await store.create(given, soon());
    Object.assign(given, { rid: "changed" });
    same(await store.find(record.id, soon()), record, "find");
  },
};

function following(record: SessionRecord, rid: string): SessionRecord {
  const previous = { rid: record.rid, replacedAt: record.issuedAt + 0.25 };
  return { ...record, version: record.version + 1, rid, previous, claimedBy: null };
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
