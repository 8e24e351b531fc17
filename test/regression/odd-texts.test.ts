/** Texts that some databases cannot keep are rejected before any store is called. */
import { type AuthManagerConfig, memorySessionStore, type SessionRecord, type SessionStore } from "claimgate";
import { describe, expect, it } from "vitest";
import { claimsOf, flaskToken, openBench, refused, sidOf } from "../core/sessions/support.ts";
import { createAuth, NOW } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { serveBoth } from "../support/serve-both.ts";
import { outcomeOf } from "../support/verdict-of.ts";

const NUL = "a\0b";
const [HIGH, LOW] = ["a\ud83d", "\ude00a"];
const ODD = {
  "U+0000": NUL,
  "half a pair at the end": HIGH,
  "half a pair at the start": LOW,
  "a reversed pair": LOW + HIGH,
};
const CLAIM_INVALID = { name: "UnauthorizedError", reason: "CLAIM_INVALID", status: 401 };

/** A store that fails like PostgreSQL on a text with U+0000 or half of a surrogate pair. */
function strictStore(inner: SessionStore = memorySessionStore()): SessionStore {
  const strict =
    (name: keyof SessionStore) =>
    (...given: unknown[]): unknown => {
      if (/(?<!\\)(\\\\)*\\u(0000|d[89a-f]..)/.test(JSON.stringify(given))) throw new Error("invalid byte sequence");
      return (inner[name] as (...all: unknown[]) => unknown).apply(inner, given);
    };
  const names = ["create", "find", "rotate", "claim", "end", "list", "endAll"] as const;
  return Object.fromEntries(
    names.map((name) => [name, async (...given: unknown[]) => strict(name)(...given)]),
  ) as never;
}

const open = (config: Partial<AuthManagerConfig> = {}) => openBench(config, strictStore());

describe.each(Object.entries(ODD))("login with %s", (_, odd) => {
  it.each<[where: string, named: string, subject: string, options: object]>([
    ["the label", "label must not contain U+0000", "ada", { label: odd }],
    ["the subject", "The subject of a session must not contain U+0000", odd, {}],
    ["the scope", "scope must not contain U+0000", "ada", { scope: odd }],
    ["a list in the scope", "scope.1.read.0 must not", "ada", { scope: ["a", { read: [odd] }] }],
    ["a claim", "claims.team must not", "ada", { claims: { plan: "pro", team: odd } }],
    ["a claim in an object", "claims.team.deep.0 must not", "ada", { claims: { team: { deep: [odd] } } }],
    ["a boxed text", "claims.team must not", "ada", { claims: { team: new String(odd) } }],
    ["the name of a claim", "The names in claims must not", "ada", { claims: { [odd]: 1 } }],
    ["a name in the scope", "The names in scope.0 must not", "ada", { scope: [{ [odd]: 1 }] }],
    ["a deep place", "claims.a.0.0.0.0.0.0… must not", "ada", { claims: { a: [[[[[[[[[odd]]]]]]]]] } }],
  ])("in %s is a TypeError that names the place", async (_, named, subject, options) => {
    const asked: string[] = [];
    const authorize = (who: string): object => {
      asked.push(who);
      return {};
    };
    for (const config of [{}, { authorize }]) {
      const { auth, store, events } = open(config);
      const error = await refusalOf(auth.login(subject, options));
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toContain(named);
      expect((error as TypeError).message).toMatch(/: (clean it with text\.toWellFormed\(\)|rename them)/);
      expect((error as TypeError).message).not.toContain(odd);
      expect([store.count(), asked, events]).toEqual([0, [], []]);
    }
  });

  it("is a TypeError of sessions and revoke as subject or session, without a call of the store", async () => {
    const { auth, store } = open();
    for (const work of [
      () => auth.sessions(odd),
      () => auth.revoke({ subject: odd }),
      () => auth.revoke({ session: odd }),
    ]) {
      const error = await refusalOf(work);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as TypeError).message).toMatch(/^(The subject of a session|revoke: session) must not contain/);
    }
    expect(store.count()).toBe(0);
  });

  it("is accepted in tokens without a session, and in what authorize returns", async () => {
    const { auth } = open({ authorize: () => ({ scope: odd, claims: { [odd]: odd } }) });
    const { signed } = await auth.authToken(odd, { scope: odd, claims: { [odd]: odd } });
    expect((await auth.verify(signed)).claims).toMatchObject({ sub: odd, scope: odd, [odd]: odd });
    const first = await auth.login("ada");
    const next = await auth.refresh(first.refreshToken);
    for (const { authToken } of [first, next]) expect(claimsOf(authToken)).toMatchObject({ scope: odd, [odd]: odd });
  });
});

