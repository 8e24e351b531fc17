/** `adoptRefresh`: a refresh token without `sid` becomes a session, once, on every store. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import type { OpenStore } from "../../support/open-stores.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import {
  type Bench,
  claimsOf,
  describeOnEveryStore,
  down,
  flaskToken,
  openBench,
  REUSED,
  REVOKED,
  refused,
  sidOf,
  UNAVAILABLE,
} from "./support.ts";

watchRejections();

// In seconds: a busy machine is slow, not broken.
const PATIENT = 15;

describeOnEveryStore((open) => {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await open();
  }, 120_000);
  afterAll(() => opened.close());

  // Every test has its own subject, so that it sees no other session.
  const openAdopting = (config: Parameters<typeof openBench>[0] = {}): Bench & { readonly sub: string } => ({
    ...openBench({ adoptRefresh: true, storeTimeout: PATIENT, ...config }, opened.store),
    sub: crypto.randomUUID(),
  });

  it("starts a session with a new pair, which continues like any other session", async () => {
    const { auth, clock, events, sub } = openAdopting();
    const token = flaskToken({ sub });
    const first = await auth.refresh(token);
    const sid = sidOf(first.refreshToken);
    expect(sid).toMatch(/^[\w-]{16}\.~[\w-]{22}$/);
    expect(claimsOf(first.authToken)).toMatchObject({ sub, sid, iat: NOW, exp: NOW + 3600, type: "auth" });
    expect(claimsOf(first.refreshToken)).toMatchObject({ sub, sid, iat: NOW, exp: NOW + 604_800, type: "refresh" });
    expect(claimsOf(first.refreshToken)["rid"]).not.toBe(claimsOf(token)["rid"]);
    expect(await auth.sessions(sub)).toMatchObject([{ id: sid, subject: sub, label: null, createdAt: NOW }]);
    clock.advance(60);
    const second = await auth.refresh(first.refreshToken);
    expect(sidOf(second.refreshToken)).toBe(sid);
    expect(events).toEqual([
      { type: "issued", subject: sub, sid, tokens: "pair", at: NOW },
      { type: "refreshed", subject: sub, sid, repeated: false, at: NOW + 60 },
    ]);
  });

  it("gives the same successor within the grace period, and ends the session after it", async () => {
    const { auth, clock, sub } = openAdopting();
    const token = flaskToken({ sub });
    const first = await auth.refresh(token);
    clock.set(NOW + 9.9);
    expect(claimsOf((await auth.refresh(token)).refreshToken)).toEqual(claimsOf(first.refreshToken));
    clock.set(NOW + 10);
    expect(await refused(auth.refresh(token))).toEqual(REUSED);
    expect(await refused(auth.refresh(first.refreshToken))).toEqual(REVOKED);
    expect(await auth.sessions(sub)).toEqual([]);
  });

  it("ends the session at once without a grace period, or after its successor was refreshed", async () => {
    const strict = openAdopting({ refreshGrace: 0 });
    const token = flaskToken({ sub: strict.sub });
    await strict.auth.refresh(token);
    expect(await refused(strict.auth.refresh(token))).toEqual(REUSED);
    const { auth, sub } = openAdopting();
    const other = flaskToken({ sub });
    await auth.refresh((await auth.refresh(other)).refreshToken);
    expect(await refused(auth.refresh(other))).toEqual(REUSED);
  });

  it("starts no second session after a reuse, a revocation of any kind, or the first session's expiry", async () => {
    const endings: ReadonlyArray<(bench: Bench, token: string, next: string) => Promise<unknown>> = [
      async ({ auth }, token, next) => {
        await auth.refresh(next);
        return refused(auth.refresh(token));
      },
      async ({ auth }, token) => auth.revoke({ token }),
      async ({ auth }, _, next) => auth.revoke({ session: sidOf(next) }),
      async ({ auth }, _, next) => auth.revoke({ subject: String(claimsOf(next)["sub"]) }),
      async ({ clock }) => clock.advance(100),
    ];
    for (const end of endings) {
      const bench = openAdopting({ refreshMaxAge: 100 });
      const token = flaskToken({ sub: bench.sub });
      const { refreshToken } = await bench.auth.refresh(token);
      await end(bench, token, refreshToken);
      for (const later of [0, 200, 3000]) {
        bench.clock.set(NOW + 100 + later);
        expect(await refused(bench.auth.refresh(token))).toEqual(REVOKED);
      }
      // The last moment before the token's own exp.
      bench.clock.set(NOW + 3599);
      expect(await refused(bench.auth.refresh(token))).toEqual(REVOKED);
      bench.clock.set(NOW + 3600);
      expect(await refused(bench.auth.refresh(token))).toMatchObject({ reason: "TOKEN_EXPIRED" });
      expect(await bench.auth.sessions(bench.sub)).toEqual([]);
    }
  });

  it("starts no second session within the leeway of its exp", async () => {
    const { auth, clock, sub } = openAdopting({ leeway: 60, refreshMaxAge: 50 });
    const token = flaskToken({ sub, exp: NOW + 100 });
    await auth.refresh(token);
    await auth.revoke({ token });
    clock.set(NOW + 159);
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    // Another token that was not adopted can still be adopted.
    expect(await outcomeOf(auth.refresh(flaskToken({ sub, exp: NOW + 100 })))).toBe("allowed");
  });

  it("rejects a token that was revoked before its adoption, and accepts others", async () => {
    const { auth, events, sub } = openAdopting();
    const [revoked, other] = [flaskToken({ sub }), flaskToken({ sub })];
    await auth.revoke({ token: revoked });
    await expect(auth.revoke({ token: revoked })).resolves.toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(["revoked"]);
    expect(await auth.sessions(sub)).toEqual([]);
    expect(await refused(auth.refresh(revoked))).toEqual(REVOKED);
    expect(await outcomeOf(auth.verify(revoked, { type: "refresh" }))).toBe("TOKEN_REVOKED");
    expect(await outcomeOf(auth.refresh(other))).toBe("allowed");
  });

  it("starts one session for twenty concurrent callers", async () => {
    const { auth, another, events, sub } = openAdopting();
    const colleague = another({ adoptRefresh: true, storeTimeout: PATIENT });
    const token = flaskToken({ sub });
    const pairs = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? auth : colleague).refresh(token)),
    );
    expect(new Set(pairs.map((pair) => JSON.stringify(claimsOf(pair.refreshToken)))).size).toBe(1);
    expect(await auth.sessions(sub)).toHaveLength(1);
    expect(events.filter(({ type }) => type === "reused" || type === "store-failed")).toEqual([]);
    expect(await outcomeOf(auth.refresh(pairs[0]?.refreshToken ?? ""))).toBe("allowed");
  });

  it("starts no session for nineteen concurrent callers when a revocation comes first", async () => {
    const { auth, sub } = openAdopting({ refreshGrace: 0 });
    const token = flaskToken({ sub });
    await Promise.all([auth.revoke({ token }), ...Array.from({ length: 19 }, () => outcomeOf(auth.refresh(token)))]);
    expect(await auth.sessions(sub)).toEqual([]);
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
  });

  it("keeps a numeric subject a number", async () => {
    const { auth } = openAdopting();
    const sub = Math.floor(Math.random() * Number.MAX_SAFE_INTEGER);
    const { authToken, refreshToken } = await auth.refresh(flaskToken({ sub }));
    expect([claimsOf(authToken)["sub"], claimsOf(refreshToken)["sub"]]).toEqual([sub, sub]);
    expect(await auth.sessions(sub)).toHaveLength(1);
  });
});

describe("adoptRefresh", () => {
  it("accepts tokens of auth.refreshToken, each for its own session", async () => {
    const { auth } = openBench({ adoptRefresh: true });
    const [one, other] = [await auth.refreshToken("ada"), await auth.refreshToken("ada")];
    const sids = [sidOf((await auth.refresh(one)).authToken), sidOf((await auth.refresh(other)).authToken)];
    expect(new Set(sids).size).toBe(2);
  });

  it("is off by default: the token is rejected with CLAIM_MISSING everywhere, without a call of the store", async () => {
    const { auth, store } = openBench();
    const token = flaskToken();
    expect(await refused(auth.refresh(token))).toMatchObject({ reason: "CLAIM_MISSING", status: 401 });
    expect(await refused(auth.revoke({ token }))).toMatchObject({ reason: "CLAIM_MISSING" });
    expect(await refused(auth.forRequest({ token }).require({ type: "refresh" }))).toMatchObject({
      reason: "CLAIM_MISSING",
    });
    expect(await refusalOf(auth.verify(token, { type: "refresh" }))).toMatchObject({
      name: "MissingRequiredClaimError",
      claim: "sid",
    });
    expect(await auth.verifyToken(token)).toBe(false);
    expect(store.count()).toBe(0);
  });

  it.each([
    ["without a rid", undefined],
    ["with an empty rid", ""],
    ["with a rid that is not a text", 5],
  ])("rejects a token %s, which could be adopted any number of times", async (_, rid) => {
    const { auth, store } = openBench({ adoptRefresh: true });
    const token = flaskToken({ rid });
    expect(await refused(auth.refresh(token))).toMatchObject({ reason: "CLAIM_MISSING", status: 401 });
    expect(await refused(auth.revoke({ token }))).toMatchObject({ reason: "CLAIM_MISSING" });
    expect(store.count()).toBe(0);
  });

  it("rejects expired, forged and auth tokens", async () => {
    const { auth, store } = openBench({ adoptRefresh: true });
    expect(await refused(auth.refresh(flaskToken({ exp: NOW })))).toMatchObject({ reason: "TOKEN_EXPIRED" });
    expect(await refused(auth.refresh(flaskToken({ type: "auth" })))).toMatchObject({ reason: "TOKEN_TYPE_INVALID" });
    const forged = forge({
      payload: goodClaims({ type: "refresh", rid: "r" }),
      secret: "another secret of more than 32 bytes",
    });
    expect(await refused(auth.refresh(forged))).toMatchObject({ reason: "SIGNATURE_INVALID" });
    expect(store.count()).toBe(0);
  });

  it("accepts a token in a guard before its adoption, without starting a session", async () => {
    const { auth, store } = openBench({ adoptRefresh: true });
    const token = flaskToken();
    expect((await auth.forRequest({ token }).require({ type: "refresh" })).sub).toBe("ada");
    expect(store.count("create")).toBe(0);
    store.before = down;
    expect(await refused(auth.forRequest({ token }).require({ type: "refresh" }))).toEqual(UNAVAILABLE);
  });

  it("treats equal rids of two subjects as two sessions", async () => {
    const { auth } = openBench({ adoptRefresh: true });
    const [ada, bob] = [flaskToken({ rid: "1" }), flaskToken({ rid: "1", sub: "bob" })];
    const sids = [sidOf((await auth.refresh(ada)).authToken), sidOf((await auth.refresh(bob)).authToken)];
    expect(new Set(sids).size).toBe(2);
  });

  it("grants no claims of the token, only the rights of authorize", async () => {
    const token = (): string => flaskToken({ plan: "pro", scope: ["admin"] });
    const { auth } = openBench({ adoptRefresh: true });
    const { authToken } = await auth.refresh(token());
    expect(Object.keys(claimsOf(authToken)).toSorted()).toEqual(["exp", "iat", "iss", "sid", "sub", "type"]);
    const authorize = () => ({ scope: ["read"], claims: { plan: "free" } });
    const asking = openBench({ adoptRefresh: true, authorize });
    expect(claimsOf((await asking.auth.refresh(token())).authToken)).toMatchObject({ scope: ["read"], plan: "free" });
  });

  it("rejects a token for good once authorize has returned null for it", async () => {
    let rights: object | null = null;
    const { auth } = openBench({ adoptRefresh: true, authorize: () => rights });
    const token = flaskToken();
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    rights = {};
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    expect(await outcomeOf(auth.refresh(flaskToken()))).toBe("allowed");
  });

  it("ends a session that another caller started with the token when authorize now returns null", async () => {
    let rights: object | null = {};
    let adoptsFirst: (() => Promise<unknown>) | undefined;
    const { auth } = openBench({
      adoptRefresh: true,
      authorize: async () => {
        const other = adoptsFirst;
        adoptsFirst = undefined;
        if (!other) return rights;
        // During this call, another caller adopts the token.
        await other();
        return (rights = null);
      },
    });
    const token = flaskToken();
    adoptsFirst = () => auth.refresh(token);
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    expect(await auth.sessions("ada")).toEqual([]);
  });

  it("keeps the token valid after a 503 of any store operation", async () => {
    for (const broken of ["rotate", "create", "claim"] as const) {
      for (const when of ["before", "after"] as const) {
        const { auth, store } = openBench({ adoptRefresh: true, refreshGrace: 0 });
        const token = flaskToken();
        store[when] = (name) => (name === broken ? down() : undefined);
        // A failed claim does not prevent the tokens, because the rotation is already known.
        const outcome = await outcomeOf(auth.refresh(token));
        expect([broken, outcome]).toEqual([broken, broken === "claim" ? "allowed" : "STORE_UNAVAILABLE"]);
        store[when] = () => undefined;
        expect([broken, when, (await outcomeOf(auth.refresh(token))) === "allowed"]).toEqual([
          broken,
          when,
          !(broken === "claim" && when === "after"),
        ]);
      }
    }
  });
});
