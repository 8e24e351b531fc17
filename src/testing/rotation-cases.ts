/** Cases of the session store suite about refresh tokens: `rotate` and `claim`. */
import { type Cases, makeSessionRecord, nextOf, rotated, same, seconds, soon } from "./suite-support.ts";

export const ROTATION_CASES: Cases = {
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
};
