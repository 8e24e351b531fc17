/** Cases of the session store suite about time: expiry, and servers whose clocks differ. */
import type { StoreOperation } from "../core/stores/session-store.ts";
import { type Cases, makeSessionRecord, nextOf, rotated, same, seconds, soon } from "./suite-support.ts";

/** The seconds by which one manager's clock is ahead of another's in these cases. */
const AHEAD_SECONDS = 45;

/** Each operation has the time of the manager that sends it, whose clock may be ahead or behind. */
export const TIME_CASES: Cases = {
  async "a session expires by the time of the operation"(store) {
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

  async "a reserved id stays taken after the session has expired"(store) {
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

  async "a server whose clock is ahead does not remove a session that others still accept"(store) {
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
    // So many operations make a store remove expired sessions, if it does so.
    for (let n = 0; n < 200; n++) await store.find(`unknown-${n}`, ahead());
    same(await store.find(record.id, soon()), record, "find");
    same(await store.list(subject, soon()), [record, theirs], "list");
    const after = rotated(theirs, nextOf(theirs, "rid-2"));
    same(await store.rotate(theirs.id, theirs.rid, nextOf(theirs, "rid-2"), ahead()), after, "another rotation");
    same((await store.endAll(subject, soon())).toSorted(), [record.id, theirs.id].toSorted(), "endAll");
    for (const id of [record.id, theirs.id]) same(await store.find(id, soon()), null, "find after the end");
  },

  async "end and endAll also end sessions that have expired by the caller's clock"(store) {
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

  async "end and endAll also end the sessions of a server whose clock is behind"(store) {
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

  async "an ended id stays reserved if a clock that is ahead ended the session"(store) {
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
};
