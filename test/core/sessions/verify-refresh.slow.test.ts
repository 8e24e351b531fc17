/** Verification of refresh tokens: every use looks up the session, on every way of verifying. */
import type { AuthManager } from "claimgate";
import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { down, hanging, latch, openBench, REUSED, REVOKED, refused, UNAVAILABLE } from "./support.ts";

watchRejections();

interface Way {
  readonly way: string;
  /** The verdict: `"allowed"` or the reason. */
  readonly ask: (auth: AuthManager, token: string) => Promise<string>;
  /** The verdict on every invalid token, if the way gives no reason. */
  readonly no?: string;
}

const WAYS: readonly Way[] = [
  {
    way: "auth.verify of type refresh",
    ask: (auth, token) => outcomeOf(auth.verify(token, { type: "refresh" })),
  },
  { way: "auth.verify of any type", ask: (auth, token) => outcomeOf(auth.verify(token, { type: "any" })) },
  {
    way: "auth.verifyToken",
    async ask(auth, token) {
      let isGood = false;
      const outcome = await outcomeOf(auth.verifyToken(token).then((answer) => (isGood = answer)));
      return outcome === "allowed" && !isGood ? "no" : outcome;
    },
    no: "no",
  },
  {
    way: "forRequest().require of type refresh",
    ask: (auth, token) => outcomeOf(auth.forRequest({ token }).require({ type: "refresh" })),
  },
  {
    way: "an optional rule of type refresh",
    ask: (auth, token) => outcomeOf(auth.forRequest({ token }).require({ type: "refresh", optional: true })),
  },
];

