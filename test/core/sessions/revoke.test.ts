/** `auth.revoke` and `auth.sessions`: ended sessions, rejected targets, and lists of sessions. */
import { JWT, type RevokeTarget } from "claimgate";
import { tamper } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { claimsOf, latch, openBench, REVOKED, refused, sidOf } from "./support.ts";

watchRejections();

describe("revoke by token", () => {
  it.each([
    ["its auth token", "authToken"],
    ["its refresh token", "refreshToken"],
  ] as const)("ends only the session of %s, given as text or as a JWT", async (_, which) => {
    for (const wrap of [(text: string) => text, (text: string) => JWT.fromSignedToken(text)]) {
      const { auth } = openBench();
      const pair = await auth.login("ada");
      const other = await auth.login("ada");
      await expect(auth.revoke({ token: wrap(pair[which]) })).resolves.toBeUndefined();
      expect(await refused(auth.refresh(pair.refreshToken))).toEqual(REVOKED);
      expect((await auth.sessions("ada")).map(({ id }) => id)).toEqual([sidOf(other.authToken)]);
      expect(await outcomeOf(auth.refresh(other.refreshToken))).toBe("allowed");
    }
  });

  it("ends the session of an expired token", async () => {
    const { auth, clock } = openBench({ authMaxAge: 10, refreshMaxAge: 100 });
    const first = await auth.login("ada");
    clock.advance(90);
    const live = await auth.refresh(first.refreshToken);
    clock.advance(50);
    for (const token of [first.authToken, first.refreshToken])
      expect(await outcomeOf(auth.verify(token, { type: "any" }))).toBe("TOKEN_EXPIRED");
    await auth.revoke({ token: first.authToken });
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
  });

  it("ends the session of an expired previous refresh token, and reports no reuse", async () => {
    const { auth, clock, events } = openBench({ refreshMaxAge: 100 });
    const first = await auth.login("ada");
    clock.advance(90);
    const live = await auth.refresh(first.refreshToken);
    clock.advance(50);
    await auth.revoke({ token: first.refreshToken });
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
    expect(events.map(({ type }) => type)).toEqual(["issued", "refreshed", "revoked"]);
  });

  it("succeeds twice, and reports one revocation", async () => {
    const { auth, events } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.revoke({ token: refreshToken });
    await expect(auth.revoke({ token: refreshToken })).resolves.toBeUndefined();
    expect(events.filter(({ type }) => type === "revoked")).toHaveLength(1);
  });

  it.each<[what: string, reason: string, token: (refreshToken: string) => string]>([
    ["that was altered", "SIGNATURE_INVALID", tamper],
    [
      "with another signature",
      "SIGNATURE_INVALID",
      (token) => forge({ payload: claimsOf(token), secret: "another secret of more than 32 bytes" }),
    ],
    ["of another issuer", "ISSUER_INVALID", (token) => forge({ payload: { ...claimsOf(token), iss: "other" } })],
    ["for another audience", "AUDIENCE_INVALID", (token) => forge({ payload: { ...claimsOf(token), aud: "other" } })],
    ["that is malformed", "TOKEN_MALFORMED", () => "a.b.c"],
    ["of type auth and without a sid", "CLAIM_MISSING", () => forge()],
    [
      "of type refresh and without a sid",
      "CLAIM_MISSING",
      () => forge({ payload: goodClaims({ type: "refresh", rid: "r" }) }),
    ],
  ])("rejects a token %s with %s, and ends no session", async (_, reason, tokenOf) => {
    const { auth, store } = openBench();
    const { refreshToken } = await auth.login("ada");
    expect(await refused(auth.revoke({ token: tokenOf(refreshToken) }))).toEqual({
      name: "UnauthorizedError",
      reason,
      status: 401,
    });
    expect(store.count("end")).toBe(0);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });
});

describe("revoke by session", () => {
  it("ends only that session of the subject", async () => {
    const { auth } = openBench();
    const [one, other] = [await auth.login("ada"), await auth.login("ada")];
    await auth.revoke({ session: sidOf(one.authToken) });
    expect(await refused(auth.refresh(one.refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(other.refreshToken))).toBe("allowed");
  });

  it("succeeds for an unknown session", async () => {
    const { auth } = openBench();
    await expect(auth.revoke({ session: "nobody.1" })).resolves.toBeUndefined();
  });
});

describe("revoke by subject", () => {
  it("ends all sessions of the subject, and no other session", async () => {
    const { auth, events } = openBench();
    const ada = [await auth.login("ada"), await auth.login("ada"), await auth.login("ada")];
    const bob = await auth.login("bob");
    await auth.revoke({ subject: "ada" });
    for (const { refreshToken } of ada) expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(bob.refreshToken))).toBe("allowed");
    expect(await auth.sessions("ada")).toEqual([]);
    const sids = new Set(ada.map(({ authToken }) => sidOf(authToken)));
    expect(events.flatMap((event) => (event.type === "revoked" ? [new Set(event.sids)] : []))).toEqual([sids]);
  });

  it("treats a number and its text as the same subject", async () => {
    const { auth } = openBench();
    for (const subject of [7, "7"]) {
      const pairs = [await auth.login(7), await auth.login("7")];
      await auth.revoke({ subject });
      for (const { refreshToken } of pairs) expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    }
  });

  it("succeeds without sessions, and does not prevent the next login", async () => {
    const { auth, events } = openBench();
    await expect(auth.revoke({ subject: "ada" })).resolves.toBeUndefined();
    expect(events).toEqual([]);
    const { refreshToken } = await auth.login("ada");
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });
});

