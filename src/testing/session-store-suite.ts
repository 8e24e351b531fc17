/** The suite that every session store must pass, as a list of named cases for any test runner. */
import type { SessionStore, StoreOperation } from "../core/stores/session-store.ts";
import { type Cases, fails, makeSessionRecord, nextOf, rotated, same, seconds, soon } from "./suite-support.ts";
import { TIME_CASES } from "./time-cases.ts";

/** One case of the suite. */
export interface SuiteCase {
  /** The name of the case: the behaviour that it requires of a store. */
  readonly name: string;
  /**
   * Runs the case.
   *
   * @throws `Error` if the store behaves differently; the message names the step and the difference
   */
  run(): Promise<void>;
}

/** The options of the suite. */
export interface SuiteOptions {
  /**
   * Returns the store under test. The suite calls this function once for each case. It may return
   * the same store each time, because each case makes new sessions.
   *
   * @default none
   */
  readonly open: () => SessionStore | Promise<SessionStore>;
}

/**
 * Returns the cases that a `SessionStore` must pass. Run each as a test.
 *
 * @example
 * ```ts
 * import { memorySessionStore } from "claimgate";
 * import { sessionStoreSuite } from "claimgate/testing";
 * import { test } from "node:test";
 *
 * for (const { name, run } of sessionStoreSuite({ open: memorySessionStore })) test(name, run);
 * ```
 */
export function sessionStoreSuite({ open }: SuiteOptions): readonly SuiteCase[] {
  return Object.entries({ ...CASES, ...TIME_CASES }).map(([name, check]) => ({
    name,
    run: async () => check(await open()),
  }));
}

