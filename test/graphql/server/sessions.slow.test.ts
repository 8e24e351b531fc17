/** Sessions by cookie and bearer token on three servers: login, refresh, logout and cookies. */
import { JWT } from "claimgate";
import { describe, expect, test } from "vitest";
import { foreignMarks, openBrowser } from "../../support/cookie-browser.ts";
import { ATTRIBUTES, CLEARED, pairIn } from "../../support/session-stage.ts";
import {
  apollo,
  EXPIRIES,
  type GraphQLExchange,
  graphqlHttp,
  outcomeOf,
  reasonOf,
  startSessions,
  TOKENS,
  yoga,
} from "./session-support.ts";

const JWT_TEXT = String.raw`[\w-]+\.[\w-]+\.[\w-]+`;
const LOGIN = `mutation { login ${TOKENS} }`;
const REFRESH = `mutation { refresh ${TOKENS} }`;
const LOGOUT = "mutation { logout }";
const pages = foreignMarks("http://127.0.0.1:2").map(([page]) => page);

const unauthenticated = (reason: string) => ({ code: "UNAUTHENTICATED", reason });
const rejected = { code: "FORBIDDEN", reason: "CSRF_REJECTED" };
const unavailable = { code: "SERVICE_UNAVAILABLE", reason: "STORE_UNAVAILABLE" };

const login = (answer: GraphQLExchange): unknown => outcomeOf(answer, "login");
const refresh = (answer: GraphQLExchange): unknown => outcomeOf(answer, "refresh");
const bearer = (token: string) => ({ marks: {}, headers: { authorization: `Bearer ${token}` } });

/** The headers that a page sends to the server at `url`. */
function marksOf(page: string, url: string): Record<string, string> {
  return Object.fromEntries(foreignMarks(url))[page] ?? {};
}

