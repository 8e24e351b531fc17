/** The lifetimes of cookies: after a login, after expiry, and after the end of a session. */
import { type AuthManager, type AuthManagerConfig, CookieError } from "claimgate";
import { describe, expect, it } from "vitest";
import { bare, OWN, open } from "../support/cookie-requests.ts";
import { createAuth, NOW } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";

describe("the cookies of a login", () => {
  const linesOf = async (options: object, config: Partial<AuthManagerConfig> = {}, cookies: object = bare) => {
    const opened = open(cookies, config);
    const asked = opened.request("");
    const answer = await asked.request.login("ada", options);
    return { ...opened, answer, lines: asked.set.map(({ header }) => header.replace(/^[^;]+; /, "")), set: asked.set };
  };

  it("are partitioned when the option is set", async () => {
    const { lines, set } = await linesOf({}, {}, { ...bare, sameSite: "none", partitioned: true });
    expect(lines).toEqual(Array(2).fill("Max-Age=604800; Path=/; HttpOnly; Secure; Partitioned; SameSite=None"));
    expect(set[0]?.attributes.partitioned).toBe(true);
    expect(set[0]?.name).toBe("__Host-auth");
  });

  it("have no Max-Age with remember: false, also after refreshes, and the answer keeps its lifetimes", async () => {
    const { auth, request, lines, set, answer } = await linesOf({ remember: false });
    expect(answer).toEqual({ expiresIn: 3600, refreshExpiresIn: 604_800 });
    expect(lines).toEqual(Array(2).fill("Path=/; HttpOnly; Secure; SameSite=Lax"));
    expect(set.map(({ attributes }) => "maxAge" in attributes)).toEqual([false, false]);
    let refreshToken = set[1]?.value ?? "";
    for (let round = 0; round < 3; round++) {
      const asked = request(`__Host-refresh=${refreshToken}`);
      await asked.request.refresh();
      expect(asked.set.map(({ attributes }) => attributes.maxAge)).toEqual([undefined, undefined]);
      refreshToken = asked.set[1]?.value ?? "";
    }
    // This includes sessions that started without cookies.
    const pair = await auth.login("ada", { remember: false });
    expect(Object.keys(pair).toSorted()).toEqual(["authToken", "expiresIn", "refreshExpiresIn", "refreshToken"]);
    const asked = request(`__Host-refresh=${pair.refreshToken}`);
    await asked.request.refresh();
    expect(asked.set[0]?.attributes.maxAge).toBeUndefined();
    const logout = request(`__Host-refresh=${asked.set[1]?.value}`);
    await logout.request.logout();
    expect(logout.ofToday().map(({ attributes }) => attributes.maxAge)).toEqual([0, 0]);
  });

  it("last no longer than the sessionMaxAge of the login, and no longer than 400 days", async () => {
    const { auth, answer, lines, request, set, clock } = await linesOf({ sessionMaxAge: 90 });
    expect(answer).toEqual({ expiresIn: 90, refreshExpiresIn: 90 });
    expect(lines[0]).toMatch(/^Max-Age=90;/);
    expect(lines[1]).toMatch(/^Max-Age=90;/);
    expect((await auth.sessions("ada"))[0]?.endsAt).toBe(NOW + 90);
    clock.advance(60);
    const asked = request(`__Host-refresh=${set[1]?.value}`);
    expect(await asked.request.refresh()).toEqual({ expiresIn: 30, refreshExpiresIn: 30 });
    const years = await linesOf({}, { refreshMaxAge: 1e8 });
    expect(years.answer).toEqual({ expiresIn: 3600, refreshExpiresIn: 1e8 });
    for (const line of years.lines) expect(line).toMatch(/^Max-Age=34560000;/);
  });

  it("are rejected with a TypeError for invalid login options, and no session starts", async () => {
    const { auth, request } = open(bare, { sessionMaxAge: 100 });
    for (const options of [
      { remember: "no" },
      { remember: null },
      { sessionMaxAge: 0 },
      { sessionMaxAge: -1 },
      { sessionMaxAge: 1.5 },
      { sessionMaxAge: "60" },
      { sessionMaxAge: Number.POSITIVE_INFINITY },
      { sessionMaxAge: 101 },
      { remembered: false },
    ]) {
      expect(await refusalOf(request("").request.login("ada", options as object))).toBeInstanceOf(TypeError);
      expect(await refusalOf(auth.login("ada", options as object))).toBeInstanceOf(TypeError);
    }
    const messageOf = async (one: AuthManager, sessionMaxAge: number): Promise<string> =>
      ((await refusalOf(one.login("ada", { sessionMaxAge }))) as Error).message;
    expect(await messageOf(auth, 101)).toContain("which is 100 seconds");
    expect(await messageOf(open().auth, 1e12)).toContain("from 1 to 100000000000");
    expect(await auth.sessions("ada")).toEqual([]);
    expect(await request("").request.login("ada", { sessionMaxAge: 100 })).toMatchObject({ refreshExpiresIn: 100 });
  });
});

