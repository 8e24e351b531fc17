/** Servers with different clocks: small differences end no session, large ones extend none. */
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { AuthManager, memorySessionStore, type SessionStore } from "claimgate";
import { createTestClock, makeSessionRecord, type TestClock } from "claimgate/testing";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { refreshStateOf } from "../../src/core/stores/refresh-state.ts";
import { createIssuer, entryOf, trusting } from "../core/issuers/support.ts";
import { openCountedRedis } from "../drills/sessions/drilled-stores.ts";
import { createAuth, ISSUER, NOW, SECRET } from "../support/create-auth.ts";
import { describeWithService } from "../support/describe-with-service.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { type OpenStore, openMemory, openPGlite, openPostgres, uniqueName } from "../support/open-stores.ts";
import { probeDatabase, probeRedis } from "../support/probes.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { serveBoth } from "../support/serve-both.ts";

const HOUR = 3600;
const DAY = 86_400;

/** A server on the common store, with a clock that is off by `offset` seconds. */
const server = (sessions: SessionStore, clock: TestClock, offset: number, refreshGrace = 10): AuthManager =>
  new AuthManager({
    issuer: ISSUER,
    algorithm: "HS256",
    secret: SECRET,
    sessions,
    refreshGrace,
    adoptRefresh: true,
    cookies: { auth: "auth", refresh: "refresh" },
    sessionCheck: "always",
    sessionCheckTtl: 0,
    now: () => clock.now() + offset,
  });

const STORES: readonly (readonly [name: string, probe: () => string | undefined, open: () => Promise<OpenStore>])[] = [
  ["in memory", () => undefined, openMemory],
  ["in Redis through redis", probeRedis, () => openCountedRedis("redis")],
  ["in Redis through ioredis", probeRedis, () => openCountedRedis("ioredis")],
  ["in PostgreSQL", probeDatabase, () => openPostgres(uniqueName())],
  ["in PGlite", () => undefined, openPGlite],
];

