/** `auth.refresh`: rotation, the grace period, reuse, and rejected tokens. */
import { AuthManager, JWT, memorySessionStore, type TokenPair } from "claimgate";
import { tamper } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { ISSUER, NOW } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { ASIDE, createIssuer, entryOf } from "../issuers/support.ts";
import { makePair } from "../jwt/keys/key-kinds.ts";
import { claimsOf, openBench, REUSED, REVOKED, refused, sidOf } from "./support.ts";

watchRejections();

describe("refresh", () => {
  it("returns a new pair of the same session, with the login's scope and claims", async () => {
    const { auth, clock } = openBench();
    const first = await auth.login("ada", { scope: ["read"], claims: { plan: "pro" } });
    clock.advance(100);
    const next = await auth.refresh(first.refreshToken);
    expect(next).toEqual({
      authToken: expect.any(String),
      refreshToken: expect.any(String),
      expiresIn: 3600,
      refreshExpiresIn: 604_800,
    });
    const shared = { iss: ISSUER, sub: "ada", iat: NOW + 100, sid: sidOf(first.authToken) };
    const auths = { type: "auth", exp: NOW + 3700, scope: ["read"], plan: "pro" };
    expect(claimsOf(next.authToken)).toEqual({ ...shared, ...auths });
    const { rid, ...rest } = claimsOf(next.refreshToken);
    expect(rest).toEqual({ ...shared, type: "refresh", exp: NOW + 604_900 });
    expect(rid).not.toBe(claimsOf(first.refreshToken)["rid"]);
  });

  it("continues the session as long as each token is used once", async () => {
    const { auth, clock } = openBench({ refreshGrace: 0 });
    let { refreshToken } = await auth.login("ada");
    const rids = new Set([claimsOf(refreshToken)["rid"]]);
    for (let round = 0; round < 20; round++) {
      clock.advance(604_000);
      ({ refreshToken } = await auth.refresh(refreshToken));
      rids.add(claimsOf(refreshToken)["rid"]);
    }
    expect(rids.size).toBe(21);
    expect(await auth.sessions("ada")).toHaveLength(1);
  });

  it("accepts a JWT instead of its text", async () => {
    const { auth } = openBench();
    const { refreshToken } = await auth.login("ada");
    expect(await outcomeOf(auth.refresh(JWT.fromSignedToken(refreshToken)))).toBe("allowed");
  });

  it("does not affect auth tokens issued before", async () => {
    const { auth } = openBench();
    const { authToken, refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    expect((await auth.verify(authToken)).sub).toBe("ada");
  });
});

describe("the grace period", () => {
  it("gives the same successor to every caller with the previous token, up to its last moment", async () => {
    const { auth, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    const first = claimsOf((await auth.refresh(refreshToken)).refreshToken);
    for (const later of [0, 5, 9.999]) {
      clock.set(NOW + later);
      const again = await auth.refresh(refreshToken);
      // sid, rid, iat, exp and every other claim.
      expect(claimsOf(again.refreshToken)).toEqual(first);
      expect(claimsOf(again.authToken)).toMatchObject({ iat: NOW + Math.floor(later) });
      expect(again.refreshExpiresIn).toBe(604_800 - Math.floor(later));
    }
  });

  it("ends, and the same use is then a reuse", async () => {
    const { auth, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    clock.set(NOW + 10);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
  });

  it.each([
    [0.5, 0.499],
    [3, 2.9],
    [300, 299.5],
  ])("of %d s starts at the replacement, not at the login", async (refreshGrace, allowed) => {
    const { auth, clock } = openBench({ refreshGrace });
    const { refreshToken } = await auth.login("ada");
    clock.set(NOW + 1000);
    await auth.refresh(refreshToken);
    clock.set(NOW + 1000 + allowed);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    clock.set(NOW + 1000 + refreshGrace);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("TOKEN_REUSED");
  });

  it("is not extended by a repeated use", async () => {
    const { auth, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    clock.set(NOW + 9);
    await auth.refresh(refreshToken);
    clock.set(NOW + 11);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
  });

  it("ends early when the successor is refreshed", async () => {
    const { auth } = openBench();
    const first = await auth.login("ada");
    const second = await auth.refresh(first.refreshToken);
    const third = await auth.refresh(second.refreshToken);
    // The previous token is still in its own grace period.
    expect(claimsOf((await auth.refresh(second.refreshToken)).refreshToken)).toEqual(claimsOf(third.refreshToken));
    expect(await refused(auth.refresh(first.refreshToken))).toEqual(REUSED);
    expect(await refused(auth.refresh(third.refreshToken))).toEqual(REVOKED);
  });

  it("gives a successor that works for either caller", async () => {
    const { privateKey } = makePair("P-256");
    const config = { issuer: ISSUER, algorithm: "ES256", privateKey, now: () => NOW } as const;
    for (const user of [0, 1] as const) {
      const auth = new AuthManager({ ...config, sessions: memorySessionStore() });
      const { refreshToken } = await auth.login("ada");
      const successors = [await auth.refresh(refreshToken), await auth.refresh(refreshToken)] as const;
      // ES256 gives another signature each time, but the claims are equal.
      expect(successors[0].refreshToken).not.toBe(successors[1].refreshToken);
      expect(claimsOf(successors[0].refreshToken)).toEqual(claimsOf(successors[1].refreshToken));
      expect(await outcomeOf(auth.refresh(successors[user].refreshToken))).toBe("allowed");
    }
  });

  it("does not exist when refreshGrace is 0", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
  });
});

describe("a superseded refresh token", () => {
  it("ends its session for the holder of the current token, and no other session", async () => {
    const { auth, clock } = openBench();
    const stolen = await auth.login("ada");
    const phone = await auth.login("ada");
    const bob = await auth.login("bob");
    const live = await auth.refresh(stolen.refreshToken);
    clock.advance(60);
    expect(await refused(auth.refresh(stolen.refreshToken))).toEqual(REUSED);
    expect(await refused(auth.refresh(stolen.refreshToken))).toEqual(REVOKED);
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
    expect((await auth.sessions("ada")).map(({ id }) => id)).toEqual([sidOf(phone.authToken)]);
    expect(await outcomeOf(auth.refresh(phone.refreshToken))).toBe("allowed");
    expect(await outcomeOf(auth.refresh(bob.refreshToken))).toBe("allowed");
  });

  it("is recognised however long ago it was replaced", async () => {
    const { auth } = openBench({ refreshGrace: 300 });
    const pairs: TokenPair[] = [await auth.login("ada")];
    for (let round = 0; round < 5; round++) pairs.push(await auth.refresh(pairs.at(-1)?.refreshToken ?? ""));
    expect(await refused(auth.refresh(pairs[0]?.refreshToken ?? ""))).toEqual(REUSED);
    expect(await refused(auth.refresh(pairs[5]?.refreshToken ?? ""))).toEqual(REVOKED);
  });

  it("ends no session once it has expired", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 60 });
    const first = await auth.login("ada");
    clock.advance(50);
    const live = await auth.refresh(first.refreshToken);
    clock.advance(20);
    expect(await refused(auth.refresh(first.refreshToken))).toMatchObject({ reason: "TOKEN_EXPIRED" });
    expect(await outcomeOf(auth.refresh(live.refreshToken))).toBe("allowed");
  });
});