describe("tokens that are too large for a cookie", () => {
  const claims = { pad: "x".repeat(4000) };

  it("start no session", async () => {
    const events: string[] = [];
    const { auth, request } = open(bare, { onEvent: ({ type }) => events.push(type) });
    const asked = request("");
    expect(await refusalOf(asked.request.login("ada", { claims }))).toBeInstanceOf(CookieError);
    expect([asked.set, events, await auth.sessions("ada")]).toEqual([[], [], []]);
    expect(await asked.request.login("ada", { claims, deliver: "body" })).toHaveProperty("authToken");
  });

  it.each([0, 10])("keep the session of a refresh, with a grace period of %i s", async (refreshGrace) => {
    let isTooMuch = true;
    const authorize = (): object => ({ claims: isTooMuch ? claims : {} });
    const events: string[] = [];
    const onEvent = ({ type }: { readonly type: string }): unknown => events.push(type);
    const { auth, request, clock } = open(bare, { refreshGrace, authorize, authorizeAt: "issue", onEvent } as object);
    isTooMuch = false;
    const { refreshToken } = await auth.login("ada");
    isTooMuch = true;
    for (let n = 0; n < 2; n++) {
      const asked = request(`__Host-refresh=${refreshToken}`);
      expect(await refusalOf(asked.request.refresh())).toBeInstanceOf(CookieError);
      expect(asked.set).toEqual([]);
      clock.advance(60);
    }
    isTooMuch = false;
    expect(await request(`__Host-refresh=${refreshToken}`).request.refresh()).toMatchObject({ expiresIn: 3600 });
    expect([events.includes("reused"), (await auth.sessions("ada")).length]).toEqual([false, 1]);
  });
});

describe("an expired cookie", () => {
  const expired = (over: object = {}, secret?: string): string =>
    forge({ payload: goodClaims({ exp: NOW, ...over }), ...(secret ? { secret } : {}) });
  const gone = "a key that was rotated away long ago!";

  it("is rejected with TOKEN_EXPIRED without a check of signature, key or issuer", async () => {
    const { request } = open();
    for (const token of [expired(), expired({}, gone), expired({ iss: "https://other.example" }), `${expired()}x`]) {
      const reason = token.endsWith("x") ? /TOKEN_(EXPIRED|MALFORMED)/ : /TOKEN_EXPIRED/;
      expect(
        ((await refusalOf(request(`__Host-auth=${token}`).request.require())) as { reason: string }).reason,
      ).toMatch(reason);
    }
    expect(
      await refusalOf(request(`__Host-refresh=${expired({ type: "refresh" }, gone)}`).request.refresh()),
    ).toMatchObject({
      reason: "TOKEN_EXPIRED",
    });
    expect(
      await refusalOf(
        request(`__Host-refresh=${expired({ type: "refresh" }, gone)}`).request.require({ type: "refresh" }),
      ),
    ).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });

  it("causes no fetch of keys, so that an unavailable key set causes no 503", async () => {
    let fetches = 0;
    const fetch = async (): Promise<Response> => {
      fetches++;
      throw new Error("down");
    };
    const trust = [
      {
        issuer: "https://theirs.example",
        jwksUri: "https://theirs.example/jwks",
        audience: null,
        algorithms: ["ES256"],
        fetch,
      },
    ] as const;
    const { auth: manager } = createAuth({
      trust: [{ ...trust[0], subject: "verbatim", claims: [] }],
      cookies: { auth: "a" },
    } as never);
    const header = { alg: "ES256", typ: "at+jwt", kid: "gone" };
    const at = (exp: number) => forge({ header, payload: goodClaims({ iss: "https://theirs.example", exp }) });
    const ask = (token: string) => manager.forRequest({ headers: { ...OWN, cookie: `a=${token}` } }).require();
    expect(await refusalOf(ask(at(NOW)))).toMatchObject({ status: 401, reason: "TOKEN_EXPIRED" });
    expect(fetches).toBe(0);
    expect(await refusalOf(ask(at(NOW + 60)))).toMatchObject({ status: 503, reason: "KEYS_UNAVAILABLE" });
  });

  it("has its signature checked while it is valid or within the leeway, and so has every header", async () => {
    const { request, auth } = open();
    const lenient = open(bare, { leeway: 10 });
    expect(await refusalOf(request(`__Host-auth=${expired({ exp: NOW + 1 }, gone)}`).request.require())).toMatchObject({
      reason: "SIGNATURE_INVALID",
    });
    expect((await lenient.request(`__Host-auth=${expired()}`).request.require()).sub).toBe("ada");
    expect(await refusalOf(lenient.request(`__Host-auth=${expired({}, gone)}`).request.require())).toMatchObject({
      reason: "SIGNATURE_INVALID",
    });
    const bearer = auth.forRequest({ headers: { authorization: `Bearer ${expired({}, gone)}` } });
    expect(await refusalOf(bearer.require())).toMatchObject({ reason: "SIGNATURE_INVALID" });
    for (const exp of ["0", null, {}, [0]])
      expect(await refusalOf(request(`__Host-auth=${expired({ exp }, gone)}`).request.require())).toMatchObject({
        reason: "SIGNATURE_INVALID",
      });
  });
});

