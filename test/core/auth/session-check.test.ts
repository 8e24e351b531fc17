/** `sessionCheck`: session lookups of auth tokens, the cache of their answers, and outages. */
import { initTRPC } from "@trpc/server";
import { type AuthContext, memorySessionStore, type SessionStore } from "claimgate";
import { makeSessionRecord } from "claimgate/testing";
import { requireToken } from "claimgate/trpc";
import { describe, expect, it } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { ASIDE, createIssuer, entryOf } from "../issuers/support.ts";
import { down, openBench, refused, sidOf, UNAVAILABLE } from "../sessions/support.ts";

watchRejections();

const always = { sessionCheck: "always" } as const;

describe('sessionCheck "refresh", the default', () => {
  it("accepts auth tokens of revoked sessions until they expire, without a lookup", async () => {
    const { auth, store, clock } = openBench();
    const { authToken } = await auth.login("ada");
    const { signed } = await auth.authToken("ada");
    await auth.revoke({ subject: "ada" });
    const asked = store.count();
    store.before = down;
    for (const token of [authToken, signed]) {
      expect(await outcomeOf(auth.verify(token))).toBe("allowed");
      const request = auth.forRequest({ token });
      expect(await outcomeOf(request.require())).toBe("allowed");
      expect(request.token?.sub).toBe("ada");
    }
    expect(store.count()).toBe(asked);
    clock.advance(3600);
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_EXPIRED");
  });
});

describe('sessionCheck "always"', () => {
  it("accepts a token of a live session, with one lookup per sessionCheckTtl", async () => {
    const { auth, store, clock } = openBench({ ...always, sessionCheckTtl: 5 });
    const { authToken } = await auth.login("ada");
    for (const [later, asked] of [
      [0, 1],
      [4.9, 1],
      [5, 2],
      [9.9, 2],
      [10, 3],
    ] as const) {
      clock.set(NOW + later);
      expect(await outcomeOf(auth.verify(authToken))).toBe("allowed");
      expect(await outcomeOf(auth.forRequest({ token: authToken }).require())).toBe("allowed");
      expect([later, store.count("find")]).toEqual([later, asked]);
    }
  });

  it("caches an answer for 5 seconds by default, and never when sessionCheckTtl is 0", async () => {
    for (const [over, asked] of [
      [{}, 2],
      [{ sessionCheckTtl: 0 }, 4],
    ] as const) {
      const { auth, store, clock } = openBench({ ...always, ...over });
      const { authToken } = await auth.login("ada");
      for (const later of [0, 0, 4.9, 5]) {
        clock.set(NOW + later);
        await auth.verify(authToken);
      }
      expect(store.count("find")).toBe(asked);
    }
  });

  it("looks up each session separately, and once for concurrent calls", async () => {
    const { auth, store } = openBench(always);
    const [one, other] = [await auth.login("ada"), await auth.login("ada")];
    await Promise.all(Array.from({ length: 20 }, () => auth.verify(one.authToken)));
    expect(store.count("find")).toBe(1);
    await auth.verify(other.authToken);
    expect(store.count("find")).toBe(2);
  });

  it("looks up a session for each of several concurrent calls when sessionCheckTtl is 0", async () => {
    const { auth, store } = openBench({ ...always, sessionCheckTtl: 0 });
    const { authToken } = await auth.login("ada");
    await Promise.all([auth.verify(authToken), auth.verify(authToken)]);
    expect(store.count("find")).toBe(2);
  });

  it("looks up a session again after the clock was set back", async () => {
    const { auth, store, clock } = openBench({ ...always, sessionCheckTtl: 60, leeway: 1000 });
    const { authToken } = await auth.login("ada");
    await auth.verify(authToken);
    clock.advance(-500);
    await auth.verify(authToken);
    expect(store.count("find")).toBe(2);
  });

  it("rejects a token without a sid (CLAIM_MISSING), without a lookup", async () => {
    const { auth, store } = openBench(always);
    const { signed } = await auth.authToken("ada");
    expect(await refusalOf(auth.verify(signed))).toMatchObject({ name: "MissingRequiredClaimError", claim: "sid" });
    expect(await auth.verifyToken(signed)).toBe(false);
    expect(await refused(auth.forRequest({ token: signed }).require())).toMatchObject({ reason: "CLAIM_MISSING" });
    const number = forge({ payload: goodClaims({ sid: 5 }) });
    expect(await outcomeOf(auth.verify(number))).toBe("CLAIM_MISSING");
    expect(store.count()).toBe(0);
  });

  it("rejects a sid that no store can keep, names the claim, and asks no store", async () => {
    const { auth, store } = openBench(always);
    expect(await refusalOf(auth.verify(forge({ payload: goodClaims({ sid: "a\u0000" }) })))).toMatchObject({
      reason: "CLAIM_INVALID",
      message: 'The token\'s "sid" is not an id of a session',
    });
    expect(store.count()).toBe(0);
  });

  it("rejects a token whose session is unknown or has expired", async () => {
    const { auth, clock } = openBench({ ...always, refreshMaxAge: 100, authMaxAge: 1000 });
    const { authToken } = await auth.login("ada");
    expect(await outcomeOf(auth.verify(forge({ payload: goodClaims({ sid: "nobody.1" }) })))).toBe("TOKEN_REVOKED");
    clock.advance(99);
    expect(await outcomeOf(auth.verify(authToken))).toBe("allowed");
    clock.advance(5);
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
  });

  it("accepts tokens from before a refresh of the same session", async () => {
    const { auth } = openBench(always);
    const { authToken, refreshToken } = await auth.login("ada");
    const next = await auth.refresh(refreshToken);
    expect(await outcomeOf(auth.verify(authToken))).toBe("allowed");
    expect(await outcomeOf(auth.verify(next.authToken))).toBe("allowed");
  });

  it("looks up no session for tokens of trusted issuers, with a sid and without", async () => {
    const theirs = await createIssuer();
    const { auth, store } = openBench({ ...always, trust: [entryOf(theirs, ASIDE)] });
    store.before = down;
    for (const token of [await theirs.token(), await theirs.token({ sid: "theirs" })])
      expect(await outcomeOf(auth.verify(token))).toBe("allowed");
    expect(store.count()).toBe(0);
  });

  it("accepts a token of a trusted issuer with the sid of an own session that has ended", async () => {
    const theirs = await createIssuer();
    const { auth } = openBench({ ...always, sessionCheckTtl: 600, trust: [entryOf(theirs, ASIDE)] });
    const { authToken } = await auth.login("ada");
    const token = await theirs.token({ sid: sidOf(authToken) });
    await auth.verify(authToken);
    await auth.revoke({ token: authToken });
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
    const request = auth.forRequest({ token });
    expect(await outcomeOf(request.require())).toBe("allowed");
    expect(request.token?.signed).toBe(token);
  });
});