describe("a refresh rejects, without a change,", () => {
  const cases: ReadonlyArray<readonly [what: string, reason: string, present: (pair: TokenPair) => unknown]> = [
    ["an auth token", "TOKEN_TYPE_INVALID", ({ authToken }) => authToken],
    ["an altered token", "SIGNATURE_INVALID", ({ refreshToken }) => tamper(refreshToken)],
    [
      "a token with another signature",
      "SIGNATURE_INVALID",
      ({ refreshToken }) => forge({ payload: claimsOf(refreshToken), secret: "another secret of more than 32 bytes" }),
    ],
    [
      "a token of another issuer",
      "ISSUER_INVALID",
      ({ refreshToken }) => forge({ payload: { ...claimsOf(refreshToken), iss: "https://other.example" } }),
    ],
    [
      "a token for another audience",
      "AUDIENCE_INVALID",
      ({ refreshToken }) => forge({ payload: { ...claimsOf(refreshToken), aud: "other" } }),
    ],
    [
      "a token without a signature",
      "ALGORITHM_INVALID",
      ({ refreshToken }) => forge({ header: { alg: "none" }, payload: claimsOf(refreshToken), signature: "" }),
    ],
    [
      "a token of an unknown session",
      "TOKEN_REVOKED",
      ({ refreshToken }) => forge({ payload: { ...claimsOf(refreshToken), sid: "nobody.1" } }),
    ],
    [
      "a token without a rid",
      "CLAIM_MISSING",
      ({ refreshToken }) => forge({ payload: { ...claimsOf(refreshToken), rid: undefined } }),
    ],
    [
      "a token without a sid",
      "CLAIM_MISSING",
      ({ refreshToken }) => forge({ payload: { ...claimsOf(refreshToken), sid: undefined } }),
    ],
    [
      "a token whose sid is not a text",
      "CLAIM_MISSING",
      ({ refreshToken }) => forge({ payload: { ...claimsOf(refreshToken), sid: 5 } }),
    ],
    ["a token above the maximum length", "TOKEN_MALFORMED", ({ refreshToken }) => refreshToken.padEnd(8193, "x")],
    ["empty text", "TOKEN_MALFORMED", () => ""],
    ["a malformed text", "TOKEN_MALFORMED", () => "a.b"],
    ["undefined", "TOKEN_MALFORMED", () => undefined],
    ["null", "TOKEN_MALFORMED", () => null],
    ["a number", "TOKEN_MALFORMED", () => 5],
    ["an object", "TOKEN_MALFORMED", (pair) => pair],
    ["an unsigned JWT", "TOKEN_MALFORMED", () => new JWT("refresh", "ada")],
  ];

  it.each(cases)("%s with %s", async (_, reason, present) => {
    const { auth, store } = openBench();
    const pair = await auth.login("ada");
    // Untyped code can pass values that the types forbid.
    expect(await refused(auth.refresh(present(pair) as string))).toEqual({
      name: "UnauthorizedError",
      reason,
      status: 401,
    });
    expect([store.count("claim"), store.count("end")]).toEqual([0, 0]);
    expect(await outcomeOf(auth.refresh(pair.refreshToken))).toBe("allowed");
  });

  it("an expired token with TOKEN_EXPIRED, from its exp on", async () => {
    const { auth, clock, store } = openBench({ refreshMaxAge: 60 });
    const { refreshToken } = await auth.login("ada");
    const late = await auth.login("ada");
    clock.set(NOW + 59.9);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    clock.set(NOW + 60);
    const asked = store.count();
    expect(await refused(auth.refresh(late.refreshToken))).toMatchObject({ reason: "TOKEN_EXPIRED", status: 401 });
    expect(store.count()).toBe(asked);
  });

  it("a token of a revoked session with TOKEN_REVOKED", async () => {
    const { auth } = openBench();
    const { authToken, refreshToken } = await auth.login("ada");
    await auth.revoke({ session: sidOf(authToken) });
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
  });

  it("a token whose session has expired earlier with TOKEN_REVOKED", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 60 });
    const pair = await auth.login("ada");
    const long = forge({ payload: { ...claimsOf(pair.refreshToken), exp: NOW + 600 } });
    clock.set(NOW + 60);
    expect(await refused(auth.refresh(long))).toEqual(REVOKED);
  });

  it("a token of a trusted issuer, which has no session here, with ALGORITHM_INVALID", async () => {
    const theirs = await createIssuer();
    const { auth, store } = openBench({ trust: [entryOf(theirs, ASIDE)] });
    const token = await theirs.token();
    expect(await outcomeOf(auth.verify(token))).toBe("allowed");
    expect(await refused(auth.refresh(token))).toMatchObject({ reason: "ALGORITHM_INVALID", status: 401 });
    expect(store.count()).toBe(0);
  });
});