describe("login", () => {
  it("accepts well-formed text, and a label of 200 code units", async () => {
    const { auth } = open();
    const text = "\ud83d\ude00 \u2028 \\u0000 \u0001 \ufeff";
    const labels = [text, "\u{1f600}".repeat(100), "x".repeat(200)];
    for (const label of labels) await auth.login(text, { label, scope: [text], claims: { [text]: { text } } });
    expect(new Set((await auth.sessions(text)).map(({ label }) => label))).toEqual(new Set(labels));
    await auth.revoke({ subject: text });
    expect(await auth.sessions(text)).toEqual([]);
    for (const label of ["\u{1f600}".repeat(101), `${"x".repeat(199)}\u{1f600}`])
      await expect(auth.login("ada", { label })).rejects.toThrow(
        "label must be a string of 1 to 200 characters: shorten it, or leave it out",
      );
  });

  it("rejects a label that was cut through an emoji, and accepts it after the remedy", async () => {
    const { auth } = open();
    const label = `${"x".repeat(199)}\u{1f600}`.slice(0, 200);
    await expect(auth.login("ada", { label })).rejects.toThrow(/toWellFormed/);
    const cleaned = label.replace(/\p{Surrogate}/u, "\ufffd");
    await auth.login("ada", { label: cleaned });
    expect(await auth.sessions("ada")).toMatchObject([{ label: cleaned }]);
  });

  it("rejects a subject of more than 800 characters, and still lists and ends its earlier sessions; a token may have it", async () => {
    const { auth, store } = open();
    const [longest, longer] = ["\u4e2d".repeat(800), "\u4e2d".repeat(801)];
    const { refreshToken } = await auth.login(longest);
    await auth.refresh(refreshToken);
    expect(await auth.sessions(longest)).toHaveLength(1);
    const asked = store.count();
    await expect(auth.login(longer)).rejects.toThrow(
      /^The subject of a session must have at most 800 characters: pass a shorter/,
    );
    expect(store.count()).toBe(asked);
    // An earlier version began sessions with any subject.
    const operation = { now: NOW, deadline: Date.now() + 1000 };
    const [session] = await store.list(longest, operation);
    await store.create({ ...(session as SessionRecord), id: "earlier", subject: longer }, operation);
    expect(await auth.sessions(longer)).toMatchObject([{ id: "earlier" }]);
    await auth.revoke({ subject: longer });
    expect(await auth.sessions(longer)).toEqual([]);
    expect((await auth.verify((await auth.authToken(longer)).signed)).sub).toBe(longer);
  });

  it("grants scope and claims as JSON, so that its tokens are those of a refresh on every store", async () => {
    const { auth } = open();
    const claims = { at: new Date(0), none: undefined, nan: Number.NaN, map: new Map([[1, 2]]), list: [undefined] };
    const { authToken, refreshToken } = await auth.login("ada", { claims, scope: new Set(["a"]) });
    const expected = { at: "1970-01-01T00:00:00.000Z", nan: null, map: {}, list: [null], scope: {} };
    expect(claimsOf(authToken)).toMatchObject(expected);
    expect(claimsOf((await auth.refresh(refreshToken)).authToken)).toEqual(claimsOf(authToken));
    expect(claimsOf(authToken)).not.toHaveProperty("none");
  });

  it("rejects a claim __proto__, which stores drop, and accepts the name elsewhere", async () => {
    const { auth } = open();
    const named = JSON.parse('{"__proto__":{"a":1}}') as Record<string, unknown>;
    await expect(auth.login("ada", { claims: named })).rejects.toThrow(/^claims\.__proto__ cannot be a claim/);
    const { authToken, refreshToken } = await auth.login("ada", { scope: named, claims: { team: named } });
    const next = claimsOf((await auth.refresh(refreshToken)).authToken);
    for (const claims of [claimsOf(authToken), next])
      expect(JSON.stringify([claims["scope"], claims["team"]])).toBe(JSON.stringify([named, named]));
  });

  it("rejects a BigInt and a cycle with a TypeError, also where authorize replaces them", async () => {
    const cycle: Record<string, unknown> = {};
    cycle["self"] = cycle;
    for (const scope of [1n, [{ n: 1n }], cycle]) {
      const { auth, store } = open({ authorize: () => ({ scope: "read" }) });
      await expect(auth.login("ada", { scope })).rejects.toThrow(/^scope and claims must be JSON: pass text/);
      expect(store.count()).toBe(0);
      await auth.login("ada", { scope: ["1"] });
    }
  });
});

