/** `authorize` when tokens are issued: its arguments, its rights, and its failures. */
import type { HeldRights } from "claimgate";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { ISSUER, NOW } from "../../support/create-auth.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { claimsOf, down, hanging, openBench, REUSED, REVOKED, refused, sidOf, UNAVAILABLE } from "./support.ts";

watchRejections();

/** A manager whose `authorize` function the test replaces. */
function openAsking(config: Parameters<typeof openBench>[0] = {}) {
  const authorize = vi.fn<(subject: string, held: HeldRights) => unknown>(() => ({}));
  // Untyped code can return values that the type forbids.
  const untyped = (subject: string, held: HeldRights): null => authorize(subject, held) as null;
  return { authorize, ...openBench({ authorize: untyped, ...config }) };
}

describe("authorize at issue", () => {
  it("is called with the subject and the login's grant, at login and at each refresh", async () => {
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

  it("is called with a numeric subject as text, and with empty claims when the login granted none", async () => {
    const { auth, authorize } = openAsking();
    const { authToken } = await auth.login(7);
    expect(authorize.mock.calls).toEqual([["7", { sid: sidOf(authToken), scope: undefined, claims: {} }]]);
  });

  it("receives copies, so that its changes affect no grant", async () => {
    const { auth, authorize } = openAsking();
    authorize.mockImplementation((_, held) => {
      (held.scope as string[]).push("admin");
      return {};
    });
    const { authToken, refreshToken } = await auth.login("ada", { scope: ["read"] });
    const next = await auth.refresh(refreshToken);
    expect([claimsOf(authToken)["scope"], claimsOf(next.authToken)["scope"]]).toEqual([["read"], ["read"]]);
  });

  it("is called before anything is stored", async () => {
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

  it("is not called for rejected tokens, verifications or authToken", async () => {
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

  it("is optional: without it, a refresh repeats the login's grant", async () => {
    const { auth } = openBench();
    let { refreshToken } = await auth.login("ada", { scope: { admin: true }, claims: { plan: "pro" } });
    for (let round = 0; round < 3; round++) {
      const next = await auth.refresh(refreshToken);
      expect(claimsOf(next.authToken)).toMatchObject({ scope: { admin: true }, plan: "pro" });
      refreshToken = next.refreshToken;
    }
  });
});

describe("the rights from authorize at issue", () => {
  it.each<[what: string, rights: object, granted: object]>([
    ["no rights keep everything", {}, { scope: ["read"], plan: "pro", team: "a" }],
    ["a scope replaces the scope", { scope: ["write"] }, { scope: ["write"], plan: "pro", team: "a" }],
    ["a null scope replaces the scope", { scope: null }, { scope: null, plan: "pro", team: "a" }],
    [
      "claims replace claims of the same name",
      { claims: { plan: "free", x: 1 } },
      { scope: ["read"], plan: "free", team: "a", x: 1 },
    ],
    [
      "a scope and claims replace both",
      { scope: [], claims: { plan: "free" } },
      { scope: [], plan: "free", team: "a" },
    ],
  ])("are combined with the login's grant: %s", async (_, rights, granted) => {
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
    // The refresh token carries no rights.
    expect(claimsOf(next.refreshToken)).not.toHaveProperty("scope");
    expect(claimsOf(next.refreshToken)).not.toHaveProperty("plan");
  });

  it("apply only to the issued tokens, and not to the next refresh", async () => {
    const { auth, authorize } = openAsking();
    authorize.mockImplementationOnce(() => ({ scope: ["admin"], claims: { plan: "pro" } }));
    const first = await auth.login("ada", { scope: ["read"] });
    expect(claimsOf(first.authToken)).toMatchObject({ scope: ["admin"], plan: "pro" });
    const next = claimsOf((await auth.refresh(first.refreshToken)).authToken);
    expect(next["scope"]).toEqual(["read"]);
    expect(next).not.toHaveProperty("plan");
  });

  it("may limit the lifetime of the auth token, up to the session's end", async () => {
    const { auth, authorize, clock } = openAsking({ sessionMaxAge: 100, maxTokenAge: 80 });
    authorize.mockImplementation(() => ({ maxAge: 70 }));
    const first = await auth.login("ada");
    expect(first).toMatchObject({ expiresIn: 70, refreshExpiresIn: 80 });
    expect(claimsOf(first.authToken)["exp"]).toBe(NOW + 70);
    clock.advance(60);
    expect(await auth.refresh(first.refreshToken)).toMatchObject({ expiresIn: 40, refreshExpiresIn: 40 });
    authorize.mockImplementation(() => ({ maxAge: 81 }));
    await expect(auth.login("ada")).rejects.toThrow(TypeError);
  });

  it.each<[what: string, rights: unknown]>([
    ["undefined", undefined],
    ["true", true],
    ["text", "admin"],
    ["a list", []],
    ["an unknown right", { scopes: ["a"] }],
    ["an undefined scope", { scope: undefined }],
    ["undefined claims", { claims: undefined }],
    ["claims that are not an object", { claims: "a" }],
    ["a maxAge of 0", { maxAge: 0 }],
    ["a negative maxAge", { maxAge: -5 }],
    ["a fractional maxAge", { maxAge: 1.5 }],
    ["a maxAge as text", { maxAge: "60" }],
    ["an infinite maxAge", { maxAge: Number.POSITIVE_INFINITY }],
    ["a function as scope", { scope: () => 1 }],
    ["a claim that violates the schema", { claims: { plan: "gold" } }],
    ...["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "type", "scope", "sid", "rid"].map(
      (claim): [string, unknown] => [`the claim ${claim}`, { claims: { [claim]: "x" } }],
    ),
  ])("are a TypeError and change nothing when they are %s", async (_, rights) => {
    const claimsSchema = z.object({ plan: z.enum(["free", "pro"]) }).partial();
    const { auth, authorize, store, events } = openAsking({ claimsSchema, refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    authorize.mockImplementation(() => rights);
    await expect(auth.login("ada")).rejects.toThrow(TypeError);
    await expect(auth.refresh(refreshToken)).rejects.toThrow(TypeError);
    expect(events.filter(({ type }) => type === "store-failed")).toHaveLength(2);
    expect([store.count("create"), store.count("rotate"), store.count("end")]).toEqual([1, 0, 0]);
    authorize.mockImplementation(() => ({ claims: { plan: "pro" } }));
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });
});

describe("an authorize function that fails", () => {
  it.each([
    ["throws", down],
    ["rejects", async () => down()],
  ])("%s: rejects with STORE_UNAVAILABLE, starts no session, and keeps the refresh token valid", async (_, trouble) => {
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

  it("by not answering rejects with STORE_UNAVAILABLE within storeTimeout, and its late answer has no effect", async () => {
    const { auth, store, another } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const answers: Array<(rights: null) => void> = [];
    const authorize = () => new Promise<null>((resolve) => answers.push(resolve));
    const asking = another({ authorize, storeTimeout: 0.3 });
    const startedAt = Date.now();
    expect(await refused(asking.login("ada"))).toEqual(UNAVAILABLE);
    expect(await refused(asking.refresh(refreshToken))).toEqual(UNAVAILABLE);
    // Twice the timeout, and time for a busy machine.
    expect(Date.now() - startedAt).toBeLessThan(5000);
    for (const answer of answers) answer(null);
    expect(answers).toHaveLength(2);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    expect(store.count("end")).toBe(0);
    expect(await auth.sessions("ada")).toHaveLength(1);
  });
});

describe("an authorize function that returns null", () => {
  it("rejects a login with TOKEN_REVOKED, and starts no session", async () => {
    const { auth, authorize, store, events } = openAsking();
    authorize.mockImplementation(() => null);
    expect(await refused(auth.login("ada"))).toEqual(REVOKED);
    expect([store.count(), events]).toEqual([0, []]);
  });

  it("ends the session of the refresh with TOKEN_REVOKED, and no other session", async () => {
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

  it("ends the session also when a repeated refresh within the grace period asks", async () => {
    const { auth, authorize } = openAsking();
    const { refreshToken } = await auth.login("ada");
    const live = await auth.refresh(refreshToken);
    authorize.mockImplementationOnce(() => null);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
  });

  it("rejects with STORE_UNAVAILABLE within the call's time when the session cannot be ended", async () => {
    const { auth, store, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === "end" ? hanging() : undefined);
    const asking = another({ authorize: () => null, storeTimeout: 0.4 });
    expect(await refused(asking.refresh(refreshToken))).toEqual(UNAVAILABLE);
    const [find, end] = store.asked.slice(-2);
    expect([find?.name, end?.name]).toEqual(["find", "end"]);
    // The end has the rest of the call's time, and no additional time.
    expect(end?.operation.deadline).toBeLessThanOrEqual((find?.at ?? 0) + 400);
    store.before = () => undefined;
    expect(await refused(asking.refresh(refreshToken))).toEqual(REVOKED);
  });
});

it("authorize is called once per refresh, even if the session changes meanwhile", async () => {
  const { auth, authorize, store } = openAsking();
  const { refreshToken } = await auth.login("ada");
  authorize.mockClear();
  let isFirst = true;
  store.before = async (name) => {
    if (name !== "rotate" || !isFirst) return;
    isFirst = false;
    // A concurrent refresh comes first.
    await auth.refresh(refreshToken);
  };
  expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  expect(authorize).toHaveBeenCalledTimes(2);
});

describe('authorizeAt "request" with sessions', () => {
  it("is called by guards, and not when tokens are issued", async () => {
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

  it("rejects with TOKEN_REVOKED on null, and ends no session", async () => {
    const { auth, authorize } = openAsking({ authorizeAt: "request" });
    authorize.mockImplementation(() => null);
    const { authToken, refreshToken } = await auth.login("ada");
    expect(await refused(auth.forRequest({ token: authToken }).require())).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });

  it("rejects with 503 within storeTimeout when it does not answer", async () => {
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