describe("concurrent refreshes of one token", () => {
  it("get one successor from one rotation", async () => {
    const { auth, store, events } = openBench();
    const { refreshToken } = await auth.login("ada");
    const pairs = await Promise.all(Array.from({ length: 30 }, () => auth.refresh(refreshToken)));
    expect(new Set(pairs.map((pair) => JSON.stringify(claimsOf(pair.refreshToken)))).size).toBe(1);
    const refreshed = events.flatMap((event) => (event.type === "refreshed" ? [event.repeated] : []));
    expect(refreshed).toHaveLength(30);
    expect(refreshed.filter((repeated) => !repeated)).toHaveLength(1);
    expect(store.count("end")).toBe(0);
    const [pair] = pairs;
    expect(await outcomeOf(auth.refresh(pair?.refreshToken ?? ""))).toBe("allowed");
  });

  it("get one successor from several managers on one store", async () => {
    const { auth, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    const managers = [auth, another(), another()];
    const pairs = await Promise.all(
      Array.from({ length: 30 }, (_, index) => managers[index % 3]?.refresh(refreshToken)),
    );
    expect(new Set(pairs.map((pair) => claimsOf(pair?.refreshToken ?? "")["rid"])).size).toBe(1);
  });

  it("succeed once without a grace period, and end the session", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const pairs: TokenPair[] = [];
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => outcomeOf(auth.refresh(refreshToken).then((pair) => void pairs.push(pair)))),
    );
    expect(outcomes.filter((outcome) => outcome === "allowed")).toHaveLength(1);
    const refusals = outcomes.filter((outcome) => outcome !== "allowed");
    expect(refusals).toContain("TOKEN_REUSED");
    expect(refusals.filter((reason) => reason !== "TOKEN_REUSED" && reason !== "TOKEN_REVOKED")).toEqual([]);
    expect(pairs).toHaveLength(1);
    expect(await refused(auth.refresh(pairs[0]?.refreshToken ?? ""))).toEqual(REVOKED);
  });
});

