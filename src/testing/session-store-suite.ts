/** The suite that every session store must pass, as a list of named cases for any test runner. */
import type { SessionStore, StoreOperation } from "../core/stores/session-store.ts";
import { ROTATION_CASES } from "./rotation-cases.ts";
import { type Cases, fails, makeSessionRecord, nextOf, rotated, same, seconds, soon } from "./suite-support.ts";
import { TEXT_CASES } from "./text-cases.ts";
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
  return Object.entries({ ...CASES, ...ROTATION_CASES, ...TEXT_CASES, ...TIME_CASES }).map(([name, check]) => ({
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