describe.each(Object.entries(ODD))("an own token with %s", (_, odd) => {
  const always = { sessionCheck: "always", sessionCheckTtl: 0, adoptRefresh: true } as const;

  it.each<[where: string, claims: Readonly<Record<string, string>>]>([
    ["sid", { sid: odd, rid: "r" }],
    ["rid", { sid: "s", rid: odd }],
    ["rid, to be adopted,", { rid: odd }],
    ["sub, to be adopted,", { sub: odd, rid: "r" }],
  ])("in %s is CLAIM_INVALID as a refresh token, without a call of the store", async (_, claims) => {
    const { auth, store } = open(always);
    const token = flaskToken(claims);
    expect(await refused(auth.refresh(token))).toEqual(CLAIM_INVALID);
    expect(await outcomeOf(auth.verify(token, { type: "refresh" }))).toBe("CLAIM_INVALID");
    expect(store.count()).toBe(0);
    // A sound token of the same kind is refreshed or revoked.
    const sound = Object.fromEntries(Object.keys(claims).map((claim) => [claim, "sound"]));
    const reason = await outcomeOf(auth.refresh(flaskToken(sound)));
    expect(reason).toBe("sid" in claims ? "TOKEN_REVOKED" : "allowed");
  });

  it("in sid is CLAIM_INVALID as an auth token over both transports, and ends no session", async () => {
    const { auth, store } = open(always);
    const token = forge({ payload: goodClaims({ sid: odd }) });
    const { ask } = await serveBoth(auth);
    expect(await ask({ headers: { authorization: `Bearer ${token}` } })).toMatchObject({
      verdict: "CLAIM_INVALID",
      status: 401,
    });
    expect(await refused(auth.revoke({ token }))).toEqual(CLAIM_INVALID);
    expect(store.count()).toBe(0);
    const live = await auth.login("ada");
    expect(await ask({ headers: { authorization: `Bearer ${live.authToken}` } })).toMatchObject({ verdict: "ada" });
    // Without a check of sessions, the claim has no meaning.
    expect((await createAuth().auth.verify(token)).sid).toBe(odd);
  });

  it("does not keep the other cookies from being refreshed or ended", async () => {
    const { auth } = open({ ...always, cookies: { auth: "auth", refresh: "refresh" } });
    const live = await auth.login("ada");
    const bad = flaskToken({ sid: odd, rid: "r", exp: NOW + 9000 });
    const cookie = `__Host-refresh=${bad}; __Host-refresh=${live.refreshToken}`;
    const set = new Map<string, string>();
    const request = () =>
      auth.forRequest({
        headers: { cookie, "sec-fetch-site": "same-origin" },
        method: "POST",
        setCookie: (_, { name, value }) => void set.set(name, value),
      });
    await request().refresh();
    expect(sidOf(set.get("__Host-refresh") ?? "")).toBe(sidOf(live.refreshToken));
    await request().logout();
    expect(await auth.sessions("ada")).toEqual([]);
  });
});
