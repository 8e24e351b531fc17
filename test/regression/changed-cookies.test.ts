/** Cookies of a browser beside those of today: which of them count, and what a planted cookie can do. */
import { setTimeout } from "node:timers/promises";
import {
  AuthManager,
  type AuthManagerConfig,
  InvalidConfigError,
  MissingConfigError,
  memorySessionStore,
} from "claimgate";
import { createTestClock } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { placeOf, readSetCookie } from "../../src/core/exchange/cookies.ts";
import { AMBIGUOUS, bare, both, cleared, OWN, open } from "../support/cookie-requests.ts";
import { createAuth, ISSUER, NOW } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";

describe("of two refresh cookies that differ", () => {
  it("the one whose session lives is taken, whichever comes first, and the other is looked up and not presented", async () => {
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

  it("the live one of a session is taken before the one that it replaced, and a reuse is seen where both were replaced", async () => {
    const events: string[] = [];
    const { auth, request, clock } = open(bare, { refreshGrace: 10, onEvent: ({ type }) => events.push(type) });
    const before = await auth.login("ada");
    const after = await auth.refresh(before.refreshToken);
    const ask = () => request(both("__Host-refresh", before.refreshToken, after.refreshToken)).request.refresh();
    clock.advance(1);
    expect(await ask()).toMatchObject({ expiresIn: 3600 });
    expect(events).not.toContain("reused");
    // The grace is over, and somebody else has the live one.
    clock.advance(60);
    expect(await refusalOf(ask())).toMatchObject({ reason: "TOKEN_REUSED" });
    expect(events).toContain("reused");
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it.each([
    ["garbage", () => "garbage"],
    ["a forged token", () => forge({ payload: goodClaims({ type: "refresh" }), secret: "x".repeat(32) })],
    ["an expired token", () => forge({ payload: goodClaims({ type: "refresh", exp: 1 }) })],
  ])("a reuse is not hidden by %s beside it, which anybody can have planted", async (_, plant) => {
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

  it("a reuse is not hidden by reused tokens of other sessions, nor by a heap of garbage", async () => {
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

  it("one whose keys are out of reach does not keep the other from being refreshed or ended, and hides no token for good", async () => {
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

  it("a reuse is not told where the other token may live, of a server whose clock is ahead", async () => {
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

  it("none is taken where both live, or where there are too many to look up", async () => {
    const { auth, request, presented } = open();
    const tokens = await Promise.all(Array.from({ length: 9 }, async () => (await auth.login("ada")).refreshToken));
    for (const some of [tokens.slice(0, 2), tokens]) {
      const asked = request(both("__Host-refresh", ...some));
      expect(await refusalOf(asked.request.refresh())).toMatchObject(AMBIGUOUS);
      expect(asked.set).toEqual([]);
    }
    expect([presented, (await auth.sessions("ada")).length]).toEqual([[], 9]);
  });

  it("none is taken where one lives and the other has just been replaced in a session that lives too", async () => {
    const { auth, request, presented } = open(bare, { refreshGrace: 10 });
    const replaced = await auth.login("ada");
    await auth.refresh(replaced.refreshToken);
    const living = await auth.login("ada");
    presented.length = 0;
    const asked = request(both("__Host-refresh", replaced.refreshToken, living.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject(AMBIGUOUS);
    expect([presented, asked.set]).toEqual([[], []]);
  });

  it("the chosen one is refused after all, and the cookies stay, since nothing is decided about the other", async () => {
    const { auth, request, store } = open(bare, { refreshGrace: 0 });
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    await auth.revoke({ token: one.refreshToken });
    const find = store.find;
    const asked = request(both("__Host-refresh", one.refreshToken, two.refreshToken));
    // The session that lived as it was looked up is ended before its token is presented.
    Object.assign(store, {
      find: async (...given: Parameters<typeof find>) => {
        const found = await find(...given);
        if (found) await auth.revoke({ token: two.refreshToken });
        return found;
      },
    });
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ reason: "TOKEN_REVOKED" });
    // Only the token that was presented is known to be over, and a browser clears both cookies or
    // neither.
    expect(asked.ofToday().map(({ name }) => name)).not.toContain("__Host-refresh");
  });

  it("none counts where none lives, and they are cleared if none ever can again", async () => {
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

  it("an expired auth cookie without a refresh cookie is cleared, and not beside a valid one", async () => {
    const { auth, request, clock } = open();
    const first = (await auth.login("ada")).authToken;
    // For a minute it may still count by another server's clock.
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

  it("both are cleared where neither can be valid again, and none where one has expired a moment ago", async () => {
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

  it("an outage decides nothing and clears nothing", async () => {
    const { auth, request, store } = open(bare, { storeTimeout: 0.1 });
    const [one, two] = await Promise.all([auth.login("ada"), auth.login("ada")]);
    Object.assign(store, { find: () => Promise.reject(new Error("down")) });
    const asked = request(both("__Host-refresh", one.refreshToken, two.refreshToken));
    expect(await refusalOf(asked.request.refresh())).toMatchObject({ status: 503, reason: "STORE_UNAVAILABLE" });
    expect(asked.set).toEqual([]);
  });

  it("two of one text are one, and guards go on refusing two that differ", async () => {
    const { auth, request } = open();
    const { authToken, refreshToken } = await auth.login("ada");
    const other = (await auth.login("ada")).authToken;
    expect((await request(both("__Host-auth", authToken, authToken)).request.require()).sub).toBe("ada");
    expect(await refusalOf(request(both("__Host-auth", authToken, other)).request.require())).toMatchObject(AMBIGUOUS);
    expect(await request(both("__Host-refresh", refreshToken, refreshToken)).request.refresh()).toBeDefined();
  });

  it("from another site they are not even looked at", async () => {
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
  it("ends the session of every cookie, and of one session only once", async () => {
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
    // Bad cookies stand in nobody's way.
    const three = await auth.login("ada");
    await request(both("__Host-refresh", "garbage", three.refreshToken)).request.logout();
    expect(await auth.sessions("ada")).toEqual([]);
  });
});

describe("a heap of planted cookies", () => {
  it("does not keep a logout from ending the session, nor a login from beginning one", async () => {
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

  it("of more tokens than a logout verifies does not let it answer that all is over", async () => {
    const { auth, request } = open();
    const planted = Array.from({ length: 32 }, (_, i) => forge({ payload: goodClaims({ i }), secret: "x".repeat(32) }));
    const { authToken, refreshToken } = await auth.login("ada");
    const cookie = `${both("__Host-refresh", ...planted, refreshToken)}; ${both("__Host-auth", ...planted, authToken)}`;
    const asked = request(cookie);
    expect(await refusalOf(asked.request.logout())).toMatchObject(AMBIGUOUS);
    // The browser is out all the same.
    expect(
      cleared(asked.lines()).filter((line) => /^__Host-(auth|refresh)=; Max-Age=0; Path=\/; HttpOnly/.test(line)),
    ).toHaveLength(2);
    expect(await auth.sessions("ada")).toHaveLength(1);
    const one = request(both("__Host-refresh", ...planted.slice(1), refreshToken));
    await one.request.logout();
    expect(await auth.sessions("ada")).toEqual([]);
  });
});

describe("calls of one request", () => {
  it("refresh one token once, whatever the grace, and present it again after a logout", async () => {
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

  it("leave no cookies of a refresh by header whose session a logout by header ends", async () => {
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

  it("give tokens that are too large for the cookies of another call to one that wants them in its answer", async () => {
    const claims = { pad: "x".repeat(4000) };
    const authorize = (): object => ({ claims });
    const { auth, request } = open(bare, { refreshGrace: 0, authorize, authorizeAt: "issue" } as object);
    const { refreshToken } = await auth.login("ada");
    const { request: here } = request(`__Host-refresh=${refreshToken}`);
    const [inCookies, inAnswer] = await Promise.allSettled([here.refresh(), here.refresh({ deliver: "body" })]);
    expect([inCookies.status, inAnswer.status]).toEqual(["rejected", "fulfilled"]);
    expect(await auth.sessions("ada")).toHaveLength(1);
  });

  it("leave no cookies of a refresh whose session a logout ends that was told to leave cookies alone", async () => {
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

  it("set no cookies of a refresh that a logout overtakes, whichever ends first", async () => {
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

  it("give the browser the session of a login, whatever a refresh beside it does", async () => {
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
    // One after the other: nothing is rotated that could not be delivered.
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

  it("present a token that was refused once for all of them, and one that an outage kept from being judged again", async () => {
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

  it("take tokens of a refresh after a login of the same request, and end what they began", async () => {
    const { auth, request } = open();
    const asked = request("");
    await asked.request.login("ada");
    await asked.request.logout();
    // The login's cookies never reached the browser: its session is not this request's to end.
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

  it("are read by refresh and logout alone, where none of today is there, and cleared at every write", async () => {
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
    // Today's cookie counts, and the former one beside it is not looked at.
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

  it("are not read by login, which gives a session of its own and clears them", async () => {
    const { auth, request } = open(now);
    const planted = await auth.login("eve");
    const asked = request(`__Host-refresh=${planted.refreshToken}`);
    await asked.request.login("ada");
    expect(cleared(asked.lines())).toHaveLength(2);
    const set = Object.fromEntries(asked.set.map(({ name, value }) => [name, value]));
    expect((await auth.verify(set["__Secure-auth"] ?? "")).sub).toBe("ada");
    expect(await auth.sessions("eve")).toHaveLength(1);
  });

  it("that were planted give no session once `until` is over, nor where they are no former ones", async () => {
    const planted = (auth: AuthManager) => auth.login("eve").then(({ refreshToken }) => refreshToken);
    const withDomain = { names: { refresh: "__Secure-refresh" }, domain: "shop.test", until };
    const former = open({ ...bare, former: [withDomain] });
    // Until then it does: the risk that the docs state.
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

  it("may have any names, and of two that differ the living one is taken", async () => {
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

  it("of which one name did not change are listed as they were: the other alone is former", async () => {
    const names = { auth: "__Host-auth", refresh: "__Host-refresh" };
    for (const today of [
      { ...bare, auth: "tok" },
      { ...bare, refresh: "tok" },
    ]) {
      const { auth, request } = open({ ...today, former: [{ names, until }] });
      const { authToken, refreshToken } = await auth.login("ada");
      const asked = request(`__Host-auth=${authToken}; __Host-refresh=${refreshToken}`);
      // An auth cookie of today is there, so that no former refresh cookie counts beside it.
      if (today.auth === "tok") await asked.request.refresh();
      else await asked.request.login("ada");
      const lines = asked.ofToday().map(({ name, attributes }) => [name, attributes.maxAge === 0]);
      const [kept, changed] = today.auth === "tok" ? ["refresh", "auth"] : ["auth", "refresh"];
      expect(lines).toContainEqual([`__Host-${changed}`, true]);
      expect(lines.filter(([name]) => name === `__Host-${kept}`)).toEqual([[`__Host-${kept}`, false]]);
    }
    expect(() => open({ ...bare, former: [{ names, until }] })).toThrow(/is the present setting/);
  });

  it("that were planted are cleared within what one name may take, however many settings name it", async () => {
    const former = Array.from({ length: 8 }, (_, i) => ({ names: { refresh: "old" }, path: `/p${i}`, until }));
    const { request } = open({ ...bare, former });
    const asked = request("old=planted", { ...OWN, host: "a.b.c.d.example.com" });
    await asked.request.login("ada");
    const lines = cleared(asked.set.map(({ header }) => header)).filter((line) => line.startsWith("old="));
    const own = lines.filter((line) => line.includes("HttpOnly"));
    expect(own).toHaveLength(8);
    expect(lines.filter((line) => !own.includes(line)).join("").length).toBeLessThanOrEqual(1200);
  });

  it("that were planted with another domain are cleared once they are seen", async () => {
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
    ["that are today's", { former: [{ until }] }, "cookies.former.0"],
    ["that are today's, by name", { former: [{ names: { auth: "__Host-refresh" }, until }] }, "cookies.former.0"],
    ["of no name", { former: [{ names: {}, until }] }, "cookies.former.0.names"],
    ["of a bad name", { former: [{ names: { auth: "a b" }, until }] }, "cookies.former.0.names.auth"],
    [
      "of a name that allows no domain",
      { former: [{ names: { auth: "__Host-a" }, domain: "a.test", until }] },
      "cookies.former.0.names.auth",
    ],
    ["with an unknown key", { former: [{ until, sameSite: "lax" }] }, "cookies.former.0.sameSite"],
    ["with an undefined key", { former: [{ until, domain: undefined }] }, "cookies.former.0.domain"],
    ["with an undefined name", { former: [{ until, names: { auth: undefined } }] }, "cookies.former.0.names.auth"],
    [
      "partitioned in the clear",
      { secure: false, former: [{ until, partitioned: true }] },
      "cookies.former.0.partitioned",
    ],
    ["that are too many", { former: Array.from({ length: 9 }, () => ({ until, path: "/x" })) }, "cookies.former"],
    ["that are no list", { former: { until } }, "cookies.former"],
    ["partitioned in the clear, today", { secure: false, partitioned: true }, "cookies.partitioned"],
    ["partitioned as text", { partitioned: "true" }, "cookies.partitioned"],
  ])("%s are an InvalidConfigError that names the place", (_, cookies, configValue) => {
    const build = () => open({ ...bare, ...cookies });
    expect(build).toThrow(InvalidConfigError);
    expect(build).toThrow(expect.objectContaining({ configValue }));
  });

  it("need sessions, as all that says how cookies are written", () => {
    for (const [option, cookies] of [
      ["cookies.former", { former: [{ until }] }],
      ["cookies.partitioned", { partitioned: true }],
    ] as const)
      expect(() => createAuth({ cookies: { ...bare, ...cookies } })).toThrow(
        new MissingConfigError("sessions", option),
      );
  });
});
