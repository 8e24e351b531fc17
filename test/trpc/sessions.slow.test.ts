/** Sessions by cookie and bearer token on every adapter: login, refresh, logout and cookies. */
import type { CookieConfig } from "claimgate";
import type { TRPCContextOptions } from "claimgate/trpc";
import { describe, expect, test } from "vitest";
import { foreignMarks, openBrowser } from "../support/cookie-browser.ts";
import { ATTRIBUTES, CLEARED, pairIn } from "../support/session-stage.ts";
import { forbidden, unauthorized } from "../support/trpc.ts";
import { httpAdapters } from "./adapters.ts";
import { EXPIRIES, outcomeOf, outcomesOf, sidOf, startSessions, storeUnavailable } from "./session-support.ts";

const rejected = forbidden("CSRF_REJECTED");
const JWT_TEXT = String.raw`[\w-]+\.[\w-]+\.[\w-]+`;
const pages = foreignMarks("http://127.0.0.1:2").map(([page]) => page);

/** The headers that a page sends to the server at `url`. */
function marksOf(page: string, url: string): Record<string, string> {
  return Object.fromEntries(foreignMarks(url))[page] ?? {};
}

/** Sets a cookie of the application on the response of any adapter. */
function setOwnCookie({ res, resHeaders }: TRPCContextOptions, cookie: string): void {
  const response = res as { setHeader?(name: string, value: string): void; header?(name: string, value: string): void };
  if (resHeaders) resHeaders.append?.("Set-Cookie", cookie);
  else if (response.setHeader) response.setHeader("Set-Cookie", cookie);
  else response.header?.("Set-Cookie", cookie);
}