describe.each([yoga, apollo, graphqlHttp])("on $name", (host) => {
  test("a login by cookie returns only expiries, and its cookies are accepted by the next request", async () => {
    const { ask, browser, records } = await startSessions(host);
    expect(outcomeOf(await ask("{ me }"), "me")).toEqual(unauthenticated("TOKEN_MISSING"));
    const given = await ask(LOGIN);
    expect([given.status, given.answer]).toEqual([200, { data: { login: EXPIRIES } }]);
    expect(given.setCookies).toEqual([
      expect.stringMatching(new RegExp(`^__Host-auth=${JWT_TEXT}; Max-Age=604800; ${ATTRIBUTES}$`)),
      expect.stringMatching(new RegExp(`^__Host-refresh=${JWT_TEXT}; Max-Age=604800; ${ATTRIBUTES}$`)),
    ]);
    for (const token of Object.values(pairIn(browser))) expect(given.text).not.toContain(token);
    expect(given.cacheControl).toBe("no-store");
    expect((await ask("{ me greet }")).answer).toEqual({ data: { me: "alice", greet: "alice" } });
    expect((await ask("mutation { act renew }")).answer).toEqual({ data: { act: "alice", renew: "alice" } });
    expect(await records()).toHaveLength(1);
  });

  test("a refresh by cookie replaces both tokens, and reuse of the previous token ends the session", async () => {
    const { ask, browser, clock, login, records } = await startSessions(host, { refreshGrace: 0 });
    const before = await login();
    const victim = openBrowser(browser.cookies);
    clock.advance(60);
    const given = await ask(REFRESH);
    expect([given.answer, given.setCookies.length]).toEqual([{ data: { refresh: EXPIRIES } }, 2]);
    const after = pairIn(browser);
    expect([after.auth === before.auth, after.refresh === before.refresh]).toEqual([false, false]);
    const sidOf = (token: string): unknown => JWT.fromSignedToken(token).claims.sid;
    expect(sidOf(after.auth)).toBe(sidOf(before.refresh));
    const reused = await ask(REFRESH, {}, victim);
    expect([refresh(reused), reused.setCookies]).toEqual([unauthenticated("TOKEN_REUSED"), CLEARED]);
    expect(await records()).toEqual([]);
    expect(refresh(await ask(REFRESH))).toEqual(unauthenticated("TOKEN_REVOKED"));
  });

  test("a logout ends the session and clears both cookies, also when it is repeated", async () => {
    const { ask, browser, login, records } = await startSessions(host);
    const held = await login();
    const given = await ask(LOGOUT);
    expect([given.answer, given.setCookies]).toEqual([{ data: { logout: true } }, CLEARED]);
    expect([given.cacheControl, browser.cookies.size, await records()]).toEqual(["no-store", 0, []]);
    const again = await ask(`mutation { refresh(token: "${held.refresh}") { expiresIn } }`);
    expect(refresh(again)).toEqual(unauthenticated("TOKEN_REVOKED"));
    expect((await ask(LOGOUT)).setCookies).toEqual(CLEARED);
  });

  test("cookies are set and cleared with the configured attributes", async () => {
    const attributes = "Domain=example.com; Path=/graphql; HttpOnly; Secure; SameSite=Strict";
    const cookies = { auth: "a", refresh: "r", domain: "example.com", path: "/graphql", sameSite: "strict" } as const;
    const { ask, browser } = await startSessions(host, { cookies });
    expect((await ask(LOGIN)).setCookies).toEqual([
      `__Secure-a=${browser.cookies.get("__Secure-a")}; Max-Age=604800; ${attributes}`,
      `__Secure-r=${browser.cookies.get("__Secure-r")}; Max-Age=604800; ${attributes}`,
    ]);
    expect((await ask(LOGOUT)).setCookies).toEqual([
      `__Secure-a=; Max-Age=0; ${attributes}`,
      `__Secure-r=; Max-Age=0; ${attributes}`,
    ]);
  });

  test("two logins in one operation leave both cookies of the last login", async () => {
    const { ask, browser } = await startSessions(host);
    const given = await ask('mutation { a: login(user: "alice") { expiresIn } b: login(user: "bob") { expiresIn } }');
    expect(given.setCookies).toHaveLength(2);
    for (const token of Object.values(pairIn(browser))) expect(JWT.fromSignedToken(token).sub).toBe("bob");
  });

  test("a login with deliver: body returns the tokens and sets no cookie", async () => {
    const { ask, browser, clock } = await startSessions(host, { refreshGrace: 0 });
    const begun = await ask(`mutation { login(deliver: "body") ${TOKENS} }`, { marks: {} });
    const first = login(begun) as { authToken: string; refreshToken: string };
    const token = expect.stringMatching(new RegExp(`^${JWT_TEXT}$`));
    expect(first).toEqual({ ...EXPIRIES, authToken: token, refreshToken: token });
    expect([begun.setCookies, begun.cacheControl]).toEqual([[], "no-store"]);
    expect(outcomeOf(await ask("mutation { act }", bearer(first.authToken)), "act")).toBe("alice");
    clock.advance(1);
    const renewed = await ask(`mutation { refresh(deliver: "body") ${TOKENS} }`, bearer(first.refreshToken));
    expect([renewed.setCookies, renewed.cacheControl]).toEqual([[], "no-store"]);
    expect(refresh(renewed)).toEqual({ ...EXPIRIES, authToken: token, refreshToken: token });
    const reused = await ask('mutation { refresh(deliver: "body") { authToken } }', bearer(first.refreshToken));
    expect([refresh(reused), reused.setCookies]).toEqual([unauthenticated("TOKEN_REUSED"), []]);
    const out = await ask(LOGOUT, bearer(first.authToken));
    expect([out.answer, out.setCookies, browser.cookies.size]).toEqual([{ data: { logout: true } }, [], 0]);
  });

  test.each(pages)("a page of another site gets no cookies and changes no session: %s", async (page) => {
    const { ask, url, browser, login, records, refused } = await startSessions(host);
    const marks = marksOf(page, url);
    const asCaller = async (by: ReturnType<typeof openBrowser>): Promise<void> => {
      for (const [query, field] of [
        [LOGIN, "login"],
        [REFRESH, "refresh"],
        [LOGOUT, "logout"],
      ] as const) {
        const answer = await ask(query, { marks }, by);
        expect([outcomeOf(answer, field), answer.setCookies]).toEqual([rejected, []]);
      }
    };
    await asCaller(openBrowser());
    expect(await records()).toEqual([]);
    await login();
    const before = await records();
    await asCaller(browser);
    expect(await records()).toEqual(before);
    expect(refused.map(reasonOf)).toEqual(Array.from({ length: 6 }, () => "CSRF_REJECTED"));
    expect(refresh(await ask(REFRESH))).toEqual(EXPIRIES);
  });

  test.each<[page: string, marks: (origin: string) => Record<string, string>]>([
    ["the server's origin without Sec-Fetch-Site", (origin) => ({ origin })],
    ["Sec-Fetch-Site same-origin without an origin", () => ({ "sec-fetch-site": "same-origin" })],
    ["an allowed origin", () => ({ origin: "https://app.example", "sec-fetch-site": "cross-site" })],
  ])("a page with an accepted origin logs in, refreshes and logs out: %s", async (_, marksOfPage) => {
    const { ask, url, records } = await startSessions(host, { csrf: { origins: ["https://app.example"] } });
    const asked = { marks: marksOfPage(new URL(url).origin) };
    expect(login(await ask(LOGIN, asked))).toEqual(EXPIRIES);
    expect(refresh(await ask(REFRESH, asked))).toEqual(EXPIRIES);
    expect((await ask(LOGOUT, asked)).setCookies).toEqual(CLEARED);
    expect(await records()).toEqual([]);
  });

  test("a GET is rejected with 405 for a mutation, and accepted for a query", async () => {
    const { ask, browser, login, records } = await startSessions(host);
    for (const query of [LOGIN, REFRESH, LOGOUT]) {
      const answer = await ask(query, { method: "GET" });
      expect([answer.status, answer.setCookies]).toEqual([405, []]);
    }
    expect([await records(), browser.cookies.size]).toEqual([[], 0]);
    const held = await login();
    const before = await records();
    for (const query of [REFRESH, LOGOUT]) {
      const answer = await ask(query, { method: "GET" });
      expect([answer.status, answer.setCookies]).toEqual([405, []]);
    }
    expect([await records(), pairIn(browser)]).toEqual([before, held]);
    expect((await ask("{ me }", { method: "GET" })).answer).toEqual({ data: { me: "alice" } });
  });

  test("a 503 sets and clears no cookie, and the retry succeeds", async () => {
    const { ask, browser, store, login: begin } = await startSessions(host, { refreshGrace: 0 });
    store.isDown = true;
    const begun = await ask(LOGIN);
    expect([login(begun), begun.setCookies]).toEqual([unavailable, []]);
    store.isDown = false;
    const held = await begin();
    store.isDown = true;
    for (const [query, field] of [
      [REFRESH, "refresh"],
      [LOGOUT, "logout"],
      ["mutation { renew }", "renew"],
    ] as const) {
      const answer = await ask(query);
      expect([outcomeOf(answer, field), answer.setCookies]).toEqual([unavailable, []]);
    }
    expect(pairIn(browser)).toEqual(held);
    expect((await ask("{ open me }")).answer).toEqual({ data: { open: "open", me: "alice" } });
    store.isDown = false;
    expect(refresh(await ask(REFRESH))).toEqual(EXPIRIES);
    expect((await ask(LOGOUT)).setCookies).toEqual(CLEARED);
  });

  test("a permanently invalid refresh cookie is cleared with the auth cookie, and a new login works", async () => {
    const { auth, ask, browser, clock, login } = await startSessions(host, { refreshGrace: 0 });
    const refuse = async (reason: string): Promise<void> => {
      const answer = await ask(REFRESH);
      expect([refresh(answer), answer.setCookies]).toEqual([unauthenticated(reason), CLEARED]);
      expect([answer.cacheControl, browser.cookies.size]).toEqual(["no-store", 0]);
      await login();
      expect(outcomeOf(await ask("{ me }"), "me")).toBe("alice");
    };
    const { refresh: used } = await login();
    await ask(REFRESH);
    browser.cookies.set("__Host-refresh", used);
    await refuse("TOKEN_REUSED");
    await auth.revoke({ subject: "alice" });
    await refuse("TOKEN_REVOKED");
    // For one minute the token may still be valid by another server's clock.
    clock.advance(604_800);
    const perhaps = await ask(REFRESH);
    expect([refresh(perhaps), perhaps.setCookies]).toEqual([unauthenticated("TOKEN_EXPIRED"), []]);
    clock.advance(60);
    await refuse("TOKEN_EXPIRED");
    browser.cookies.set("__Host-refresh", "no.token");
    const malformed = await ask(REFRESH);
    expect([refresh(malformed), malformed.setCookies]).toEqual([unauthenticated("TOKEN_MALFORMED"), CLEARED.slice(1)]);
    const missing = await ask(REFRESH);
    expect([refresh(missing), missing.setCookies]).toEqual([unauthenticated("TOKEN_MISSING"), []]);
  });

  test("a temporarily invalid refresh cookie clears neither cookie", async () => {
    const { ask, browser, clock, login } = await startSessions(host, { refreshGrace: 0 });
    const held = await login();
    const refuse = async (token: string, reason: string): Promise<void> => {
      browser.cookies.set("__Host-refresh", token);
      const answer = await ask(REFRESH);
      expect([refresh(answer), answer.setCookies]).toEqual([unauthenticated(reason), []]);
    };
    await refuse(`${held.refresh.slice(0, -6)}AAAAAA`, "SIGNATURE_INVALID");
    await refuse(held.auth, "TOKEN_TYPE_INVALID");
    clock.advance(-61);
    await refuse(held.refresh, "TOKEN_NOT_YET_VALID");
    clock.advance(61);
    expect((await ask(REFRESH)).setCookies).toHaveLength(2);
  });

  test("a response is not cacheable once a guard has read a cookie, and unchanged otherwise", async () => {
    const { ask, auth, login, browser } = await startSessions(host);
    const { auth: token } = await login();
    expect((await ask("{ me }", { method: "GET" })).cacheControl).toBe("no-store");
    expect((await ask("{ greet }")).cacheControl).toBe("no-store");
    await auth.revoke({ subject: "alice" });
    const revoked = await ask("mutation { renew }");
    expect([outcomeOf(revoked, "renew"), revoked.cacheControl]).toEqual([unauthenticated("TOKEN_REVOKED"), "no-store"]);
    browser.cookies.clear();
    // Apollo's own default for a response without `Cache-Control`.
    const untouched = host === apollo ? "no-store" : undefined;
    expect((await ask("{ open }")).cacheControl).toBe(untouched);
    expect((await ask("{ greet }")).cacheControl).toBe(untouched);
    expect((await ask("{ me }", bearer(token))).cacheControl).toBe(untouched);
  });

  test('@requireToken(type: "refresh") rejects a token that the store reports as reused or revoked', async () => {
    const { auth, ask, store } = await startSessions(host, { refreshGrace: 0 });
    const renew = async (token: string): Promise<unknown[]> => {
      const answer = await ask("mutation { renew }", bearer(token));
      return [answer.status, outcomeOf(answer, "renew")];
    };
    const { refreshToken } = await auth.login("alice");
    expect(await renew(refreshToken)).toEqual([200, "alice"]);
    store.isDown = true;
    expect(await renew(refreshToken)).toEqual([503, unavailable]);
    store.isDown = false;
    const next = await auth.refresh(refreshToken);
    expect(await renew(next.refreshToken)).toEqual([200, "alice"]);
    expect(await renew(refreshToken)).toEqual([401, unauthenticated("TOKEN_REUSED")]);
    expect(await renew(next.refreshToken)).toEqual([401, unauthenticated("TOKEN_REVOKED")]);
  });
});

