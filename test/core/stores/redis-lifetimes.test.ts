/** The lifetimes of keys in Redis: every key expires with its session, so nothing remains. */
import { AuthManager } from "claimgate";
import { makeSessionRecord } from "claimgate/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type DrilledRedis, openCountedRedis } from "../../drills/sessions/drilled-stores.ts";
import { describeWithService } from "../../support/describe-with-service.ts";
import { probeRedis } from "../../support/probes.ts";

const NOW = 1_750_000_000;
const LIFE = 600;
const LONGER = 6000;
const soon = () => ({ now: NOW, deadline: Date.now() + 5000 });

for (const client of ["redis", "ioredis"] as const) {
  describeWithService(`keys in Redis, through ${client}`, probeRedis, () => {
    let opened: DrilledRedis;
    beforeEach(async () => {
      opened = await openCountedRedis(client);
    });
    afterEach(() => opened.close());

    /** Lifetimes of sessions and indexes in seconds, rounded up to minutes. */
    const lifetimes = async (): Promise<{ sessions: number[]; indexes: number[] }> => {
      const keys = await opened.keys();
      const of = (isSession: boolean): number[] =>
        keys
          .filter(({ key }) => key.includes(":session:") === isSession)
          .map(({ ttl }) => Math.ceil(ttl / 60_000) * 60)
          .toSorted((a, b) => a - b);
      return { sessions: of(true), indexes: of(false) };
    };
    const record = (subject: string, over: object = {}) =>
      makeSessionRecord({ subject, issuedAt: NOW, createdAt: NOW, expiresAt: NOW + LIFE, ...over });

    it("a new session and its index live as long as the session", async () => {
      await opened.store.create(await record("ada"), soon());
      expect(await lifetimes()).toEqual({ sessions: [LIFE], indexes: [LIFE] });
    });

    it("an index lives as long as the longest of its sessions, in either order", async () => {
      await opened.store.create(await record("ada", { expiresAt: NOW + LONGER }), soon());
      await opened.store.create(await record("ada"), soon());
      expect(await lifetimes()).toEqual({ sessions: [LIFE, LONGER], indexes: [LONGER] });
      await opened.store.create(await record("eve"), soon());
      await opened.store.create(await record("eve", { expiresAt: NOW + LONGER }), soon());
      expect(await lifetimes()).toEqual({ sessions: [LIFE, LIFE, LONGER, LONGER], indexes: [LONGER, LONGER] });
    });

    it("a rotation sets a new lifetime, and a rejected rotation or a claim does not", async () => {
      const first = await record("ada");
      await opened.store.create(first, soon());
      const next = { rid: "rid-2", issuedAt: NOW, expiresAt: NOW + LONGER, replacedAt: NOW };
      await opened.store.rotate(first.id, "another", next, soon());
      expect(await lifetimes()).toEqual({ sessions: [LIFE], indexes: [LIFE] });
      expect(await opened.store.rotate(first.id, first.rid, next, soon())).toMatchObject({ rid: "rid-2" });
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [LONGER] });
      expect(await opened.store.claim(first.id, 2, "somebody", soon())).toBe(true);
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [LONGER] });
    });

    it("a rotated session lives no longer than endsAt, and no shorter than its reservation", async () => {
      const first = await record("ada", { endsAt: NOW + 2 * LIFE });
      const second = await record("eve", { reservedUntil: NOW + LONGER });
      for (const one of [first, second]) {
        await opened.store.create(one, soon());
        const next = { rid: "rid-2", issuedAt: NOW, expiresAt: NOW + 3 * LIFE, replacedAt: NOW };
        await opened.store.rotate(one.id, one.rid, next, soon());
      }
      expect(await lifetimes()).toEqual({ sessions: [2 * LIFE, LONGER], indexes: [2 * LIFE, LONGER] });
    });

    it("an expired session leaves its subject's index at the next create, by the clock of Redis only", async () => {
      const first = await record("ada");
      await opened.store.create(first, soon());
      await opened.store.create(await record("ada", { expiresAt: NOW + LONGER }), soon());
      const members = async () => Math.max(...(await opened.keys()).map(({ members }) => members));
      expect(await members()).toBe(2);
      const another = () => record("ada", { expiresAt: NOW + LONGER });
      await opened.store.create(await another(), { ...soon(), now: NOW + 2 * LIFE });
      expect(await members()).toBe(3);
      await opened.expire(first.id);
      await opened.store.create(await another(), soon());
      expect(await members()).toBe(3);
    });

    it("expired sessions leave the index although others with reserved ids remain", async () => {
      const at = (seconds: number) => ({ ...soon(), now: NOW + seconds });
      const reserved = { expiresAt: NOW + 1, reservedUntil: NOW + LONGER };
      for (let n = 0; n < 4; n++) await opened.store.create(await record("ada", reserved), soon());
      for (let n = 0; n < 12; n++) await opened.store.create(await record("ada", { expiresAt: NOW + 2.05 }), at(2));
      await new Promise((resolve) => setTimeout(resolve, 100));
      for (let n = 0; n < 6; n++) await opened.store.create(await record("ada", { expiresAt: NOW + LIFE }), at(3));
      expect(Math.max(...(await opened.keys()).map(({ members }) => members))).toBeLessThanOrEqual(10);
    });

    it("an ended session leaves no key", async () => {
      const { id } = await record("ada");
      await opened.store.create(await record("ada", { id }), soon());
      expect(await opened.store.end(id, soon())).toBe(true);
      expect(await opened.keys()).toEqual([]);
    });

    it("endAll leaves no key except those with reserved ids, until their reservation ends", async () => {
      await opened.store.create(await record("ada"), soon());
      await opened.store.create(await record("ada", { reservedUntil: NOW + LONGER }), soon());
      expect(await lifetimes()).toEqual({ sessions: [LIFE, LONGER], indexes: [LONGER] });
      expect(await opened.store.endAll("ada", soon())).toHaveLength(2);
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [] });
    });

    it("an ended session with a reserved id keeps its original lifetime", async () => {
      const reserved = await record("ada", { reservedUntil: NOW + LIFE, expiresAt: NOW + LONGER });
      await opened.store.create(reserved, soon());
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [LONGER] });
      expect(await opened.store.end(reserved.id, soon())).toBe(true);
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [] });
    });

    it("the reserved id of a session that never began lives as long as the reservation", async () => {
      await opened.store.create(await record("ada", { reservedUntil: NOW + LONGER, ended: true }), soon());
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [] });
    });

    it("a reservation holds for processes whose clocks are behind", async () => {
      const seconds = Math.floor(Date.now() / 1000);
      const ahead = { now: seconds + 100, deadline: Date.now() + 5000 };
      const times = { issuedAt: seconds, createdAt: seconds, expiresAt: seconds + 200, reservedUntil: seconds + LIFE };
      await opened.store.create(await makeSessionRecord({ subject: "ada", ...times, ended: true }), ahead);
      const living = await makeSessionRecord({ subject: "ada", ...times });
      await opened.store.create(living, ahead);
      await opened.store.end(living.id, ahead);
      const kept = (await opened.keys()).filter(({ key }) => key.includes(":session:")).map(({ ttl }) => ttl / 1000);
      expect(kept.map((one) => Math.round(one / 20) * 20)).toEqual([LIFE, LIFE]);
    });

    it("a manager leaves only keys that expire after login, refresh, adoption and revocation", async () => {
      const auth = new AuthManager({
        issuer: "https://lifetimes.example",
        algorithm: "HS256",
        secret: "a secret of more than thirty-two bytes",
        sessions: opened.store,
        adoptRefresh: true,
        refreshMaxAge: LIFE,
        now: () => NOW,
      });
      const login = await auth.login("ada");
      expect(await lifetimes()).toEqual({ sessions: [LIFE], indexes: [LIFE] });
      const next = await auth.refresh(login.refreshToken);
      expect(await lifetimes()).toEqual({ sessions: [LIFE], indexes: [LIFE] });
      const adopted = await auth.refresh(await auth.refreshToken("ada", { maxAge: LONGER }));
      expect(await lifetimes()).toEqual({ sessions: [LIFE, LONGER], indexes: [LONGER] });
      await auth.revoke({ token: next.refreshToken });
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [LONGER] });
      await auth.revoke({ token: adopted.refreshToken });
      expect(await lifetimes()).toEqual({ sessions: [LONGER], indexes: [] });
      await auth.revoke({ token: await auth.refreshToken("eve", { maxAge: LONGER }) });
      expect(await lifetimes()).toEqual({ sessions: [LONGER, LONGER], indexes: [] });
      await auth.login("ada");
      await auth.revoke({ subject: "ada" });
      expect(await lifetimes()).toEqual({ sessions: [LONGER, LONGER], indexes: [] });
    });
  });
}