describe("an outage of the session store", () => {
  it("rejects with 503 once the cached answer expires, and ends without further action", async () => {
    const { auth, store, clock } = openBench({ ...always, sessionCheckTtl: 5 });
    const { authToken } = await auth.login("ada");
    const unseen = await auth.login("bob");
    await auth.verify(authToken);
    store.before = down;
    clock.set(NOW + 4.9);
    expect(await outcomeOf(auth.verify(authToken))).toBe("allowed");
    expect(await outcomeOf(auth.verify(unseen.authToken))).toBe("STORE_UNAVAILABLE");
    clock.set(NOW + 5);
    expect(await refusalOf(auth.verify(authToken))).toMatchObject({ name: "SessionStoreError" });
    expect(await refusalOf(auth.verifyToken(authToken))).toMatchObject({ name: "SessionStoreError" });
    expect(await refused(auth.forRequest({ token: authToken }).require())).toEqual(UNAVAILABLE);
    store.before = () => undefined;
    expect(await outcomeOf(auth.verify(authToken))).toBe("allowed");
  });

  it("keeps ctx.auth.token behind a guard that has accepted it, and rejects the next guard with 503", async () => {
    const { auth, store, clock } = openBench({ ...always, sessionCheckTtl: 5 });
    const { authToken } = await auth.login("ada");
    const t = initTRPC.context<AuthContext>().create();
    const router = t.router({
      whoami: t.procedure.use(requireToken()).query(async ({ ctx }) => {
        store.before = down;
        clock.advance(5);
        return { seen: ctx.auth.token.sub, again: await outcomeOf(ctx.auth.require()) };
      }),
    });
    const request = auth.forRequest({ token: authToken });
    await request.require();
    const caller = t.createCallerFactory(router)({ auth: auth.forRequest({ token: authToken }) });
    expect(await caller.whoami()).toEqual({ seen: "ada", again: "STORE_UNAVAILABLE" });
    expect(request.token?.sub).toBe("ada");
    expect(await refused(request.require())).toEqual(UNAVAILABLE);
  });
});

it('sessionCheck "always" caches at most 10,000 sessions', async () => {
  const asked: string[] = [];
  const record = await makeSessionRecord({ expiresAt: NOW + 600 });
  // The store knows every session id, so the test need not start sessions.
  const store: SessionStore = {
    ...memorySessionStore(),
    find: async (id) => {
      asked.push(id);
      return { ...record, id };
    },
  };
  const { auth } = createAuth({ sessions: store, ...always, sessionCheckTtl: 600 });
  const tokenOf = (index: number): string => forge({ payload: goodClaims({ sid: `s.${index}` }) });
  for (let index = 0; index < 10_001; index++) await auth.verify(tokenOf(index));
  expect(asked).toHaveLength(10_001);
  await auth.verify(tokenOf(10_000));
  expect(asked).toHaveLength(10_001);
  await auth.verify(tokenOf(0));
  expect(asked).toHaveLength(10_002);
}, 60_000);