for (const [name, probe, open] of STORES) {
  describeWithService(`sessions ${name}`, probe, () => {
    let opened: OpenStore;
    let clock: TestClock;
    let subject: string;
    // Opened once, because PGlite takes seconds to start.
    beforeAll(async () => {
      opened = await open();
    });
    afterAll(() => opened.close());
    afterEach(() => server(opened.store, clock, 0).revoke({ subject }));
    beforeEach(() => {
      subject = `ada-${randomUUID()}`;
      clock = createTestClock(NOW);
      clock.set(Math.floor(Date.now() / 1000));
    });

    it.each([
      HOUR,
      DAY,
      30 * DAY,
    ])("are all revoked after a login on a server whose clock is %i s ahead", async (lead) => {
      const [here, ahead] = [server(opened.store, clock, 0), server(opened.store, clock, lead)];
      const mine = await here.login(subject);
      const theirs = await ahead.login(subject);
      expect(await here.sessions(subject)).toHaveLength(2);
      await here.revoke({ subject });
      expect(await refusalOf(ahead.refresh(theirs.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
      expect(await refusalOf(here.refresh(mine.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
      expect(await refusalOf(here.verify(mine.authToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
    });

    it.each([HOUR, 30 * DAY])("are ended by a revocation on a server whose clock is %i s ahead", async (lead) => {
      const [here, ahead] = [server(opened.store, clock, 0), server(opened.store, clock, lead)];
      const [one, two, three] = await Promise.all([here.login(subject), here.login(subject), here.login(subject)]);
      const { sid } = await here.verify(one.authToken);
      await ahead.revoke({ session: sid ?? "" });
      expect(await refusalOf(here.refresh(one.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
      await ahead.revoke({ token: two.refreshToken });
      expect(await refusalOf(here.refresh(two.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
      await ahead.revoke({ subject });
      expect(await refusalOf(here.refresh(three.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
      expect(await here.sessions(subject)).toEqual([]);
    });

    it.each([
      -90,
      -HOUR,
      -30 * DAY,
    ])("are ended by token and by cookie on a server whose clock is %i s off", async (offset) => {
      const [here, behind] = [server(opened.store, clock, 0), server(opened.store, clock, offset)];
      const [one, two] = await Promise.all([here.login(subject), here.login(subject)]);
      await behind.revoke({ token: one.refreshToken });
      expect(await refusalOf(here.refresh(one.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
      const cookie = `__Host-auth=${two.authToken}; __Host-refresh=${two.refreshToken}`;
      const headers = { "sec-fetch-site": "same-origin", cookie };
      await behind.forRequest({ headers, method: "POST", setCookie: () => undefined }).logout();
      expect(await here.sessions(subject)).toEqual([]);
      expect(await refusalOf(here.refresh(two.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
    });

    it("of a server whose clock is behind are ended by a revocation", async () => {
      const [here, behind] = [server(opened.store, clock, 0), server(opened.store, clock, -8 * DAY)];
      const theirs = await behind.login(subject);
      expect((await behind.verify(theirs.authToken)).sub).toBe(subject);
      await here.revoke({ subject });
      expect(await refusalOf(behind.refresh(theirs.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
    });

    it("that were adopted and then ended by a server ahead are not adopted again", async () => {
      const here = server(opened.store, clock, 0);
      const old = (await here.refreshToken(subject, { maxAge: 100 })).signed;
      await here.refresh(old);
      await server(opened.store, clock, 40).revoke({ subject });
      expect(await refusalOf(here.refresh(old))).toMatchObject({ reason: "TOKEN_REVOKED" });
      await server(opened.store, clock, 130).revoke({ token: old });
      expect(await refusalOf(here.refresh(old))).toMatchObject({ reason: "TOKEN_REVOKED" });
    });

    /** Waits for the claim of a rotation, which is sent in the background. */
    const claimOf = async (refreshToken: string): Promise<void> => {
      const sid = String(decodeJwt(refreshToken)["sid"]);
      const look = () => opened.store.find(sid, { now: clock.now(), deadline: Date.now() + 5000 });
      while ((await look())?.claimedBy === null) await setTimeout(5);
    };

    it("accept a replaced token only within the grace period, whichever clock replaced it", async () => {
      for (const [offset, answer] of [
        [5, "repeated"],
        [-5, "repeated"],
        [50, "TOKEN_REUSED"],
        [-50, "TOKEN_REUSED"],
        [HOUR, "TOKEN_REUSED"],
      ] as const) {
        const [here, other] = [server(opened.store, clock, 0), server(opened.store, clock, offset)];
        const { refreshToken } = await here.login(subject);
        await other.refresh(refreshToken);
        await claimOf(refreshToken);
        const again = await here.refresh(refreshToken).then(
          () => "repeated",
          (error: { reason: string }) => error.reason,
        );
        expect([offset, again]).toEqual([offset, answer]);
      }
    });
  });
}

describeWithService("deleteExpired on PostgreSQL", probeDatabase, () => {
  it("removes sessions that expired more than an hour ago by its own clock, or before a given time", async () => {
    const opened = await openPostgres(uniqueName());
    const store = opened.store as Awaited<ReturnType<typeof openPostgres>>["store"] & {
      deleteExpired(options?: { now?: number }): Promise<number>;
    };
    const now = Math.floor(Date.now() / 1000);
    const soon = { now, deadline: Date.now() + 5000 };
    for (const expiresAt of [now - 2 * HOUR, now - HOUR / 2, now + HOUR])
      await store.create(await makeSessionRecord({ expiresAt }), { ...soon, now: now - DAY });
    expect(await store.deleteExpired()).toBe(1);
    expect(await store.deleteExpired()).toBe(0);
    expect(await store.deleteExpired({ now })).toBe(1);
    expect(await store.deleteExpired({ now: now + 2 * HOUR })).toBe(1);
    await opened.close();
  });
});

describe("the grace period of a replaced token", () => {
  const standing = async (age: number, grace: number) => {
    const previous = { rid: "before", replacedAt: NOW - age };
    const record = await makeSessionRecord({ expiresAt: NOW + 1e6, previous, claimedBy: "x" });
    return refreshStateOf(record, "before", { now: NOW, grace });
  };

  it("has a limit before and after the replacement", async () => {
    for (const [age, seen] of [
      [0, "replaced"],
      [9.9, "replaced"],
      [10, "reused"],
      [-9.9, "replaced"],
      [-10, "reused"],
      [-HOUR, "reused"],
    ] as const)
      expect([age, await standing(age, 10)]).toEqual([age, seen]);
    for (const age of [0, 1, -1]) expect(await standing(age, 0)).toBe("reused");
  });
});

describe("tokens of servers with different clocks", () => {
  it("are accepted up to a minute and the leeway before iat, own and trusted, on both transports", async () => {
    const theirs = await createIssuer();
    const at = (iat: number) => forge({ payload: goodClaims({ iat }) });
    for (const leeway of [0, 5]) {
      const both = await serveBoth(createAuth({ leeway }).auth);
      const trusted = await serveBoth(trusting(entryOf(theirs), { leeway }));
      for (const [ahead, verdict] of [
        [0.1, undefined],
        [60 + leeway, undefined],
        [61 + leeway, "TOKEN_NOT_YET_VALID"],
        [HOUR, "TOKEN_NOT_YET_VALID"],
      ] as const) {
        const ask = (token: string, by = both) => by.ask({ headers: { authorization: `Bearer ${token}` } });
        expect((await ask(at(NOW + ahead))).verdict).toBe(verdict ?? "ada");
        expect((await ask(await theirs.token({ iat: NOW + ahead }), trusted)).verdict).toBe(verdict ?? "42");
      }
      const early = forge({ payload: goodClaims({ nbf: NOW + leeway + 1 }) });
      const asked = { headers: { authorization: `Bearer ${early}` } };
      expect((await both.ask(asked)).verdict).toBe("TOKEN_NOT_YET_VALID");
    }
  });

  it("are refreshed in one session by two servers without ending it", async () => {
    const clock = createTestClock(NOW);
    const sessions = memorySessionStore();
    const [here, behind] = [server(sessions, clock, 0), server(sessions, clock, -0.1)];
    let { refreshToken } = await here.login("ada");
    for (let round = 0; round < 10; round++) {
      ({ refreshToken } = await (round % 2 === 0 ? behind : here).refresh(refreshToken));
      expect((await behind.verify(refreshToken, { type: "refresh" })).sub).toBe("ada");
    }
    expect(await here.sessions("ada")).toHaveLength(1);
  });
});