describe("on Yoga", () => {
  test("a batch is one response: it has the cookies of the last login and those of the application", async () => {
    const own = {
      onResponse: ({ response }: { response: Response }) => response.headers.append("Set-Cookie", "theme=dark"),
    };
    const { browser, url } = await startSessions(yoga, {}, { plugins: [own] });
    const body = ["alice", "bob"].map((user) => ({ query: `mutation { login(user: "${user}") { expiresIn } }` }));
    const answer = await browser.send(url, { body });
    expect(answer.json).toEqual(body.map(() => ({ data: { login: { expiresIn: 3600 } } })));
    expect(answer.setCookies.map((line) => line.replace(/=.*/, "")).toSorted()).toEqual([
      "__Host-auth",
      "__Host-refresh",
      "theme",
    ]);
    const { auth, refresh } = pairIn(browser);
    expect(JWT.fromSignedToken(auth).claims.sid).toBe(JWT.fromSignedToken(refresh).claims.sid);
  });

  test("refusals keep their code, and other errors are masked", async () => {
    const { ask, store, refused } = await startSessions(yoga);
    store.isDown = true;
    const [error] = (await ask(LOGIN)).answer.errors ?? [];
    expect([error?.message, error?.extensions]).toEqual([
      "The session or the rights of the token cannot be looked up now",
      { code: "SERVICE_UNAVAILABLE", auth: { reason: "STORE_UNAVAILABLE" } },
    ]);
    store.isDown = false;
    const wrong = await ask('mutation { login(deliver: "header") { expiresIn } }');
    expect(wrong.answer.errors?.map(({ message }) => message)).toEqual(["Unexpected error."]);
    expect(refused.at(-1)).toBeInstanceOf(TypeError);
  });
});