describe("ctx.auth.refresh", () => {
  it("refreshes the token of the request, or the given token", async () => {
    const { auth } = openBench();
    const first = await auth.login("ada");
    const second = await auth.forRequest({ token: first.refreshToken }).refresh({ deliver: "body" });
    const headers = { authorization: `Bearer ${second.refreshToken}` };
    const third = await auth.forRequest({ headers }).refresh({ deliver: "body" });
    const fourth = await auth.forRequest().refresh({ deliver: "body", token: third.refreshToken });
    expect(new Set([first, second, third, fourth].map((pair) => sidOf(pair.refreshToken))).size).toBe(1);
    expect((await auth.verify(fourth.authToken)).sub).toBe("ada");
  });

  it("rejects a missing token, a wrong type and an empty token", async () => {
    const { auth } = openBench();
    const { authToken } = await auth.login("ada");
    expect(await refused(auth.forRequest().refresh())).toMatchObject({ reason: "TOKEN_MISSING", status: 401 });
    expect(await refused(auth.forRequest({ token: authToken }).refresh())).toMatchObject({
      reason: "TOKEN_TYPE_INVALID",
      status: 401,
    });
    expect(await refused(auth.forRequest().refresh({ token: "" }))).toMatchObject({ reason: "TOKEN_MALFORMED" });
  });

  it("refreshes once for concurrent calls of one request, also without a grace period", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const request = auth.forRequest({ token: refreshToken });
    const [one, other] = await Promise.all([
      request.refresh({ deliver: "body" }),
      request.refresh({ deliver: "body" }),
    ]);
    expect(other).toEqual(one);
    expect(await outcomeOf(auth.refresh(one.refreshToken))).toBe("allowed");
  });
});

it("refresh rejects a valid token of an unknown session like a token of an ended session", async () => {
  const { auth } = openBench();
  const payload = goodClaims({ type: "refresh", rid: "r", sid: "AAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA" });
  expect(await refused(auth.refresh(forge({ payload })))).toEqual(REVOKED);
});