describe("a guard that finds an ended session", () => {
  const always = { sessionCheck: "always", sessionCheckTtl: 0 } as const;

  it("clears both of its cookies, by either type of token", async () => {
    for (const type of ["auth", "refresh"] as const) {
      const { auth, request } = open(bare, always);
      const { authToken, refreshToken } = await auth.login("ada");
      const asked = request(`__Host-auth=${authToken}; __Host-refresh=${refreshToken}`);
      expect((await asked.request.require({ type })).sub).toBe("ada");
      expect(asked.set).toEqual([]);
      await auth.revoke({ subject: "ada" });
      const later = request(`__Host-auth=${authToken}; __Host-refresh=${refreshToken}`);
      expect(await refusalOf(later.request.require({ type }))).toMatchObject({ reason: "TOKEN_REVOKED" });
      expect(later.ofToday().map(({ name, attributes }) => [name, attributes.maxAge])).toEqual([
        ["__Host-auth", 0],
        ["__Host-refresh", 0],
      ]);
    }
  });

  it("keeps the cookie of another session, and clears nothing for a token in the header", async () => {
    const { auth, request } = open(bare, always);
    const ended = await auth.login("ada");
    await auth.revoke({ token: ended.refreshToken });
    const living = await auth.login("ada");
    const asked = request(`__Host-auth=${ended.authToken}; __Host-refresh=${living.refreshToken}`);
    await refusalOf(asked.request.require());
    expect(asked.ofToday().map(({ name }) => name)).toEqual(["__Host-auth"]);
    const bearer = request(`__Host-refresh=${living.refreshToken}`, {
      ...OWN,
      authorization: `Bearer ${ended.authToken}`,
    });
    expect(await refusalOf(bearer.request.require())).toMatchObject({ reason: "TOKEN_REVOKED" });
    expect(bearer.set).toEqual([]);
  });

  it("clears nothing when only rights are missing, a token has expired, or the store is unavailable", async () => {
    const rights = open(bare, { authorize: () => null, authorizeAt: "request" });
    const { authToken } = await rights.auth.login("ada");
    const refused = rights.request(`__Host-auth=${authToken}`);
    expect(await refusalOf(refused.request.require())).toMatchObject({ reason: "TOKEN_REVOKED" });
    expect(refused.set).toEqual([]);
    const { auth, request, clock, store } = open(bare, { ...always, storeTimeout: 0.1 });
    const tokens = await auth.login("ada");
    const find = store.find;
    Object.assign(store, { find: () => Promise.reject(new Error("down")) });
    const down = request(`__Host-auth=${tokens.authToken}`);
    expect(await refusalOf(down.request.require())).toMatchObject({ reason: "STORE_UNAVAILABLE" });
    Object.assign(store, { find });
    clock.advance(3600);
    const late = request(`__Host-auth=${tokens.authToken}`);
    expect(await refusalOf(late.request.require())).toMatchObject({ reason: "TOKEN_EXPIRED" });
    expect([down.set, late.set]).toEqual([[], []]);
  });

  it("never clears cookies that the same response sets, in either order", async () => {
    const { auth, request } = open(bare, always);
    const { authToken, refreshToken } = await auth.login("ada");
    await auth.revoke({ subject: "ada" });
    const cookie = `__Host-auth=${authToken}; __Host-refresh=${refreshToken}`;
    for (const isLoginFirst of [true, false]) {
      const asked = request(cookie);
      if (isLoginFirst) await asked.request.login("ada");
      await refusalOf(asked.request.require());
      if (!isLoginFirst) await asked.request.login("ada");
      const last = Object.fromEntries(asked.set.map(({ name, attributes }) => [name, attributes.maxAge]));
      expect(last).toEqual({ "__Host-auth": 604_800, "__Host-refresh": 604_800 });
    }
  });
});
