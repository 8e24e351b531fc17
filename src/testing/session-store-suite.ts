/** The suite that every session store must pass, for any test runner: a list of named cases that resolve, or reject with what is wrong. */
import type { SessionStore, StoreOperation } from "../core/stores/session-store.ts";
import { type Cases, fails, makeSessionRecord, nextOf, rotated, same, seconds, soon } from "./suite-support.ts";
import { TIME_CASES } from "./time-cases.ts";

/** One promise that a store keeps. */
export interface SuiteCase {
  /** What is promised. */
  readonly name: string;
  /** Rejects with an `Error` that says what went another way. */
  run(): Promise<void>;
}

/** What the suite needs of a store. */
export interface SuiteOptions {
  /**
   * Gives the store under test. It may be the same for every case: no case touches another's
   * sessions.
   */
  readonly open: () => SessionStore | Promise<SessionStore>;
}

/**
 * The cases. With vitest or node:test: `for (const { name, run } of sessionStoreSuite({ open }))
 * test(name, run)`.
 */
export function sessionStoreSuite({ open }: SuiteOptions): readonly SuiteCase[] {
  return Object.entries({ ...CASES, ...TIME_CASES }).map(([name, check]) => ({
    name,
    run: async () => check(await open()),
  }));
}

const CASES: Cases = {
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