describe("revoke rejects with a TypeError, without a call of the store,", () => {
  it.each<[what: string, target: unknown]>([
    ["undefined", undefined],
    ["null", null],
    ["text", "ada"],
    ["an empty object", {}],
    ["a list", ["ada"]],
    ["two targets", { session: "a.b", subject: "ada" }],
    ["a token and a subject", { token: "a.b.c", subject: "ada" }],
    ["an unknown target", { user: "ada" }],
    ["an undefined token", { token: undefined }],
    ["an undefined session", { session: undefined }],
    ["an undefined subject", { subject: undefined }],
    ["a target together with an undefined target", { session: "a.b", subject: undefined }],
    ["an empty token", { token: "" }],
    ["an empty session", { session: "" }],
    ["an empty subject", { subject: "" }],
    ["a session that is a number", { session: 5 }],
    ["a token that is a number", { token: 5 }],
    ["an unsigned JWT", { token: new JWT("refresh", "ada") }],
    ["a fractional subject", { subject: 1.5 }],
    ["a subject that is null", { subject: null }],
  ])("%s", async (_, target) => {
    const { auth, store } = openBench();
    // Untyped code can pass values that the types forbid.
    expect(await refusalOf(auth.revoke(target as RevokeTarget))).toBeInstanceOf(TypeError);
    expect(store.count()).toBe(0);
  });
});

describe("a revocation during a refresh", () => {
  it.each([
    ["before it rotates", "rotate"],
    ["after its rotation and before its claim", "claim"],
  ])("ends the session when it comes %s", async (_, operation) => {
    const { auth, store } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const [reached, released] = [latch(), latch()];
    store.before = async (name) => {
      if (name !== operation) return;
      reached.open();
      await released.opened;
    };
    const refreshing = refused(auth.refresh(refreshToken));
    await reached.opened;
    await auth.revoke({ subject: "ada" });
    released.open();
    expect(await refreshing).toEqual(REVOKED);
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it("ends the session when only the claim is pending, so the refreshed tokens are rejected", async () => {
    const { auth, store } = openBench({ sessionCheck: "always", sessionCheckTtl: 0 });
    const { refreshToken } = await auth.login("ada");
    const [reached, released] = [latch(), latch()];
    store.before = async (name) => {
      if (name !== "claim") return;
      reached.open();
      await released.opened;
    };
    const given = await auth.refresh(refreshToken);
    await reached.opened;
    await auth.revoke({ subject: "ada" });
    released.open();
    expect(await refused(auth.refresh(given.refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.verify(given.authToken))).toBe("TOKEN_REVOKED");
    expect(await auth.sessions("ada")).toEqual([]);
  });
});

describe("auth.sessions", () => {
  it("returns each session as its user may see it, oldest first", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 1000, sessionMaxAge: 5000 });
    const first = await auth.login("ada", { label: "A laptop", scope: ["secret"], claims: { plan: "pro" } });
    clock.set(NOW + 10);
    const second = await auth.login("ada");
    await auth.login("bob");
    clock.set(NOW + 100);
    await auth.refresh(first.refreshToken);
    expect(await auth.sessions("ada")).toEqual([
      {
        id: sidOf(first.authToken),
        subject: "ada",
        label: "A laptop",
        createdAt: NOW,
        lastUsedAt: NOW + 100,
        expiresAt: NOW + 1100,
        endsAt: NOW + 5000,
      },
      {
        id: sidOf(second.authToken),
        subject: "ada",
        label: null,
        createdAt: NOW + 10,
        lastUsedAt: NOW + 10,
        expiresAt: NOW + 1010,
        endsAt: NOW + 5010,
      },
    ]);
  });

  it("omits ended and expired sessions", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 100 });
    const ended = await auth.login("ada");
    await auth.login("ada");
    clock.advance(60);
    const live = await auth.login("ada");
    await auth.revoke({ token: ended.authToken });
    expect(await auth.sessions("ada")).toHaveLength(2);
    clock.advance(40);
    expect((await auth.sessions("ada")).map(({ id }) => id)).toEqual([sidOf(live.authToken)]);
  });

  it("returns an empty list for a subject without sessions, and rejects an invalid subject", async () => {
    const { auth } = openBench();
    await auth.login("ada");
    expect(await auth.sessions("bob")).toEqual([]);
    for (const subject of ["", undefined, null, 1.5, {}])
      expect(await refusalOf(auth.sessions(subject as string))).toBeInstanceOf(TypeError);
  });
});

describe("ctx.auth.logout", () => {
  it("ends only the session of the request's token, expired or not", async () => {
    const { auth, clock } = openBench({ authMaxAge: 10 });
    const [one, other] = [await auth.login("ada"), await auth.login("ada")];
    clock.advance(20);
    await expect(auth.forRequest({ token: one.authToken }).logout()).resolves.toBeUndefined();
    expect(await refused(auth.refresh(one.refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(other.refreshToken))).toBe("allowed");
  });

  it("succeeds without a token, and rejects an invalid token without ending a session", async () => {
    const { auth, store } = openBench();
    const { refreshToken } = await auth.login("ada");
    await expect(auth.forRequest().logout()).resolves.toBeUndefined();
    const bad = auth.forRequest({ headers: { authorization: `Bearer ${tamper(refreshToken)}` } });
    expect(await refused(bad.logout())).toMatchObject({ reason: "SIGNATURE_INVALID", status: 401 });
    expect(store.count("end")).toBe(0);
  });
});
