/** Several cookies of one name: which one counts, and the effect of planted and former cookies. */
import { setTimeout } from "node:timers/promises";
import { AuthManager, type AuthManagerConfig, InvalidConfigError, memorySessionStore } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { placeOf, readSetCookie } from "../../src/core/exchange/cookies.ts";
import { AMBIGUOUS, bare, both, cleared, OWN, open } from "../support/cookie-requests.ts";
import { createAuth, ISSUER, NOW } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";

describe("two different refresh cookies", () => {
  it("are resolved to the one with a live session, in either order, and only that token is presented", async () => {
    for (const isReversed of [false, true]) {
      const { auth, request, presented } = open(bare, { refreshGrace: 0 });
      const ended = await auth.login("ada");
      await auth.revoke({ token: ended.refreshToken });
      const living = await auth.login("ada");
      const tokens = [ended.refreshToken, living.refreshToken];
      const asked = request(both("__Host-refresh", ...(isReversed ? tokens.toReversed() : tokens)));
      expect(await asked.request.refresh()).toEqual({ expiresIn: 3600, refreshExpiresIn: 604_800 });
      expect(presented).toHaveLength(1);
      expect(await auth.sessions("ada")).toHaveLength(1);
    }
  });

  it("of one session are resolved to the current token, and a reuse is found when both were replaced", async () => {
    const events: string[] = [];
    const { auth, request, clock } = open(bare, { refreshGrace: 10, onEvent: ({ type }) => events.push(type) });
    const before = await auth.login("ada");
    const after = await auth.refresh(before.refreshToken);
    const ask = () => request(both("__Host-refresh", before.refreshToken, after.refreshToken)).request.refresh();
    clock.advance(1);
    expect(await ask()).toMatchObject({ expiresIn: 3600 });
    expect(events).not.toContain("reused");
    // The grace period is over, and another caller holds the current token.
    clock.advance(60);
    expect(await refusalOf(ask())).toMatchObject({ reason: "TOKEN_REUSED" });
    expect(events).toContain("reused");
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it.each([
    ["garbage", () => "garbage"],
    ["a forged token", () => forge({ payload: goodClaims({ type: "refresh" }), secret: "x".repeat(32) })],
    ["an expired token", () => forge({ payload: goodClaims({ type: "refresh", exp: 1 }) })],
  ])("do not hide a reuse behind %s, which an attacker can plant", async (_, plant) => {
    for (const isReversed of [false, true]) {
      const events: string[] = [];
      const { auth, request, clock } = open(bare, { refreshGrace: 10, onEvent: ({ type }) => events.push(type) });
      const { refreshToken } = await auth.login("ada");
      const thief = await auth.refresh(refreshToken);
      clock.advance(60);
      const tokens = [refreshToken, plant()];
      const asked = request(both("__Host-refresh", ...(isReversed ? tokens.toReversed() : tokens)));
      expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REUSED" });
      expect(events).toContain("reused");
      expect(await refusalOf(auth.refresh(thief.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
    }
  });

  it("do not hide a reuse behind reused tokens of other sessions, or behind many invalid cookies", async () => {
    const { auth, request, clock } = open(bare, { refreshGrace: 10 });
    const stolen = await auth.login("ada");
    const thief = await auth.refresh(stolen.refreshToken);
    const planted = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const { refreshToken } = await auth.login("eve");
        await auth.refresh(refreshToken);
        return refreshToken;
      }),
    );
    clock.advance(60);
    const asked = request(both("__Host-refresh", ...planted, stolen.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REUSED" });
    expect(await refusalOf(auth.refresh(thief.refreshToken))).toMatchObject({ reason: "TOKEN_REVOKED" });
    expect([await auth.sessions("ada"), await auth.sessions("eve")]).toEqual([[], []]);

    const other = await auth.login("ada");
    await auth.refresh(other.refreshToken);
    clock.advance(60);
    const garbage = Array.from({ length: 40 }, (_, i) => `x${i}`);
    const heap = request(both("__Host-refresh", ...garbage, other.refreshToken));
    expect(await refusalOf(heap.request.refresh())).toMatchObject({ reason: "TOKEN_REUSED" });
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it("do not prevent refresh or logout when one has an unknown key, and hide no reuse permanently", async () => {
    const clock = createTestClock(NOW);
    let isDown = false;
    const keys = async () => {
      if (isDown) throw new Error("no keys");
      return [{ algorithm: "HS256", secret: "k".repeat(32), kid: "k1" } as const];
    };
    const auth = new AuthManager({
      issuer: ISSUER,
      keys,
      sessions: memorySessionStore(),
      cookies: bare,
      refreshGrace: 10,
      now: clock.now,
    });
    const request = (cookie: string) => {
      const set: unknown[] = [];
      const setCookie = (...given: unknown[]): void => void set.push(given);
      return { set, request: auth.forRequest({ headers: { ...OWN, cookie }, method: "POST", setCookie }) };
    };
    const unknown = forge({
      header: { alg: "HS256", typ: "JWT", kid: "k2" },
      payload: goodClaims({ type: "refresh", exp: NOW + 9000 }),
    });
    const { refreshToken } = await auth.login("ada");
    clock.advance(3000);
    isDown = true;
    const living = request(both("__Host-refresh", unknown, refreshToken));
    expect(await living.request.refresh()).toMatchObject({ expiresIn: 3600 });
    clock.advance(60);
    const asked = request(both("__Host-refresh", unknown, refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "KEYS_UNAVAILABLE" });
    expect(await auth.sessions("ada")).toHaveLength(1);
    expect(await refusalOf(asked.request.logout())).toMatchObject({ reason: "KEYS_UNAVAILABLE" });
    expect([asked.set, await auth.sessions("ada")]).toEqual([[], []]);
  });

  it("report no reuse when the other token may be valid on a server whose clock is ahead", async () => {
    const { auth, request, clock } = open(bare, { refreshGrace: 10 });
    const { refreshToken } = await auth.login("ada");
    clock.advance(600);
    const ahead = await auth.refresh(refreshToken);
    clock.advance(-500);
    const asked = request(both("__Host-refresh", refreshToken, ahead.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_NOT_YET_VALID" });
    expect(asked.set).toEqual([]);
    clock.advance(500);
    expect(await auth.refresh(ahead.refreshToken)).toBeDefined();
  });

  it("are rejected as ambiguous when both sessions are live, or when there are too many to look up", async () => {
    const { auth, request, presented } = open();
    const tokens = await Promise.all(Array.from({ length: 9 }, async () => (await auth.login("ada")).refreshToken));
    for (const some of [tokens.slice(0, 2), tokens]) {
      const asked = request(both("__Host-refresh", ...some));
      expect(await refusalOf(asked.request.refresh())).toMatchObject(AMBIGUOUS);
      expect(asked.set).toEqual([]);
    }
    expect([presented, (await auth.sessions("ada")).length]).toEqual([[], 9]);
  });

  it("are rejected as ambiguous when one is live and the other was just replaced in a live session", async () => {
    const { auth, request, presented } = open(bare, { refreshGrace: 10 });
    const replaced = await auth.login("ada");
    await auth.refresh(replaced.refreshToken);
    const living = await auth.login("ada");
    presented.length = 0;
    const asked = request(both("__Host-refresh", replaced.refreshToken, living.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject(AMBIGUOUS);
    expect([presented, asked.set]).toEqual([[], []]);
  });

  it("stay when the chosen token is rejected, because the other is still undecided", async () => {
    const { auth, request, store } = open(bare, { refreshGrace: 0 });
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    await auth.revoke({ token: one.refreshToken });
    const find = store.find;
    const asked = request(both("__Host-refresh", one.refreshToken, two.refreshToken));
    // The session ends between its lookup and the use of its token.
    Object.assign(store, {
      find: async (...given: Parameters<typeof find>) => {
        const found = await find(...given);
        if (found) await auth.revoke({ token: two.refreshToken });
        return found;
      },
    });
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REVOKED" });
    // Only the presented token is known to be invalid; a browser clears both cookies or neither.
    expect(asked.ofToday().map(({ name }) => name)).not.toContain("__Host-refresh");
  });

  it("are rejected when no session is live, and cleared when neither can become valid again", async () => {
    const { auth, request, clock } = open();
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    await auth.revoke({ subject: "ada" });
    const asked = request(both("__Host-refresh", one.refreshToken, two.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ status: 401, reason: "TOKEN_REVOKED" });
    expect(cleared(asked.lines())).toContain("__Host-refresh=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax");
    const foreign = forge({ secret: "another secret of thirty-two bytes!", payload: goodClaims({ type: "refresh" }) });
    const undecided = request(both("__Host-refresh", one.refreshToken, foreign));
    expect(await refusalOf(undecided.request.refresh())).toMatchObject({ reason: "SIGNATURE_INVALID" });
    expect(undecided.set).toEqual([]);
    clock.advance(604_800);
    const expired = request(both("__Host-refresh", one.refreshToken, two.refreshToken));
    expect(await refusalOf(expired.request.refresh())).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });

  it("of type auth are cleared once expired without a refresh cookie, but not beside a valid cookie", async () => {
    const { auth, request, clock } = open();
    const first = (await auth.login("ada")).authToken;
    // For a minute, the clock of another server may still accept it.
    clock.advance(3659);
    const soon = request(`__Host-auth=${first}`);
    expect(await refusalOf(soon.request.refresh())).toMatchObject({ reason: "TOKEN_MISSING" });
    expect(soon.set).toEqual([]);
    clock.advance(1);
    const valid = (await auth.login("ada")).authToken;
    for (const [tokens, names] of [
      [[first], ["__Host-auth", "__Host-refresh"]],
      [[first, valid], []],
      [[valid], []],
    ] as const) {
      const asked = request(both("__Host-auth", ...tokens));
      expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_MISSING" });
      expect(asked.ofToday().map(({ name }) => name)).toEqual(names);
    }
  });

  it("are cleared when neither can become valid again, but not when one has just expired", async () => {
    const { auth, request, clock } = open();
    const ended = await auth.login("ada");
    await auth.revoke({ token: ended.refreshToken });
    const expired = await auth.login("ada");
    clock.advance(604_800);
    for (const [beside, cleared] of [
      [0, []],
      [60, ["__Host-auth", "__Host-refresh"]],
    ] as const) {
      clock.advance(beside);
      for (const other of ["garbage", ended.refreshToken]) {
        for (const tokens of [
          [expired.refreshToken, other],
          [other, expired.refreshToken],
        ]) {
          const asked = request(both("__Host-refresh", ...tokens));
          expect(await refusalOf(asked.request.refresh())).toMatchObject({ status: 401 });
          const names = asked.ofToday().filter(({ attributes }) => attributes.domain === undefined);
          expect(names.map(({ name }) => name)).toEqual(cleared);
        }
      }
    }
  });

  it("are neither resolved nor cleared during an outage", async () => {
    const { auth, request, store } = open(bare, { storeTimeout: 0.1 });
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    Object.assign(store, { find: () => Promise.reject(new Error("down")) });
    const asked = request(both("__Host-refresh", one.refreshToken, two.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ status: 503, reason: "STORE_UNAVAILABLE" });
    expect(asked.set).toEqual([]);
  });

  it("count as one cookie when they are equal, and guards reject different cookies", async () => {
    const { auth, request } = open();
    const { authToken, refreshToken } = await auth.login("ada");
    const other = (await auth.login("ada")).authToken;
    expect((await request(both("__Host-auth", authToken, authToken)).request.require()).sub).toBe("ada");
    expect(await refusalOf(request(both("__Host-auth", authToken, other)).request.require())).toMatchObject(AMBIGUOUS);
    expect(await request(both("__Host-refresh", refreshToken, refreshToken)).request.refresh()).toBeDefined();
  });

  it("are not looked up when the request comes from another site", async () => {
    const { auth, request, store } = open();
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    let finds = 0;
    Object.assign(store, { find: () => Promise.reject(new Error(`${++finds}`)) });
    const foreign = { "sec-fetch-site": "cross-site" };
    for (const call of ["refresh", "logout"] as const) {
      const asked = request(both("__Host-refresh", one.refreshToken, two.refreshToken), foreign);
      expect(await refusalOf(asked.request[call]())).toMatchObject({ reason: "CSRF_REJECTED" });
    }
    expect([finds, (await auth.sessions("ada")).length]).toEqual([0, 2]);
  });
});

describe("a logout", () => {
  it("ends the session of every cookie, each session once", async () => {
    const revoked: string[] = [];
    const onEvent: AuthManagerConfig["onEvent"] = (event) => {
      if (event.type === "revoked") revoked.push(...event.sids);
    };
    const { auth, request } = open(bare, { onEvent });
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    const cookie = `${both("__Host-refresh", one.refreshToken, two.refreshToken)}; ${both("__Host-auth", one.authToken, two.authToken)}`;
    const asked = request(cookie);
    await asked.request.logout();
    expect(await auth.sessions("ada")).toEqual([]);
    expect([revoked.length, new Set(revoked).size]).toEqual([2, 2]);
    // Invalid cookies do not prevent the logout.
    const three = await auth.login("ada");
    await request(both("__Host-refresh", "garbage", three.refreshToken)).request.logout();
    expect(await auth.sessions("ada")).toEqual([]);
  });
});

describe("many planted cookies", () => {
  it("prevent neither a logout nor a login", async () => {
    const { auth, request } = open();
    const planted = Array.from({ length: 60 }, (_, i) => `planted${i}`);
    const { authToken, refreshToken } = await auth.login("ada");
    const cookie = `${both("__Host-refresh", ...planted, refreshToken)}; ${both("__Host-auth", ...planted, authToken)}`;
    const asked = request(cookie);
    await asked.request.logout();
    expect(await auth.sessions("ada")).toEqual([]);
    const login = request(cookie);
    expect(await login.request.login("ada")).toBeDefined();
    expect(await auth.sessions("ada")).toHaveLength(1);
  });

  it("above the limit of a logout make it fail, so that it never reports success too early", async () => {
    const { auth, request } = open();
    const planted = Array.from({ length: 32 }, (_, i) => forge({ payload: goodClaims({ i }), secret: "x".repeat(32) }));
    const { authToken, refreshToken } = await auth.login("ada");
    const cookie = `${both("__Host-refresh", ...planted, refreshToken)}; ${both("__Host-auth", ...planted, authToken)}`;
    const asked = request(cookie);
    expect(await refusalOf(asked.request.logout())).toMatchObject(AMBIGUOUS);
    // The response clears the browser's cookies nevertheless.
    expect(
      cleared(asked.lines()).filter((line) => /^__Host-(auth|refresh)=; Max-Age=0; Path=\/; HttpOnly/.test(line)),
    ).toHaveLength(2);
    expect(await auth.sessions("ada")).toHaveLength(1);
    const one = request(both("__Host-refresh", ...planted.slice(1), refreshToken));
    await one.request.logout();
    expect(await auth.sessions("ada")).toEqual([]);
  });
});

describe("several calls of one request", () => {
  it("refresh a token once, whatever the grace period, and present it again after a logout", async () => {
    for (const deliver of ["cookies", "body"] as const) {
      const events: string[] = [];
      const { auth, request, presented } = open(bare, { refreshGrace: 0, onEvent: ({ type }) => events.push(type) });
      const { refreshToken } = await auth.login("ada");
      const asked = request(`__Host-refresh=${refreshToken}`);
      const first = await asked.request.refresh({ deliver });
      expect(await asked.request.refresh({ deliver })).toEqual(first);
      expect([presented.length, events.includes("reused")]).toEqual([1, false]);
      expect(await auth.sessions("ada")).toHaveLength(1);
      await asked.request.logout();
      expect(await refusalOf(asked.request.refresh({ deliver }))).toMatchObject({ reason: "TOKEN_REVOKED" });
    }
  });

  it("leave no cookies of a header refresh after a header logout", async () => {
    const { auth, request } = open();
    const { refreshToken } = await auth.login("ada");
    const asked = request("", { ...OWN, authorization: `Bearer ${refreshToken}` });
    await asked.request.refresh({ deliver: "cookies" });
    await asked.request.logout();
    expect(
      asked
        .ofToday()
        .slice(-2)
        .map(({ attributes }) => attributes.maxAge),
    ).toEqual([0, 0]);
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REVOKED" });
  });

  it("return tokens in the body to one call although they are too large for another call's cookies", async () => {
    const claims = { pad: "x".repeat(4000) };
    const authorize = (): object => ({ claims });
    const { auth, request } = open(bare, { refreshGrace: 0, authorize, authorizeAt: "issue" } as object);
    const { refreshToken } = await auth.login("ada");
    const { request: here } = request(`__Host-refresh=${refreshToken}`);
    const [inCookies, inAnswer] = await Promise.allSettled([here.refresh(), here.refresh({ deliver: "body" })]);
    expect([inCookies.status, inAnswer.status]).toEqual(["rejected", "fulfilled"]);
    expect(await auth.sessions("ada")).toHaveLength(1);
  });

  it('leave no cookies of a refresh after a logout with deliver "body"', async () => {
    const { auth, request } = open();
    const { refreshToken } = await auth.login("ada");
    const asked = request(`__Host-refresh=${refreshToken}`);
    await asked.request.refresh();
    await asked.request.logout({ deliver: "body" });
    expect(asked.ofToday().at(-1)?.attributes.maxAge).toBe(0);
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REVOKED" });
    const alone = request(`__Host-refresh=${(await auth.login("ada")).refreshToken}`);
    await alone.request.logout({ deliver: "body" });
    expect([alone.set, await auth.sessions("ada")]).toEqual([[], []]);
  });

  it("leave no cookies of a refresh that a concurrent logout overtakes, in either order", async () => {
    for (const delayed of ["rotate", "find", "end"] as const) {
      const { auth, request, store } = open();
      const { authToken, refreshToken } = await auth.login("ada");
      const before = store[delayed] as (...given: unknown[]) => Promise<unknown>;
      Object.assign(store, {
        [delayed]: async (...given: unknown[]) => {
          await setTimeout(5);
          const answer = await before(...given);
          await setTimeout(5);
          return answer;
        },
      });
      for (const isLogoutFirst of [false, true]) {
        const asked = request(`__Host-auth=${authToken}; __Host-refresh=${refreshToken}`);
        const calls = [() => asked.request.refresh(), () => asked.request.logout()];
        await Promise.allSettled((isLogoutFirst ? calls.toReversed() : calls).map((call) => call()));
        const last = Object.fromEntries(asked.ofToday().map(({ name, attributes }) => [name, attributes.maxAge]));
        expect([delayed, last]).toEqual([delayed, { "__Host-auth": 0, "__Host-refresh": 0 }]);
        expect(await auth.sessions("ada")).toEqual([]);
      }
    }
  });

  it("leave the cookies of a login, whatever a concurrent refresh does", async () => {
    for (const delayed of ["rotate", "create", "find"] as const)
      for (const isLoginFirst of [true, false]) {
        const { auth, request, store } = open();
        const { authToken, refreshToken } = await auth.login("ada");
        const before = store[delayed] as (...given: unknown[]) => Promise<unknown>;
        Object.assign(store, { [delayed]: (...given: unknown[]) => setTimeout(5).then(() => before(...given)) });
        const asked = request(`__Host-auth=${authToken}; __Host-refresh=${refreshToken}`);
        const calls = [() => asked.request.login("bob"), () => asked.request.refresh()];
        await Promise.allSettled((isLoginFirst ? calls : calls.toReversed()).map((call) => call()));
        const last = Object.fromEntries(asked.ofToday().map(({ name, value }) => [name, value]));
        expect((await auth.verify(last["__Host-auth"] ?? "")).sub).toBe("bob");
      }
    // In sequence: a refresh whose cookies could not be delivered does not rotate.
    const { auth, request, presented } = open();
    const { refreshToken } = await auth.login("ada");
    const asked = request(`__Host-refresh=${refreshToken}`);
    await asked.request.login("bob");
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REVOKED" });
    expect(await refusalOf(asked.request.refresh({ token: refreshToken }))).toMatchObject({ reason: "TOKEN_REVOKED" });
    expect(presented).toEqual([]);
    expect(await asked.request.refresh({ token: refreshToken, deliver: "body" })).toHaveProperty("authToken");
    const last = Object.fromEntries(asked.ofToday().map(({ name, value }) => [name, value]));
    expect((await auth.verify(last["__Host-auth"] ?? "")).sub).toBe("bob");
  });

  it("present a rejected token once for all calls, and present a token again after an outage", async () => {
    const { auth, request, store } = open();
    const { refreshToken } = await auth.login("ada");
    const forged = `${refreshToken.slice(0, -4)}AAAA`;
    const refused = request(`__Host-refresh=${forged}`);
    const errors = await Promise.all([1, 2, 3].map(() => refusalOf(refused.request.refresh())));
    expect(errors.map((error) => (error as { cause?: unknown }).cause)).toSatisfy(
      (causes: unknown[]) => new Set(causes).size === 1,
    );
    const { rotate } = store;
    Object.assign(store, { rotate: () => Promise.reject(new Error("down")) });
    const asked = request(`__Host-refresh=${refreshToken}`);
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "STORE_UNAVAILABLE" });
    Object.assign(store, { rotate });
    expect(await asked.request.refresh()).toMatchObject({ expiresIn: 3600 });
  });

  it("end with the cookies of the last call when login and logout follow each other", async () => {
    const { auth, request } = open();
    const asked = request("");
    await asked.request.login("ada");
    await asked.request.logout();
    // The login's cookies have not reached the browser, so the logout cannot end that session.
    expect(Object.fromEntries(asked.ofToday().map(({ name, attributes }) => [name, attributes.maxAge]))).toEqual({
      "__Host-auth": 0,
      "__Host-refresh": 0,
    });
    const again = request("");
    await again.request.logout();
    await again.request.login("ada");
    const last = Object.fromEntries(again.ofToday().map(({ name, attributes }) => [name, attributes.maxAge]));
    expect(last).toEqual({ "__Host-auth": 604_800, "__Host-refresh": 604_800 });
    expect(await auth.sessions("ada")).toHaveLength(2);
  });
});

describe("cookies of former settings", () => {
  const until = NOW + 1000;
  const now = { ...bare, domain: "shop.test", former: [{ until }] };

  it("are read only by refresh and logout when no current cookie is present, and cleared on every write", async () => {
    const { auth, request, clock } = open(now);
    const tokens = await auth.login("ada");
    const former = `__Host-auth=${tokens.authToken}; __Host-refresh=${tokens.refreshToken}`;
    const asked = request(former);
    expect(await refusalOf(asked.request.require())).toMatchObject({ reason: "TOKEN_MISSING" });
    expect(await refusalOf(asked.request.require({ type: "refresh" }))).toMatchObject({ reason: "TOKEN_MISSING" });
    expect(await asked.request.require({ optional: true })).toBeNull();
    await asked.request.refresh();
    const names = (isCleared: boolean): string[] =>
      asked.set.filter(({ attributes }) => (attributes.maxAge === 0) === isCleared).map(({ name }) => name);
    expect([names(true), names(false)]).toEqual([
      ["__Host-auth", "__Host-refresh"],
      ["__Secure-auth", "__Secure-refresh"],
    ]);
    for (const line of cleared(asked.lines())) expect(line).not.toContain("Domain");
    // A current cookie counts, and the former cookie is ignored.
    const later = await auth.login("ada");
    const beside = request(`__Host-refresh=${later.refreshToken}; __Secure-refresh=garbage`);
    expect(await refusalOf(beside.request.refresh())).toMatchObject({ reason: "TOKEN_MALFORMED" });
    const besideAuth = request(`__Host-refresh=${later.refreshToken}; __Secure-auth=${later.authToken}`);
    expect(await refusalOf(besideAuth.request.refresh())).toMatchObject({ reason: "TOKEN_MISSING" });
    clock.set(until);
    const late = request(`__Host-refresh=${later.refreshToken}`);
    expect(await refusalOf(late.request.refresh())).toMatchObject({ reason: "TOKEN_MISSING" });
    await late.request.logout();
    expect(await auth.sessions("ada")).toHaveLength(2);
  });

  it("are not read by login, which starts a new session and clears them", async () => {
    const { auth, request } = open(now);
    const planted = await auth.login("eve");
    const asked = request(`__Host-refresh=${planted.refreshToken}`);
    await asked.request.login("ada");
    expect(cleared(asked.lines())).toHaveLength(2);
    const set = Object.fromEntries(asked.set.map(({ name, value }) => [name, value]));
    expect((await auth.verify(set["__Secure-auth"] ?? "")).sub).toBe("ada");
    expect(await auth.sessions("eve")).toHaveLength(1);
  });

  it("give no session after until, or when the settings are not listed as former", async () => {
    const planted = (auth: AuthManager) => auth.login("eve").then(({ refreshToken }) => refreshToken);
    const withDomain = { names: { refresh: "__Secure-refresh" }, domain: "shop.test", until };
    const former = open({ ...bare, former: [withDomain] });
    // Until then, a planted cookie works: the docs state this risk.
    const token = await planted(former.auth);
    expect(await former.request(`__Secure-refresh=${token}`).request.refresh()).toBeDefined();
    former.clock.set(until);
    const later = await planted(former.auth);
    expect(await refusalOf(former.request(`__Secure-refresh=${later}`).request.refresh())).toMatchObject({
      reason: "TOKEN_MISSING",
    });
    const none = open();
    expect(
      await refusalOf(none.request(`__Secure-refresh=${await planted(none.auth)}`).request.refresh()),
    ).toMatchObject({ reason: "TOKEN_MISSING" });
  });

  it("may have other names, and are resolved to the one with a live session", async () => {
    const entries = [
      { names: { refresh: "old" }, until },
      { names: { auth: "tok", refresh: "older" }, path: "/x", until },
    ];
    const { auth, request } = open({ ...bare, former: entries });
    const ended = await auth.login("ada");
    await auth.revoke({ token: ended.refreshToken });
    const living = await auth.login("ada");
    const asked = request(`old=${ended.refreshToken}; older=${living.refreshToken}`);
    await asked.request.refresh();
    const places = cleared(asked.lines()).map((line) => readSetCookie(line).place);
    for (const [name, path] of [
      ["old", "/"],
      ["tok", "/x"],
      ["older", "/x"],
    ] as const)
      expect(places).toContain(placeOf(name, { path }));
  });

  it("may share one name with the current settings, and only the other name is former", async () => {
    const names = { auth: "__Host-auth", refresh: "__Host-refresh" };
    for (const today of [
      { ...bare, auth: "tok" },
      { ...bare, refresh: "tok" },
    ]) {
      const { auth, request } = open({ ...today, former: [{ names, until }] });
      const { authToken, refreshToken } = await auth.login("ada");
      const asked = request(`__Host-auth=${authToken}; __Host-refresh=${refreshToken}`);
      // With a current auth cookie, the former refresh cookie is ignored.
      if (today.auth === "tok") await asked.request.refresh();
      else await asked.request.login("ada");
      const lines = asked.ofToday().map(({ name, attributes }) => [name, attributes.maxAge === 0]);
      const [kept, changed] = today.auth === "tok" ? ["refresh", "auth"] : ["auth", "refresh"];
      expect(lines).toContainEqual([`__Host-${changed}`, true]);
      expect(lines.filter(([name]) => name === `__Host-${kept}`)).toEqual([[`__Host-${kept}`, false]]);
    }
    expect(() => open({ ...bare, former: [{ names, until }] })).toThrow(/must differ from the current settings/);
  });

  it("are cleared within the byte limit of one name, however many settings list that name", async () => {
    const former = Array.from({ length: 8 }, (_, i) => ({ names: { refresh: "old" }, path: `/p${i}`, until }));
    const { request } = open({ ...bare, former });
    const asked = request("old=planted", { ...OWN, host: "a.b.c.d.example.com" });
    await asked.request.login("ada");
    const lines = cleared(asked.set.map(({ header }) => header)).filter((line) => line.startsWith("old="));
    const own = lines.filter((line) => line.includes("HttpOnly"));
    expect(own).toHaveLength(8);
    expect(lines.filter((line) => !own.includes(line)).join("").length).toBeLessThanOrEqual(1200);
  });

  it("are cleared when they were planted with another domain", async () => {
    const { auth, request } = open({ ...bare, former: [{ path: "/api", until }] });
    const planted = (await auth.login("eve")).refreshToken;
    for (const act of ["login", "refresh", "logout"] as const) {
      const asked = request(`__Secure-refresh=${planted}`);
      if (act === "login") await asked.request.login("ada");
      else await asked.request[act]();
      const places = cleared(asked.lines()).map((line) => readSetCookie(line).place);
      for (const domain of ["shop.test", "app.shop.test"])
        expect(places).toContain(placeOf("__Secure-refresh", { domain, path: "/api" }));
      expect(places).toContain(placeOf("__Secure-refresh", { path: "/" }));
    }
  });

  it.each<[what: string, cookies: object, configValue: string]>([
    ["without until", { former: [{}] }, "cookies.former.0.until"],
    ["until in milliseconds", { former: [{ until: 1_750_000_000_000 }] }, "cookies.former.0.until"],
    ["until as text", { former: [{ until: "2026-01-01" }] }, "cookies.former.0.until"],
    ["equal to the current settings", { former: [{ until }] }, "cookies.former.0"],
    [
      "equal to the current settings by name",
      { former: [{ names: { auth: "__Host-refresh" }, until }] },
      "cookies.former.0",
    ],
    ["with empty names", { former: [{ names: {}, until }] }, "cookies.former.0.names"],
    ["with an invalid name", { former: [{ names: { auth: "a b" }, until }] }, "cookies.former.0.names.auth"],
    [
      "with a domain that the name forbids",
      { former: [{ names: { auth: "__Host-a" }, domain: "a.test", until }] },
      "cookies.former.0.names.auth",
    ],
    ["with an unknown key", { former: [{ until, sameSite: "lax" }] }, "cookies.former.0.sameSite"],
    ["with an undefined key", { former: [{ until, domain: undefined }] }, "cookies.former.0.domain"],
    ["with an undefined name", { former: [{ until, names: { auth: undefined } }] }, "cookies.former.0.names.auth"],
    [
      "partitioned without secure",
      { secure: false, former: [{ until, partitioned: true }] },
      "cookies.former.0.partitioned",
    ],
    ["with too many entries", { former: Array.from({ length: 9 }, () => ({ until, path: "/x" })) }, "cookies.former"],
    ["that are not a list", { former: { until } }, "cookies.former"],
    ["partitioned without secure in the current settings", { secure: false, partitioned: true }, "cookies.partitioned"],
    ["partitioned as text", { partitioned: "true" }, "cookies.partitioned"],
  ])("%s throw an InvalidConfigError that names the place", (_, cookies, configValue) => {
    const build = () => open({ ...bare, ...cookies });
    expect(build).toThrow(InvalidConfigError);
    expect(build).toThrow(expect.objectContaining({ configValue }));
  });

  it("throw a MissingConfigError without sessions, like every option of written cookies", () => {
    for (const [option, cookies] of [
      ["cookies.former", { former: [{ until }] }],
      ["cookies.partitioned", { partitioned: true }],
    ] as const)
      expect(() => createAuth({ cookies: { ...bare, ...cookies } })).toThrow(
        expect.objectContaining({
          name: "MissingConfigError",
          message: expect.stringContaining(`"sessions", which "${option}" needs`),
        }) as Error,
      );
  });
});