describe.each(WAYS)("$way", ({ ask, no }) => {
  it("accepts the current token on every use, with a lookup each time", async () => {
    const { auth, store } = openBench({ sessionCheck: "always", sessionCheckTtl: 60 });
    const { refreshToken } = await auth.login("ada");
    for (let times = 1; times <= 3; times++) {
      expect(await ask(auth, refreshToken)).toBe("allowed");
      expect(store.count("find")).toBe(times);
    }
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });

  it("accepts the previous token within the grace period", async () => {
    const { auth } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    expect(await ask(auth, refreshToken)).toBe("allowed");
  });

  it("rejects a superseded token, and ends only its session", async () => {
    const { auth, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    const other = await auth.login("ada");
    const live = await auth.refresh(refreshToken);
    clock.advance(10);
    expect(await ask(auth, refreshToken)).toBe(no ?? "TOKEN_REUSED");
    expect(await refused(auth.refresh(live.refreshToken))).toEqual(REVOKED);
    expect(await ask(auth, refreshToken)).toBe(no ?? "TOKEN_REVOKED");
    expect(await ask(auth, live.refreshToken)).toBe(no ?? "TOKEN_REVOKED");
    expect(await ask(auth, other.refreshToken)).toBe("allowed");
  });

  it("rejects a token of a revoked session", async () => {
    const { auth, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    expect(await ask(auth, refreshToken)).toBe("allowed");
    await another().revoke({ token: refreshToken });
    expect(await ask(auth, refreshToken)).toBe(no ?? "TOKEN_REVOKED");
  });

  it.each([
    ["is down", down],
    ["does not answer", hanging],
  ])("rejects every token with STORE_UNAVAILABLE while the store %s, and accepts it afterwards", async (_, trouble) => {
    const { auth, store, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    expect(await ask(auth, refreshToken)).toBe("allowed");
    store.before = trouble;
    expect(await ask(another({ storeTimeout: 0.2 }), refreshToken)).toBe("STORE_UNAVAILABLE");
    store.before = () => undefined;
    expect(await ask(auth, refreshToken)).toBe("allowed");
  });

  it("ends no session when the store cannot write", async () => {
    const { auth, store, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    const live = await auth.refresh(refreshToken);
    clock.advance(60);
    // The end cannot be stored, so the error must not say that the session has ended.
    store.before = (name) => (name === "end" ? down() : undefined);
    expect(await ask(auth, refreshToken)).toBe("STORE_UNAVAILABLE");
    store.before = () => undefined;
    expect(await ask(auth, live.refreshToken)).toBe("allowed");
    expect(await ask(auth, refreshToken)).toBe(no ?? "TOKEN_REUSED");
  });
});

describe("an outage of the store", () => {
  it("rejects verify with a SessionStoreError, and a request with 503", async () => {
    const { auth, store } = openBench();
    const { refreshToken } = await auth.login("ada");
    store.before = down;
    await expect(auth.verify(refreshToken, { type: "refresh" })).rejects.toMatchObject({
      name: "SessionStoreError",
      reason: "STORE_UNAVAILABLE",
      cause: { message: "connect ECONNREFUSED" },
    });
    expect(await refused(auth.forRequest({ token: refreshToken }).require({ type: "refresh" }))).toEqual(UNAVAILABLE);
  });

  it("does not affect a token with an invalid signature, which causes no lookup", async () => {
    const { auth, store } = openBench();
    const { refreshToken } = await auth.login("ada");
    store.before = down;
    const bad = `${refreshToken.slice(0, -8)}AAAAAAAA`;
    expect(await outcomeOf(auth.verify(bad, { type: "refresh" }))).toBe("SIGNATURE_INVALID");
    expect(store.count("find")).toBe(0);
  });
});

describe("a request that has refreshed its own token", () => {
  it("is accepted by its guards, also without a grace period, and its session continues", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const request = auth.forRequest({ token: refreshToken });
    await request.require({ type: "refresh" });
    const { refreshToken: next } = await request.refresh({ deliver: "body" });
    expect((await request.require({ type: "refresh" })).sub).toBe("ada");
    expect((await request.require({ type: "refresh" })).sub).toBe("ada");
    expect(await outcomeOf(auth.refresh(next))).toBe("allowed");
  });

  it("is accepted when its first guard runs after the refresh", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const request = auth.forRequest({ token: refreshToken });
    const { refreshToken: next } = await request.refresh({ deliver: "body" });
    expect((await request.require({ type: "refresh" })).sub).toBe("ada");
    expect(await outcomeOf(auth.refresh(next))).toBe("allowed");
  });

  it("is accepted when its guard was pending during the refresh", async () => {
    const { auth, store } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const request = auth.forRequest({ token: refreshToken });
    const [asked, released] = [latch(), latch()];
    let isFirst = true;
    store.before = async (name) => {
      if (name !== "find" || !isFirst) return;
      isFirst = false;
      asked.open();
      await released.opened;
    };
    const guard = outcomeOf(request.require({ type: "refresh" }));
    await asked.opened;
    const { refreshToken: next } = await request.refresh({ deliver: "body" });
    released.open();
    expect(await guard).toBe("allowed");
    expect(await outcomeOf(auth.refresh(next))).toBe("allowed");
  });

  it("is rejected by every call when another caller has used the token before", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const { refreshToken: theirs } = await auth.refresh(refreshToken);
    const request = auth.forRequest({ token: refreshToken });
    const outcomes = await Promise.all([
      outcomeOf(request.refresh({ deliver: "body" })),
      outcomeOf(request.require({ type: "refresh" })),
    ]);
    expect(outcomes.filter((outcome) => !["TOKEN_REUSED", "TOKEN_REVOKED"].includes(outcome))).toEqual([]);
    expect(await refused(auth.refresh(theirs))).toEqual(REVOKED);
  });

  it("is rejected once the session has ended", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const request = auth.forRequest({ token: refreshToken });
    await request.refresh({ deliver: "body" });
    await auth.revoke({ subject: "ada" });
    expect(await refused(request.require({ type: "refresh" }))).toEqual(REVOKED);
  });

  it("does not let another request use the same token", async () => {
    const { auth } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const { refreshToken: next } = await auth.forRequest({ token: refreshToken }).refresh({ deliver: "body" });
    expect(await refused(auth.forRequest({ token: refreshToken }).require({ type: "refresh" }))).toEqual(REUSED);
    expect(await refused(auth.refresh(next))).toEqual(REVOKED);
  });
});
