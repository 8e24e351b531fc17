/** `auth.revoke` and `auth.sessions`: what ends, what does not, and the list of a subject's sessions. */
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

describe("revoke of a token", () => {
  it.each([
    ["its auth token", "authToken"],
    ["its refresh token", "refreshToken"],
  ] as const)("ends the session by %s, as text and as a JWT, and no other session", async (_, which) => {
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

  it("ends it by a token that has expired", async () => {
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

  it("ends it by an expired refresh token that was superseded, and calls that no reuse", async () => {
    const { auth, clock, events } = openBench({ refreshMaxAge: 100 });
    const first = await auth.login("ada");
    clock.advance(90);
    const live = await auth.refresh(first.refreshToken);
    clock.advance(50);
    await auth.revoke({ token: first.refreshToken });
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
    expect(events.map(({ type }) => type)).toEqual(["issued", "refreshed", "revoked"]);
  });

  it("twice is no error", async () => {
    const { auth, events } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.revoke({ token: refreshToken });
    await expect(auth.revoke({ token: refreshToken })).resolves.toBeUndefined();
    // And said once.
    expect(events.filter(({ type }) => type === "revoked")).toHaveLength(1);
  });

  it.each<[what: string, reason: string, token: (refreshToken: string) => string]>([
    ["that was tampered with", "SIGNATURE_INVALID", tamper],
    [
      "that somebody else signed",
      "SIGNATURE_INVALID",
      (token) => forge({ payload: claimsOf(token), secret: "another secret of more than 32 bytes" }),
    ],
    ["of another issuer", "ISSUER_INVALID", (token) => forge({ payload: { ...claimsOf(token), iss: "other" } })],
    ["for another audience", "AUDIENCE_INVALID", (token) => forge({ payload: { ...claimsOf(token), aud: "other" } })],
    ["that is none", "TOKEN_MALFORMED", () => "a.b.c"],
    ["of type auth and without a sid", "CLAIM_MISSING", () => forge()],
    [
      "of type refresh and without a sid",
      "CLAIM_MISSING",
      () => forge({ payload: goodClaims({ type: "refresh", rid: "r" }) }),
    ],
  ])("%s is refused (%s), and nothing has ended", async (_, reason, tokenOf) => {
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

describe("revoke of a session", () => {
  it("ends that one, and not another of the subject", async () => {
    const { auth } = openBench();
    const [one, other] = [await auth.login("ada"), await auth.login("ada")];
    await auth.revoke({ session: sidOf(one.authToken) });
    expect(await refused(auth.refresh(one.refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(other.refreshToken))).toBe("allowed");
  });

  it("that is not there is no error", async () => {
    const { auth } = openBench();
    await expect(auth.revoke({ session: "nobody.1" })).resolves.toBeUndefined();
  });
});

describe("revoke of a subject", () => {
  it("ends all of its sessions, and nobody else's", async () => {
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

  it("takes a number and its text for one", async () => {
    const { auth } = openBench();
    for (const subject of [7, "7"]) {
      const pairs = [await auth.login(7), await auth.login("7")];
      await auth.revoke({ subject });
      for (const { refreshToken } of pairs) expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    }
  });

  it("without sessions is no error, and does not keep it from logging in again", async () => {
    const { auth, events } = openBench();
    await expect(auth.revoke({ subject: "ada" })).resolves.toBeUndefined();
    expect(events).toEqual([]);
    const { refreshToken } = await auth.login("ada");
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });
});

describe("revoke throws TypeError, and asks the store nothing, for", () => {
  it.each<[what: string, target: unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["text", "ada"],
    ["an empty object", {}],
    ["a list", ["ada"]],
    ["two targets", { session: "a.b", subject: "ada" }],
    ["a token and a subject", { token: "a.b.c", subject: "ada" }],
    ["a target there is not", { user: "ada" }],
    ["a token that is undefined", { token: undefined }],
    ["a session that is undefined", { session: undefined }],
    ["a subject that is undefined", { subject: undefined }],
    ["a target beside one that is undefined", { session: "a.b", subject: undefined }],
    ["an empty token", { token: "" }],
    ["an empty session", { session: "" }],
    ["an empty subject", { subject: "" }],
    ["a session that is a number", { session: 5 }],
    ["a token that is a number", { token: 5 }],
    ["a JWT that is not signed", { token: new JWT("refresh", "ada") }],
    ["a subject that is a fraction", { subject: 1.5 }],
    ["a subject that is null", { subject: null }],
  ])("%s", async (_, target) => {
    const { auth, store } = openBench();
    // What the types keep out comes from JavaScript.
    expect(await refusalOf(auth.revoke(target as RevokeTarget))).toBeInstanceOf(TypeError);
    expect(store.count()).toBe(0);
  });
});

describe("a refresh in flight does not undo a revocation that comes", () => {
  it.each([
    ["before it rotates", "rotate"],
    ["after it has rotated, and before it is claimed", "claim"],
  ])("%s", async (_, operation) => {
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

  it("where it was answered already, and only its claim is under way: the tokens it gave count no more", async () => {
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
  it("gives each session as its user may see it, the earliest first", async () => {
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

  it("leaves out what has ended and what has expired", async () => {
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

  it("is empty for a subject without any, and a TypeError for what is no subject", async () => {
    const { auth } = openBench();
    await auth.login("ada");
    expect(await auth.sessions("bob")).toEqual([]);
    for (const subject of ["", undefined, null, 1.5, {}])
      expect(await refusalOf(auth.sessions(subject as string))).toBeInstanceOf(TypeError);
  });
});

describe("ctx.auth.logout", () => {
  it("ends the session of the request's token, expired or not, and no other", async () => {
    const { auth, clock } = openBench({ authMaxAge: 10 });
    const [one, other] = [await auth.login("ada"), await auth.login("ada")];
    clock.advance(20);
    await expect(auth.forRequest({ token: one.authToken }).logout()).resolves.toBeUndefined();
    expect(await refused(auth.refresh(one.refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(other.refreshToken))).toBe("allowed");
  });

  it("without a token ends nothing and is no error; with a bad one it is refused", async () => {
    const { auth, store } = openBench();
    const { refreshToken } = await auth.login("ada");
    await expect(auth.forRequest().logout()).resolves.toBeUndefined();
    const bad = auth.forRequest({ headers: { authorization: `Bearer ${tamper(refreshToken)}` } });
    expect(await refused(bad.logout())).toMatchObject({ reason: "SIGNATURE_INVALID", status: 401 });
    expect(store.count("end")).toBe(0);
  });
});
