/** The claim of a rotation: sent in the background within a grace period, awaited without it. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { NOW } from "../../support/create-auth.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { type Bench, claimsOf, down, latch, openBench, REUSED, REVOKED, refused, sidOf } from "./support.ts";

watchRejections();

/** Holds back claims until the test releases them. */
function holdClaims({ store }: Bench) {
  const [reached, released] = [latch(), latch()];
  store.before = async (name) => {
    if (name !== "claim") return;
    reached.open();
    await released.opened;
  };
  return { reached: reached.opened, release: released.open };
}

/** Whether the work has settled after every other promise could continue. */
async function hasSettled(work: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const settle = (): void => void (isOver = true);
  work.then(settle, settle);
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  return isOver;
}

const recordOf = async ({ store }: Bench, token: string) =>
  store.find(sidOf(token), { now: NOW, deadline: Number.POSITIVE_INFINITY });

describe("a refresh returns tokens before its claim settles", () => {
  it.each([
    ["with the default options", {}],
    ["with a grace period just longer than storeTimeout", { refreshGrace: 2.5, storeTimeout: 2 }],
    ["with an authorize function", { authorize: () => ({}) }],
  ])("%s", async (_, config) => {
    const bench = openBench(config);
    const { auth, store } = bench;
    const { refreshToken } = await auth.login("ada");
    const { reached, release } = holdClaims(bench);
    const next = await auth.refresh(refreshToken);
    await reached;
    expect(await recordOf(bench, refreshToken)).toMatchObject({ rid: claimsOf(next.refreshToken)["rid"], version: 2 });
    release();
    await vi.waitFor(async () =>
      expect(await recordOf(bench, refreshToken)).toMatchObject({ version: 3, claimedBy: expect.any(String) }),
    );
    expect(store.count("claim")).toBe(1);
  });

  it("and concurrent callers get the same successor, whose next use ends the grace period", async () => {
    const bench = openBench();
    const { auth, clock } = bench;
    const { refreshToken } = await auth.login("ada");
    const { reached, release } = holdClaims(bench);
    const next = await auth.refresh(refreshToken);
    await reached;
    clock.set(NOW + 1);
    expect(claimsOf((await auth.refresh(refreshToken)).refreshToken)).toEqual(claimsOf(next.refreshToken));
    // Its own claims come too late and have no effect.
    const third = await auth.refresh(next.refreshToken);
    release();
    await setImmediate();
    expect(claimsOf((await auth.refresh(next.refreshToken)).refreshToken)).toEqual(claimsOf(third.refreshToken));
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
    expect(await refused(auth.refresh(third.refreshToken))).toEqual(REVOKED);
  });

  it("and the claim has the time of its own operation, however long the rotation took", async () => {
    const bench = openBench({ storeTimeout: 4 });
    const { auth, store } = bench;
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === "rotate" ? new Promise((resolve) => setTimeout(resolve, 300)) : undefined);
    await auth.refresh(refreshToken);
    const [rotate, claim] = store.asked.slice(-2);
    expect([rotate?.name, claim?.name]).toEqual(["rotate", "claim"]);
    expect((claim?.operation.deadline ?? 0) - (claim?.at ?? 0)).toBeGreaterThan(2900);
  });

  it("and a failed claim is reported only as an event: a later caller gets the same successor", async () => {
    const { auth, store, clock, events } = openBench({ storeTimeout: 0.2 });
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === "claim" ? down() : undefined);
    const next = await auth.refresh(refreshToken);
    await vi.waitFor(() =>
      expect(events.at(-1)).toMatchObject({
        type: "store-failed",
        operation: "claim",
        error: { message: "connect ECONNREFUSED" },
      }),
    );
    store.before = () => undefined;
    clock.set(NOW + 60);
    expect(claimsOf((await auth.refresh(refreshToken)).refreshToken)).toEqual(claimsOf(next.refreshToken));
    // The successor has now been claimed, so the next use is a reuse.
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
  });
});

describe("a refresh waits for its claim", () => {
  it.each([
    ["without a grace period", { refreshGrace: 0 }],
    ["with a grace period that may end before the claim", { refreshGrace: 2, storeTimeout: 2 }],
    ["with a storeTimeout longer than the grace period", { storeTimeout: 11 }],
  ])("%s", async (_, config) => {
    const bench = openBench(config);
    const { auth, clock } = bench;
    const { refreshToken } = await auth.login("ada");
    const { reached, release } = holdClaims(bench);
    const refreshing = auth.refresh(refreshToken);
    await reached;
    expect(await hasSettled(refreshing)).toBe(false);
    release();
    const next = await refreshing;
    clock.set(NOW + 10);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
    expect(await refused(auth.refresh(next.refreshToken))).toEqual(REVOKED);
  });

  it("after the grace period of an unanswered rotation, so that only one caller succeeds", async () => {
    const bench = openBench({ storeTimeout: 0.2 });
    const { auth, store, clock } = bench;
    const { refreshToken } = await auth.login("ada");
    store.after = (name) => (name === "rotate" ? down() : undefined);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("STORE_UNAVAILABLE");
    store.after = () => undefined;
    clock.set(NOW + 60);
    const { reached, release } = holdClaims(bench);
    const [one, other] = [auth.refresh(refreshToken), auth.refresh(refreshToken)].map(outcomeOf);
    await reached;
    expect(await Promise.all([one, other].map((work) => hasSettled(Promise.resolve(work))))).toEqual([false, false]);
    release();
    expect(new Set([await one, await other])).toEqual(new Set(["allowed", "TOKEN_REUSED"]));
  });
});

describe("a rotation whose tokens cannot be signed", () => {
  it.each([[0], [10]])("is not claimed, and a later attempt is not a reuse (refreshGrace %d)", async (refreshGrace) => {
    const { auth, store, clock, another } = openBench({ refreshGrace });
    const { refreshToken } = await auth.login("ada", { claims: { plan: "pro" } });
    // The new schema no longer accepts the granted claim.
    const claimsSchema = z.object({ plan: z.enum(["free"]).optional() });
    const strict = another({ claimsSchema, refreshGrace });
    for (const later of [0, 60]) {
      clock.set(NOW + later);
      await expect(strict.refresh(refreshToken)).rejects.toThrow();
    }
    expect([store.count("rotate"), store.count("claim"), store.count("end")]).toEqual([2, 0, 0]);
    clock.set(NOW + 120);
    const next = await auth.refresh(refreshToken);
    expect(claimsOf(next.authToken)).toMatchObject({ sid: sidOf(refreshToken), plan: "pro" });
    clock.set(NOW + 180);
    expect(await outcomeOf(auth.refresh(next.refreshToken))).toBe("allowed");
  });
});
