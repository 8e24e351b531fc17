/** `authorize` where tokens are issued: asked before anything is written, so that what it does not say changes nothing. */
import type { HeldRights } from "claimgate";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { ISSUER, NOW } from "../../support/create-auth.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { claimsOf, down, hanging, openBench, REUSED, REVOKED, refused, sidOf, UNAVAILABLE } from "./support.ts";

watchRejections();

/** A manager whose `authorize` does what the test says at the time. */
function openAsking(config: Parameters<typeof openBench>[0] = {}) {
  const authorize = vi.fn<(subject: string, held: HeldRights) => unknown>(() => ({}));
  // What its type forbids comes from JavaScript.
  const untyped = (subject: string, held: HeldRights): null => authorize(subject, held) as null;
  return { authorize, ...openBench({ authorize: untyped, ...config }) };
}

describe("authorize is asked", () => {
  it("with the subject and what the login granted, at login and at each refresh", async () => {
    const { auth, authorize } = openAsking();
    authorize.mockImplementation(() => ({ scope: ["laid over"], claims: { plan: "laid over" } }));
    const { authToken, refreshToken } = await auth.login("ada", { scope: ["read"], claims: { plan: "pro" } });
    await auth.refresh((await auth.refresh(refreshToken)).refreshToken);
    const held = { sid: sidOf(authToken), scope: ["read"], claims: { plan: "pro" } };
    expect(authorize.mock.calls).toEqual([
      ["ada", held],
      ["ada", held],
      ["ada", held],
    ]);
  });

  it("with a number as text, and with no scope and no claims where the login gave none", async () => {
    const { auth, authorize } = openAsking();
    const { authToken } = await auth.login(7);
    expect(authorize.mock.calls).toEqual([["7", { sid: sidOf(authToken), scope: undefined, claims: {} }]]);
  });

  it("with copies: what it does to them changes no grant", async () => {
    const { auth, authorize } = openAsking();
    authorize.mockImplementation((_, held) => {
      (held.scope as string[]).push("admin");
      return {};
    });
    const { authToken, refreshToken } = await auth.login("ada", { scope: ["read"] });
    const next = await auth.refresh(refreshToken);
    expect([claimsOf(authToken)["scope"], claimsOf(next.authToken)["scope"]]).toEqual([["read"], ["read"]]);
  });

  it("before anything is written", async () => {
    const { auth, authorize, store } = openAsking();
    const seen: string[][] = [];
    authorize.mockImplementation(() => {
      seen.push(store.asked.map(({ name }) => name));
      return {};
    });
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    expect(seen).toEqual([[], ["create", "find"]]);
  });

  it("for nobody who is refused anyway, by no verification, and not by authToken", async () => {
    const { auth, authorize, clock } = openAsking();
    const { authToken, refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    clock.advance(60);
    authorize.mockClear();
    await auth.verify(authToken);
    await auth.forRequest({ token: authToken }).require();
    await auth.authToken("ada");
    expect(await refused(auth.refresh(authToken))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    expect(authorize).not.toHaveBeenCalled();
  });

  it("never where there is none: the login's grant is repeated", async () => {
    const { auth } = openBench();
    let { refreshToken } = await auth.login("ada", { scope: { admin: true }, claims: { plan: "pro" } });
    for (let round = 0; round < 3; round++) {
      const next = await auth.refresh(refreshToken);
      expect(claimsOf(next.authToken)).toMatchObject({ scope: { admin: true }, plan: "pro" });
      refreshToken = next.refreshToken;
    }
  });
});

describe("what authorize gives", () => {
  it.each<[what: string, rights: object, granted: object]>([
    ["nothing: all stays", {}, { scope: ["read"], plan: "pro", team: "a" }],
    ["a scope: it replaces", { scope: ["write"] }, { scope: ["write"], plan: "pro", team: "a" }],
    ["a scope of null: it replaces", { scope: null }, { scope: null, plan: "pro", team: "a" }],
    [
      "claims: they lie over those of the same name",
      { claims: { plan: "free", x: 1 } },
      { scope: ["read"], plan: "free", team: "a", x: 1 },
    ],
    ["both", { scope: [], claims: { plan: "free" } }, { scope: [], plan: "free", team: "a" }],
  ])("is laid over what the login granted; %s", async (_, rights, granted) => {
    const { auth, authorize } = openAsking();
    authorize.mockImplementation(() => rights);
    const first = await auth.login("ada", { scope: ["read"], claims: { plan: "pro", team: "a" } });
    const next = await auth.refresh(first.refreshToken);
    const registered = {
      iss: ISSUER,
      sub: "ada",
      type: "auth",
      iat: NOW,
      exp: NOW + 3600,
      sid: sidOf(first.authToken),
    };
    for (const { authToken } of [first, next]) expect(claimsOf(authToken)).toEqual({ ...registered, ...granted });
    // The refresh token carries none of it.
    expect(claimsOf(next.refreshToken)).not.toHaveProperty("scope");
    expect(claimsOf(next.refreshToken)).not.toHaveProperty("plan");
  });

  it("is for those tokens only: rights that are gone are gone from the next", async () => {
    const { auth, authorize } = openAsking();
    authorize.mockImplementationOnce(() => ({ scope: ["admin"], claims: { plan: "pro" } }));
    const first = await auth.login("ada", { scope: ["read"] });
    expect(claimsOf(first.authToken)).toMatchObject({ scope: ["admin"], plan: "pro" });
    const next = claimsOf((await auth.refresh(first.refreshToken)).authToken);
    expect(next["scope"]).toEqual(["read"]);
    expect(next).not.toHaveProperty("plan");
  });

  it("may say how long the auth token lives, within the session's own end", async () => {
    const { auth, authorize, clock } = openAsking({ sessionMaxAge: 100, maxTokenAge: 80 });
    authorize.mockImplementation(() => ({ maxAge: 70 }));
    const first = await auth.login("ada");
    expect(first).toMatchObject({ expiresIn: 70, refreshExpiresIn: 80 });
    expect(claimsOf(first.authToken)["exp"]).toBe(NOW + 70);
    clock.advance(60);
    expect(await auth.refresh(first.refreshToken)).toMatchObject({ expiresIn: 40, refreshExpiresIn: 40 });
    authorize.mockImplementation(() => ({ maxAge: 81 }));
    expect(await refused(auth.login("ada"))).toEqual(UNAVAILABLE);
  });

  it.each<[what: string, rights: unknown]>([
    ["undefined", undefined],
    ["true", true],
    ["text", "admin"],
    ["a list", []],
    ["a right there is not", { scopes: ["a"] }],
    ["a scope that is undefined", { scope: undefined }],
    ["claims that are undefined", { claims: undefined }],
    ["claims that are no object", { claims: "a" }],
    ["a maxAge of 0", { maxAge: 0 }],
    ["a maxAge below 0", { maxAge: -5 }],
    ["a maxAge that is a fraction", { maxAge: 1.5 }],
    ["a maxAge that is text", { maxAge: "60" }],
    ["a maxAge without end", { maxAge: Number.POSITIVE_INFINITY }],
    ["a scope that is no data", { scope: () => 1 }],
    ["a claim off the schema", { claims: { plan: "gold" } }],
    ...["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "type", "scope", "sid", "rid"].map(
      (claim): [string, unknown] => [`the claim ${claim}`, { claims: { [claim]: "x" } }],
    ),
  ])("and cannot be used (%s) is STORE_UNAVAILABLE, and changes nothing", async (_, rights) => {
    const claimsSchema = z.object({ plan: z.enum(["free", "pro"]) }).partial();
    const { auth, authorize, store } = openAsking({ claimsSchema, refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    authorize.mockImplementation(() => rights);
    expect(await refused(auth.login("ada"))).toEqual(UNAVAILABLE);
    expect(await refused(auth.refresh(refreshToken))).toEqual(UNAVAILABLE);
    expect([store.count("create"), store.count("rotate"), store.count("end")]).toEqual([1, 0, 0]);
    authorize.mockImplementation(() => ({ claims: { plan: "pro" } }));
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });
});

describe("an authorize that fails", () => {
  it.each([
    ["throws", down],
    ["rejects", async () => down()],
  ])("(%s) is STORE_UNAVAILABLE: no session begins, and the refresh token counts as before", async (_, trouble) => {
    const { auth, authorize, events } = openAsking({ refreshGrace: 0 });
    authorize.mockImplementation(trouble);
    expect(await refused(auth.login("ada"))).toEqual(UNAVAILABLE);
    expect(await auth.sessions("ada")).toEqual([]);
    authorize.mockImplementation(() => ({}));
    const { refreshToken } = await auth.login("ada");
    authorize.mockImplementation(trouble);
    for (let times = 0; times < 3; times++) expect(await refused(auth.refresh(refreshToken))).toEqual(UNAVAILABLE);
    authorize.mockImplementation(() => ({}));
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    expect(events.filter(({ type }) => type === "store-failed")).toHaveLength(4);
  });

  it("by not answering is STORE_UNAVAILABLE within storeTimeout, and an answer that comes later changes nothing", async () => {
    const { auth, store, another } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const answers: Array<(rights: null) => void> = [];
    const authorize = () => new Promise<null>((resolve) => answers.push(resolve));
    const asking = another({ authorize, storeTimeout: 0.3 });
    const startedAt = Date.now();
    expect(await refused(asking.login("ada"))).toEqual(UNAVAILABLE);
    expect(await refused(asking.refresh(refreshToken))).toEqual(UNAVAILABLE);
    // 0.6 s, and what a busy machine adds.
    expect(Date.now() - startedAt).toBeLessThan(5000);
    for (const answer of answers) answer(null);
    expect(answers).toHaveLength(2);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    expect(store.count("end")).toBe(0);
    expect(await auth.sessions("ada")).toHaveLength(1);
  });
});

describe("an authorize that gives null", () => {
  it("lets nobody log in, and begins no session", async () => {
    const { auth, authorize, store, events } = openAsking();
    authorize.mockImplementation(() => null);
    expect(await refused(auth.login("ada"))).toEqual(REVOKED);
    expect([store.count(), events]).toEqual([0, []]);
  });

  it("ends the session that was to be refreshed, for good, and no other", async () => {
    const { auth, authorize, events } = openAsking();
    const [one, other] = [await auth.login("ada"), await auth.login("ada")];
    events.length = 0;
    authorize.mockImplementationOnce(() => null);
    expect(await refused(auth.refresh(one.refreshToken))).toEqual(REVOKED);
    expect(events).toEqual([{ type: "revoked", subject: "ada", sids: [sidOf(one.authToken)], at: NOW }]);
    expect(await refused(auth.refresh(one.refreshToken))).toEqual(REVOKED);
    expect((await auth.sessions("ada")).map(({ id }) => id)).toEqual([sidOf(other.authToken)]);
    expect(await outcomeOf(auth.refresh(other.refreshToken))).toBe("allowed");
  });

  it("ends it too where one more presents the token before within the grace", async () => {
    const { auth, authorize } = openAsking();
    const { refreshToken } = await auth.login("ada");
    const live = await auth.refresh(refreshToken);
    authorize.mockImplementationOnce(() => null);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
  });

  it("is STORE_UNAVAILABLE, within the time that one call has, where the session cannot be ended", async () => {
    const { auth, store, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === "end" ? hanging() : undefined);
    const asking = another({ authorize: () => null, storeTimeout: 0.4 });
    expect(await refused(asking.refresh(refreshToken))).toEqual(UNAVAILABLE);
    const [find, end] = store.asked.slice(-2);
    expect([find?.name, end?.name]).toEqual(["find", "end"]);
    // It has what is left of the call, and no time of its own.
    expect(end?.operation.deadline).toBeLessThanOrEqual((find?.at ?? 0) + 400);
    store.before = () => undefined;
    expect(await refused(asking.refresh(refreshToken))).toEqual(REVOKED);
  });
});

it("is asked once a refresh, however often the session changed meanwhile", async () => {
  const { auth, authorize, store } = openAsking();
  const { refreshToken } = await auth.login("ada");
  authorize.mockClear();
  let isFirst = true;
  store.before = async (name) => {
    if (name !== "rotate" || !isFirst) return;
    isFirst = false;
    // Another is faster.
    await auth.refresh(refreshToken);
  };
  expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  expect(authorize).toHaveBeenCalledTimes(2);
});

describe('authorizeAt "request", with sessions,', () => {
  it("is asked by guards and not where tokens are issued", async () => {
    const { auth, authorize } = openAsking({ authorizeAt: "request" });
    authorize.mockImplementation(() => ({ scope: ["write"] }));
    const first = await auth.login("ada", { scope: ["read"] });
    const { authToken } = await auth.refresh(first.refreshToken);
    expect(authorize).not.toHaveBeenCalled();
    expect(claimsOf(authToken)["scope"]).toEqual(["read"]);
    const request = auth.forRequest({ token: authToken });
    expect((await request.require({ scope: "write" })).scope).toEqual(["write"]);
    expect(await refused(request.require({ scope: "read" }))).toMatchObject({ reason: "SCOPE_INSUFFICIENT" });
    expect(authorize.mock.calls).toMatchObject([["ada", { sid: sidOf(authToken), scope: ["read"] }]]);
  });

  it("refuses by null, and ends no session", async () => {
    const { auth, authorize } = openAsking({ authorizeAt: "request" });
    authorize.mockImplementation(() => null);
    const { authToken, refreshToken } = await auth.login("ada");
    expect(await refused(auth.forRequest({ token: authToken }).require())).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });

  it("is a 503 within storeTimeout where it does not answer", async () => {
    const { auth, authorize } = openAsking({ authorizeAt: "request", storeTimeout: 0.3 });
    const { signed } = await auth.authToken("ada");
    authorize.mockImplementation(hanging);
    const startedAt = Date.now();
    expect(await refused(auth.forRequest({ token: signed }).require())).toEqual(UNAVAILABLE);
    expect(Date.now() - startedAt).toBeLessThan(5000);
    authorize.mockImplementation(() => ({}));
    expect(await outcomeOf(auth.forRequest({ token: signed }).require())).toBe("allowed");
  });
});