describe.each(httpAdapters)("over $name", (adapter) => {
  test("a login by cookie returns only expiries, and its cookies are accepted by the next request", async () => {
    const { call, browser, records } = await startSessions(adapter);
    expect(outcomeOf(await call("me", undefined, { method: "GET" }))).toEqual(unauthorized("TOKEN_MISSING"));
    const answer = await call("login", { user: "alice" });
    expect(answer.status).toBe(200);
    expect(answer.json).toEqual({ result: { data: EXPIRIES } });
    expect(answer.setCookies).toEqual([
      expect.stringMatching(new RegExp(`^__Host-auth=${JWT_TEXT}; Max-Age=604800; ${ATTRIBUTES}$`)),
      expect.stringMatching(new RegExp(`^__Host-refresh=${JWT_TEXT}; Max-Age=604800; ${ATTRIBUTES}$`)),
    ]);
    for (const token of Object.values(pairIn(browser))) expect(answer.text).not.toContain(token);
    expect(answer.cacheControl).toBe("no-store");
    expect(outcomeOf(await call("me", undefined, { method: "GET" }))).toBe("alice");
    expect(outcomeOf(await call("act"))).toBe("alice");
    expect(outcomeOf(await call("renew"))).toBe("alice");
    expect(await records()).toHaveLength(1);
  });

  test("a refresh by cookie replaces both tokens, and reuse of the previous token ends the session", async () => {
    const { call, browser, clock, login, records } = await startSessions(adapter, { refreshGrace: 0 });
    const before = await login();
    const victim = openBrowser(browser.cookies);
    clock.advance(60);
    const answer = await call("refresh");
    expect(answer.json).toEqual({ result: { data: EXPIRIES } });
    expect(answer.setCookies).toHaveLength(2);
    const after = pairIn(browser);
    expect([after.auth === before.auth, after.refresh === before.refresh]).toEqual([false, false]);
    expect(sidOf(after.auth)).toBe(sidOf(before.refresh));
    expect(answer.text).not.toContain(after.refresh);
    expect(outcomeOf(await call("act"))).toBe("alice");
    const reused = await call("refresh", undefined, {}, victim);
    expect([reused.status, outcomeOf(reused), reused.setCookies]).toEqual([401, unauthorized("TOKEN_REUSED"), CLEARED]);
    expect(await records()).toEqual([]);
    expect(outcomeOf(await call("refresh"))).toEqual(unauthorized("TOKEN_REVOKED"));
  });

  test("a logout ends the session and clears both cookies, also when it is repeated", async () => {
    const { call, browser, login, records } = await startSessions(adapter);
    const { refresh } = await login();
    const answer = await call("logout");
    expect([answer.status, answer.setCookies, answer.cacheControl]).toEqual([200, CLEARED, "no-store"]);
    expect([browser.cookies.size, await records()]).toEqual([0, []]);
    expect(outcomeOf(await call("me", undefined, { method: "GET" }))).toEqual(unauthorized("TOKEN_MISSING"));
    expect(outcomeOf(await call("refresh", { token: refresh }))).toEqual(unauthorized("TOKEN_REVOKED"));
    expect((await call("logout")).setCookies).toEqual(CLEARED);
  });

  test("a logout with expired tokens ends its own session and no other", async () => {
    const { call, clock, login, records } = await startSessions(adapter);
    const { refresh } = await login();
    await call("login", { user: "alice" }, {}, openBrowser());
    clock.advance(3600);
    expect(outcomeOf(await call("me", undefined, { method: "GET" }))).toEqual(unauthorized("TOKEN_EXPIRED"));
    expect((await call("logout")).setCookies).toEqual(CLEARED);
    expect((await records()).map(({ id }) => id === sidOf(refresh))).toEqual([false]);
  });

  test.each<[what: string, cookies: CookieConfig, names: [string, string], attributes: string]>([
    [
      "with a domain, a path and SameSite",
      { auth: "a", refresh: "r", domain: "example.com", path: "/trpc", sameSite: "strict" },
      ["__Secure-a", "__Secure-r"],
      "Domain=example.com; Path=/trpc; HttpOnly; Secure; SameSite=Strict",
    ],
    ["without secure", { auth: "a", refresh: "r", secure: false }, ["a", "r"], "Path=/; HttpOnly; SameSite=Lax"],
  ])("cookies %s are set and cleared with the same attributes", async (_, cookies, [auth, refresh], attributes) => {
    const { call, browser } = await startSessions(adapter, { cookies });
    const { setCookies } = await call("login", { user: "alice" });
    expect(setCookies).toEqual([
      `${auth}=${browser.cookies.get(auth)}; Max-Age=604800; ${attributes}`,
      `${refresh}=${browser.cookies.get(refresh)}; Max-Age=604800; ${attributes}`,
    ]);
    expect(outcomeOf(await call("act"))).toBe("alice");
    expect((await call("logout")).setCookies).toEqual([
      `${auth}=; Max-Age=0; ${attributes}`,
      `${refresh}=; Max-Age=0; ${attributes}`,
    ]);
  });

  test("two logins in one batch leave both cookies of one login", async () => {
    const { call, browser, records } = await startSessions(adapter);
    const answer = await call("login,login?batch=1", { 0: { user: "alice" }, 1: { user: "alice" } });
    expect(outcomesOf(answer)).toEqual([EXPIRIES, EXPIRIES]);
    expect(answer.setCookies).toHaveLength(2);
    const { auth, refresh } = pairIn(browser);
    expect(sidOf(auth)).toBe(sidOf(refresh));
    expect((await records()).map(({ id }) => id)).toContain(sidOf(auth));
    expect(outcomeOf(await call("act"))).toBe("alice");
  });

  test("two refreshes in one batch make one rotation", async () => {
    const { call, login, records } = await startSessions(adapter, { refreshGrace: 0 });
    await login();
    const [before] = await records();
    const answer = await call("refresh,refresh?batch=1", {});
    expect(outcomesOf(answer)).toEqual([EXPIRIES, EXPIRIES]);
    expect(answer.setCookies).toHaveLength(2);
    const [after] = await records();
    expect(after?.previous?.rid).toBe(before?.rid);
    expect(outcomeOf(await call("refresh"))).toEqual(EXPIRIES);
  });

  test("the application's own cookies and ours are both set", async () => {
    const createUserContext = (opts: TRPCContextOptions): object => {
      setOwnCookie(opts, "theme=dark; Path=/");
      return {};
    };
    const responseMeta = () => ({
      headers: new Headers([
        ["Set-Cookie", "lang=en; Path=/"],
        ["Set-Cookie", "seen=1"],
        ["X-Served-By", "app"],
      ]),
    });
    const namesOf = (lines: readonly string[]): unknown[] => lines.map((line) => line.replace(/=.*/, "")).toSorted();
    const ours = ["__Host-auth", "__Host-refresh"];
    // One way at a time: on Node, tRPC replaces the cookies of createContext with those of
    // responseMeta.
    for (const [app, names] of [
      [{ createUserContext }, ["theme"]],
      [{ responseMeta }, ["lang", "seen"]],
    ] as const) {
      const { call } = await startSessions(adapter, {}, app);
      for (const name of ["login", "refresh", "logout"]) {
        const answer = await call(name, name === "login" ? { user: "alice" } : undefined);
        expect(namesOf(answer.setCookies)).toEqual([...ours, ...names]);
      }
      expect(namesOf((await call("open", undefined, { method: "GET" })).setCookies)).toEqual(names);
    }
  });

  test("the application's Cache-Control never makes a response with a token cacheable", async () => {
    const responseMeta = () => ({ headers: new Headers([["Cache-Control", "public, max-age=60"]]) });
    const { call } = await startSessions(adapter, {}, { responseMeta });
    const tokens = [await call("login", { user: "alice", deliver: "body" }), await call("login", { user: "alice" })];
    for (const { cacheControl } of [...tokens, await call("me", undefined, { method: "GET" })]) {
      expect(cacheControl).toMatch(/\bno-store\b/);
    }
    expect((await call("open", undefined, { method: "GET" })).cacheControl).toBe("public, max-age=60");
  });

  describe("with deliver: body", () => {
    test("the tokens are in the response, and no cookie is set", async () => {
      const { call, browser, clock } = await startSessions(adapter, { refreshGrace: 0 });
      const bearer = (token: string) => ({ marks: {}, headers: { authorization: `Bearer ${token}` } });
      const login = await call("login", { user: "alice", deliver: "body" }, { marks: {} });
      const first = outcomeOf(login) as { authToken: string; refreshToken: string };
      const token = expect.stringMatching(new RegExp(`^${JWT_TEXT}$`));
      expect(first).toEqual({ ...EXPIRIES, authToken: token, refreshToken: token });
      expect([login.setCookies, login.cacheControl]).toEqual([[], "no-store"]);
      expect(outcomeOf(await call("act", undefined, bearer(first.authToken)))).toBe("alice");
      clock.advance(1);
      const refresh = await call("refresh", { deliver: "body" }, bearer(first.refreshToken));
      const second = outcomeOf(refresh) as typeof first;
      expect(Object.keys(second).toSorted()).toEqual(Object.keys(first).toSorted());
      expect([refresh.setCookies, refresh.cacheControl]).toEqual([[], "no-store"]);
      const third = await call("refresh", { deliver: "body", token: second.refreshToken }, { marks: {} });
      expect(outcomeOf(third)).toMatchObject(EXPIRIES);
      // Cookies are neither set nor cleared for a client without cookies.
      const reused = await call("refresh", { deliver: "body" }, bearer(first.refreshToken));
      expect([outcomeOf(reused), reused.setCookies]).toEqual([unauthorized("TOKEN_REUSED"), []]);
      const out = await call("logout", {}, bearer(first.authToken));
      expect([out.status, out.setCookies, browser.cookies.size]).toEqual([200, [], 0]);
    });

    test("a refreshProcedure can rotate the refresh token that it has accepted", async () => {
      const { auth, call } = await startSessions(adapter, { refreshGrace: 0 });
      const { refreshToken } = await auth.login("alice");
      const asked = { marks: {}, headers: { authorization: `Bearer ${refreshToken}` } };
      expect(outcomeOf(await call("rotateGuarded", undefined, asked))).toMatchObject(EXPIRIES);
      expect(outcomeOf(await call("rotateGuarded", undefined, asked))).toEqual(unauthorized("TOKEN_REUSED"));
    });
  });

  describe("a page", () => {
    test.each(pages)("of another site gets no cookies and changes no session: %s", async (page) => {
      const { call, url, browser, login, records } = await startSessions(adapter);
      const marks = marksOf(page, url);
      const asCaller = async (by: ReturnType<typeof openBrowser>) => {
        const answers = [
          await call("login", { user: "alice" }, { marks }, by),
          await call("refresh", undefined, { marks }, by),
          await call("logout", undefined, { marks }, by),
          await call("loginByGet", undefined, { marks, method: "GET" }, by),
          await call("refreshByGet", undefined, { marks, method: "GET" }, by),
          await call("logoutByGet", undefined, { marks, method: "GET" }, by),
        ];
        for (const answer of answers) {
          expect([answer.status, outcomeOf(answer), answer.setCookies]).toEqual([403, rejected, []]);
        }
      };
      await asCaller(openBrowser());
      expect(await records()).toEqual([]);
      await login();
      const before = await records();
      await asCaller(browser);
      expect(await records()).toEqual(before);
      expect(outcomeOf(await call("refresh"))).toEqual(EXPIRIES);
    });

    test.each<[page: string, marks: (origin: string) => Record<string, string>]>([
      ["the server's origin", (origin) => ({ origin, "sec-fetch-site": "same-origin" })],
      ["the server's origin without Sec-Fetch-Site", (origin) => ({ origin })],
      ["Sec-Fetch-Site same-origin without an origin", () => ({ "sec-fetch-site": "same-origin" })],
      ["an allowed origin", () => ({ origin: "https://app.example", "sec-fetch-site": "cross-site" })],
    ])("of an accepted origin logs in, refreshes and logs out: %s", async (_, marksOfPage) => {
      const { call, url, records } = await startSessions(adapter, { csrf: { origins: ["https://app.example"] } });
      const marks = marksOfPage(new URL(url).origin);
      for (const [login, refresh, logout, method] of [
        ["login", "refresh", "logout", "POST"],
        ["loginByGet", "refreshByGet", "logoutByGet", "GET"],
      ] as const) {
        const asked = { marks, method };
        const body = method === "POST" ? { user: "alice" } : undefined;
        expect(outcomeOf(await call(login, body, asked))).toEqual(EXPIRIES);
        expect(await records()).toHaveLength(1);
        expect(outcomeOf(await call(refresh, undefined, asked))).toEqual(EXPIRIES);
        expect((await call(logout, undefined, asked)).setCookies).toEqual(CLEARED);
        expect(await records()).toEqual([]);
      }
    });

    test("of another site gets tokens in the body, without cookies", async () => {
      const { call } = await startSessions(adapter);
      const marks = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
      const answer = await call("login", { user: "alice", deliver: "body" }, { marks });
      expect([answer.status, answer.setCookies]).toEqual([200, []]);
    });
  });

  test("a 503 sets and clears no cookie, and the retry succeeds", async () => {
    const { call, browser, store, login, records } = await startSessions(adapter, { refreshGrace: 0 });
    store.isDown = true;
    const refused = await call("login", { user: "alice" });
    expect([refused.status, outcomeOf(refused), refused.setCookies]).toEqual([503, storeUnavailable, []]);
    store.isDown = false;
    const held = await login();
    store.isDown = true;
    for (const name of ["refresh", "logout", "renew"]) {
      const answer = await call(name);
      expect([answer.status, outcomeOf(answer), answer.setCookies]).toEqual([503, storeUnavailable, []]);
    }
    expect(pairIn(browser)).toEqual(held);
    // An auth token is valid until it expires, and a public procedure needs no token.
    expect(outcomeOf(await call("act"))).toBe("alice");
    expect(outcomeOf(await call("open", undefined, { method: "GET" }))).toBe("open");
    store.isDown = false;
    expect(await records()).toHaveLength(1);
    expect(outcomeOf(await call("refresh"))).toEqual(EXPIRIES);
    expect((await call("logout")).setCookies).toEqual(CLEARED);
  });

  test("a permanently invalid refresh cookie is cleared with the auth cookie, and a new login works", async () => {
    const { auth, call, browser, clock, login } = await startSessions(adapter, { refreshGrace: 0 });
    const refuse = async (reason: Parameters<typeof unauthorized>[0]): Promise<void> => {
      const answer = await call("refresh");
      expect([answer.status, outcomeOf(answer), answer.setCookies]).toEqual([401, unauthorized(reason), CLEARED]);
      expect(answer.cacheControl).toBe("no-store");
      expect(browser.cookies.size).toBe(0);
      await login();
      expect(outcomeOf(await call("act"))).toBe("alice");
    };
    const { refresh: used } = await login();
    await call("refresh");
    browser.cookies.set("__Host-refresh", used);
    await refuse("TOKEN_REUSED");
    await auth.revoke({ subject: "alice" });
    await refuse("TOKEN_REVOKED");
    // For one minute the token may still be valid by another server's clock.
    clock.advance(604_800);
    const perhaps = await call("refresh");
    expect([outcomeOf(perhaps), perhaps.setCookies]).toEqual([unauthorized("TOKEN_EXPIRED"), []]);
    clock.advance(60);
    await refuse("TOKEN_EXPIRED");
    // It belongs to no session, so the auth cookie of another session stays.
    browser.cookies.set("__Host-refresh", "no.token");
    const malformed = await call("refresh");
    expect([outcomeOf(malformed), malformed.setCookies]).toEqual([unauthorized("TOKEN_MALFORMED"), CLEARED.slice(1)]);
    expect(outcomeOf(await call("act"))).toBe("alice");
    // Without a refresh cookie, only an expired auth cookie is cleared, because it cannot be
    // renewed.
    const missing = await call("refresh");
    expect([outcomeOf(missing), missing.setCookies]).toEqual([unauthorized("TOKEN_MISSING"), []]);
    clock.advance(3660);
    const expired = await call("refresh");
    expect([outcomeOf(expired), expired.setCookies]).toEqual([unauthorized("TOKEN_MISSING"), CLEARED]);
    expect(outcomeOf(await call("greet", undefined, { method: "GET" }))).toBe("stranger");
  });

  test("a temporarily invalid refresh cookie clears neither cookie", async () => {
    const { call, browser, clock, login } = await startSessions(adapter, { refreshGrace: 0 });
    const held = await login();
    const refuse = async (token: string, reason: Parameters<typeof unauthorized>[0]): Promise<void> => {
      browser.cookies.set("__Host-refresh", token);
      const answer = await call("refresh");
      expect([answer.status, outcomeOf(answer), answer.setCookies]).toEqual([401, unauthorized(reason), []]);
      expect(pairIn(browser)).toEqual({ ...held, refresh: token });
    };
    // Another server may know the key, type or length; a clock may be behind.
    await refuse(`${held.refresh.slice(0, -6)}AAAAAA`, "SIGNATURE_INVALID");
    await refuse(held.auth, "TOKEN_TYPE_INVALID");
    await refuse("x".repeat(8200), "TOKEN_MALFORMED");
    clock.advance(-61);
    await refuse(held.refresh, "TOKEN_NOT_YET_VALID");
    clock.advance(61);
    expect(outcomeOf(await call("refresh"))).toEqual(EXPIRIES);
  });

  test("an invalid token in the input or the header clears no cookie", async () => {
    const { call, login, browser } = await startSessions(adapter);
    const held = await login();
    const byInput = await call("refresh", { token: "no.token" });
    expect([outcomeOf(byInput), byInput.setCookies]).toEqual([unauthorized("TOKEN_MALFORMED"), []]);
    const headers = { authorization: "Bearer no.token" };
    const byHeader = await call("refresh", undefined, { headers });
    expect([outcomeOf(byHeader), byHeader.setCookies]).toEqual([unauthorized("TOKEN_MALFORMED"), []]);
    const logout = await call("logout", undefined, { headers });
    expect([outcomeOf(logout), logout.setCookies]).toEqual([unauthorized("TOKEN_MALFORMED"), []]);
    expect(pairIn(browser)).toEqual(held);
    expect(outcomeOf(await call("refresh"))).toEqual(EXPIRIES);
  });

  test("a response is not cacheable after a guard has read a cookie, and unchanged otherwise", async () => {
    const { call, auth, login, browser } = await startSessions(adapter);
    const get = { method: "GET" } as const;
    const { auth: token } = await login();
    for (const name of ["me", "greet", "me,open?batch=1"]) {
      expect((await call(name, undefined, get)).cacheControl).toBe("no-store");
    }
    expect((await call("renew")).cacheControl).toBe("no-store");
    await auth.revoke({ subject: "alice" });
    expect((await call("renew")).cacheControl).toBe("no-store");
    expect((await call("open", undefined, get)).cacheControl).toBeUndefined();
    browser.cookies.clear();
    expect((await call("me", undefined, get)).cacheControl).toBeUndefined();
    expect((await call("greet", undefined, get)).cacheControl).toBeUndefined();
    const bearer = { ...get, headers: { authorization: `Bearer ${token}` } };
    expect((await call("me", undefined, bearer)).cacheControl).toBeUndefined();
  });

  test("a refreshProcedure rejects a token that the store reports as reused or revoked", async () => {
    const { auth, call, store } = await startSessions(adapter, { refreshGrace: 0 });
    const asked = (token: string) => ({ marks: {}, headers: { authorization: `Bearer ${token}` } });
    const { refreshToken } = await auth.login("alice");
    expect(outcomeOf(await call("renew", undefined, asked(refreshToken)))).toBe("alice");
    store.isDown = true;
    const down = await call("renew", undefined, asked(refreshToken));
    expect([down.status, outcomeOf(down)]).toEqual([503, storeUnavailable]);
    store.isDown = false;
    const next = await auth.refresh(refreshToken);
    expect(outcomeOf(await call("renew", undefined, asked(next.refreshToken)))).toBe("alice");
    const reused = await call("renew", undefined, asked(refreshToken));
    expect([reused.status, outcomeOf(reused)]).toEqual([401, unauthorized("TOKEN_REUSED")]);
    const revoked = await call("renew", undefined, asked(next.refreshToken));
    expect([revoked.status, outcomeOf(revoked)]).toEqual([401, unauthorized("TOKEN_REVOKED")]);
  });
});