const CASES: Cases = {
  async "find returns a created session, and null for an unknown id"(store) {
    const record = await makeSessionRecord();
    same(await store.find(record.id, soon()), null, "find before create");
    same(await store.create(record, soon()), true, "create");
    same(await store.find(record.id, soon()), record, "find");
  },

  async "list and endAll find a numeric subject by its text"(store) {
    const subject = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    const record = await makeSessionRecord({ subject });
    await store.create(record, soon());
    same(await store.list(String(subject), soon()), [record], "list");
    same(await store.endAll(String(subject), soon()), [record.id], "endAll");
  },

  async "create rejects an id that another session has"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    same(await store.create({ ...record, rid: "other" }, soon()), false, "create again");
    same(await store.find(record.id, soon()), record, "find");
  },

  async "rotate replaces the current refresh token and changes nothing else"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const [second, third] = [nextOf(record, "rid-2"), nextOf(record, "rid-3")];
    const after = rotated(record, second);
    same(await store.rotate(record.id, record.rid, second, soon()), after, "rotate");
    same(await store.find(record.id, soon()), after, "find");
    same(await store.list(String(record.subject), soon()), [after], "list");
    same(await store.rotate(record.id, "rid-2", third, soon()), rotated(after, third), "the next rotation");
  },

  async "rotate ignores a refresh token that is not the current one, and returns the session"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const after = rotated(record, nextOf(record, "rid-2"));
    for (const rid of ["rid-0", "rid-2", ""])
      same(await store.rotate(record.id, rid, nextOf(record, "other"), soon()), record, `rid "${rid}"`);
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), after, "rotate");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-3"), soon()), after, "the previous token");
    same(await store.claim(record.id, after.version, "a claimant", soon()), true, "claim");
    const claimed = { ...after, version: after.version + 1, claimedBy: "a claimant" };
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-3"), soon()), claimed, "rotate after the claim");
    same(await store.find(record.id, soon()), claimed, "find");
  },

  async "a repeated rotate returns the same session and does not rotate again"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const next = nextOf(record, "rid-2");
    const after = rotated(record, next);
    for (const time of ["first", "second", "third"])
      same(await store.rotate(record.id, record.rid, next, soon()), after, `the ${time} rotation`);
    const later = rotated(after, nextOf(record, "rid-3"));
    await store.rotate(record.id, "rid-2", nextOf(record, "rid-3"), soon());
    same(await store.rotate(record.id, record.rid, next, soon()), later, "rotate after another rotation");
    same(await store.find(record.id, soon()), later, "find");
  },

  async "rotate limits the expiry of the next refresh token to the end of the session"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60, endsAt: now + 90.5 });
    await store.create(record, soon());
    const within = { ...nextOf(record, "rid-2"), expiresAt: now + 80 };
    const after = rotated(record, within);
    same(
      await store.rotate(record.id, record.rid, within, soon()),
      after,
      "a token that expires before the session ends",
    );
    const beyond = { ...nextOf(record, "rid-3"), expiresAt: now + 120 };
    const last = { ...rotated(after, beyond), expiresAt: now + 90.5 };
    same(
      await store.rotate(record.id, "rid-2", beyond, soon()),
      last,
      "a token that would expire after the session ends",
    );
    same(await store.find(record.id, soon(now + 90)), last, "find before the end");
    same(await store.find(record.id, soon(now + 91)), null, "find after the end");
    same(await store.list(String(record.subject), soon(now + 91)), [], "list after the end");
  },

  async "find returns a rotated session until the next refresh token expires"(store) {
    const now = seconds();
    const record = await makeSessionRecord({ expiresAt: now + 60 });
    await store.create(record, soon());
    const next = { ...nextOf(record, "rid-2"), expiresAt: now + 100 };
    await store.rotate(record.id, record.rid, next, soon(now + 50));
    same(await store.find(record.id, soon(now + 99)), rotated(record, next), "find before its end");
    same(await store.list(String(record.subject), soon(now + 99)), [rotated(record, next)], "list before its end");
    same(await store.find(record.id, soon(now + 100)), null, "find at its end");
  },

  async "rotate returns null for an unknown session and creates none"(store) {
    const record = await makeSessionRecord();
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), null, "rotate");
    same(await store.find(record.id, soon()), null, "find");
  },

  async "of many concurrent rotations one succeeds, and all return its result"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    const tries = Array.from({ length: 20 }, (_, i) => nextOf(record, `try-${i}`));
    const answers = await Promise.all(tries.map((next) => store.rotate(record.id, record.rid, next, soon())));
    const winner = tries.find(({ rid }) => rid === answers[0]?.rid);
    if (!winner) throw new Error(`one rotation must succeed, but the session has rid ${answers[0]?.rid}`);
    const after = rotated(record, winner);
    for (const answer of answers) same(answer, after, "a result of rotate");
    same(await store.find(record.id, soon()), after, "find");
  },

  async "claim records the claimant only for the current version of the session"(store) {
    const record = await makeSessionRecord({ claimedBy: null, version: 5 });
    await store.create(record, soon());
    for (const version of [0, 4, 6]) same(await store.claim(record.id, version, "a", soon()), false, `${version}`);
    same(await store.find(record.id, soon()), record, "find before");
    same(await store.claim(record.id, 5, "a", soon()), true, "claim");
    const claimed = { ...record, version: 6, claimedBy: "a" };
    same(await store.find(record.id, soon()), claimed, "find after");
    same(await store.claim(record.id, 5, "b", soon()), false, "claim by another name");
    same(await store.claim(record.id, 5, "a", soon()), true, "the repeated claim");
    same(await store.find(record.id, soon()), claimed, "find at the end");
  },

  async "claim returns false after a rotation and for an unknown session"(store) {
    const [record, absent] = await Promise.all([makeSessionRecord({ claimedBy: null }), makeSessionRecord()]);
    await store.create(record, soon());
    const next = nextOf(record, "rid-2");
    same(await store.claim(record.id, record.version, "a", soon()), true, "claim");
    const after = rotated({ ...record, version: 2 }, next);
    same(await store.rotate(record.id, record.rid, next, soon()), after, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "the repeated claim");
    same(await store.claim(record.id, record.version, "b", soon()), false, "claim by another name");
    same(await store.find(record.id, soon()), after, "find");
    same(await store.claim(absent.id, absent.version, "a", soon()), false, "claim of an unknown session");
    same(await store.find(absent.id, soon()), null, "find of an unknown session");
  },

  async "of many concurrent claims one succeeds"(store) {
    const record = await makeSessionRecord({ claimedBy: null });
    await store.create(record, soon());
    const names = Array.from({ length: 20 }, (_, i) => `claimant-${i}`);
    const done = await Promise.all(names.map((name) => store.claim(record.id, record.version, name, soon())));
    same(done.filter(Boolean).length, 1, "claims");
    const claimedBy = names[done.indexOf(true)] ?? null;
    same(await store.find(record.id, soon()), { ...record, version: 2, claimedBy }, "find");
  },

  async "a repeated create returns true until another operation changes the session"(store) {
    const [record, other] = await Promise.all([makeSessionRecord(), makeSessionRecord({ claimedBy: null })]);
    for (const one of [record, other]) {
      same(await store.create(one, soon()), true, "create");
      same(await store.create(one, soon()), true, "the repeated create");
    }
    await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon());
    same(await store.create(record, soon()), false, "create after a rotation");
    await store.claim(other.id, other.version, "a", soon());
    same(await store.create(other, soon()), false, "create after a claim");
  },

  async "of many concurrent creations of one id one succeeds"(store) {
    const record = await makeSessionRecord();
    const tries = Array.from({ length: 20 }, (_, i) => ({ ...record, rid: `try-${i}` }));
    const done = await Promise.all(tries.map((next) => store.create(next, soon())));
    same(done.filter(Boolean).length, 1, "creations");
    same(await store.find(record.id, soon()), tries[done.indexOf(true)], "find");
  },

  async "end removes a session for all operations"(store) {
    const record = await makeSessionRecord();
    await store.create(record, soon());
    same(await store.end(record.id, soon()), true, "end");
    same(await store.end(record.id, soon()), false, "end again");
    same(await store.find(record.id, soon()), null, "find");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), null, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "claim");
    same(await store.list(String(record.subject), soon()), [], "list");
  },

  async "end keeps the record of a session whose id is reserved"(store) {
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

  async "create accepts a session that is reserved and already ended"(store) {
    const record = await makeSessionRecord({ reservedUntil: seconds() + 300, ended: true });
    same(await store.create(record, soon()), true, "create");
    same(await store.create(record, soon()), true, "the repeated create");
    same(await store.create({ ...record, ended: false }, soon()), false, "create of a session that has not ended");
    same(await store.find(record.id, soon()), record, "find");
    same(await store.end(record.id, soon()), false, "end");
    same(await store.list(String(record.subject), soon()), [], "list");
    same(await store.rotate(record.id, record.rid, nextOf(record, "rid-2"), soon()), record, "rotate");
    same(await store.claim(record.id, record.version, "a", soon()), false, "claim");
  },

  async "list returns only the sessions of the subject, the oldest first"(store) {
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

  async "endAll ends all sessions of the subject and no others"(store) {
    const subject = `subject-${crypto.randomUUID()}`;
    const mine = await Promise.all([makeSessionRecord({ subject }), makeSessionRecord({ subject })]);
    const other = await makeSessionRecord({ subject: `${subject}-other` });
    for (const record of [...mine, other]) await store.create(record, soon());
    same((await store.endAll(subject, soon())).toSorted(), mine.map(({ id }) => id).toSorted(), "endAll");
    same(await store.endAll(subject, soon()), [], "endAll again");
    same(await store.list(subject, soon()), [], "list");
    same(await store.find(other.id, soon()), other, "the session of the other subject");
  },

  async "a write after its deadline rejects and changes nothing"(store) {
    const [record, fresh] = await Promise.all([makeSessionRecord(), makeSessionRecord()]);
    await store.create(record, soon());
    const late: StoreOperation = { now: seconds(), deadline: Date.now() - 1 };
    await fails(store.create(fresh, late), "create");
    await fails(store.rotate(record.id, record.rid, nextOf(record, "late"), late), "rotate");
    await fails(store.claim(record.id, record.version, "late", late), "claim");
    await fails(store.end(record.id, late), "end");
    await fails(store.endAll(String(record.subject), late), "endAll");
    same(await store.find(record.id, soon()), record, "the existing session");
    same(await store.find(fresh.id, soon()), null, "the session of the late create");
    const next = nextOf(record, "in time");
    same(await store.rotate(record.id, record.rid, next, soon()), rotated(record, next), "rotate in time");
    same(await store.claim(record.id, record.version + 1, "in time", soon()), true, "claim in time");
  },

  async "create keeps a copy, which later changes of the object do not reach"(store) {
    const record = await makeSessionRecord();
    const given = structuredClone(record);
    await store.create(given, soon());
    Object.assign(given, { rid: "changed" });
    same(await store.find(record.id, soon()), record, "find");
  },
};
