/** The claim of a rotation: sent without being waited for while a grace makes it tell nobody apart, and waited for where it does. */
import { setImmediate } from "node:timers/promises";
import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { NOW } from "../../support/create-auth.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { type Bench, claimsOf, down, latch, openBench, REUSED, REVOKED, refused, sidOf } from "./support.ts";

watchRejections();

/** Keeps claims back until they are let go. */
function holdClaims({ store }: Bench) {
  const [reached, released] = [latch(), latch()];
  store.before = async (name) => {
    if (name !== "claim") return;
    reached.open();
    await released.opened;
  };
  return { reached: reached.opened, release: released.open };
}

/** Whether the work has come to an end, now that all else has had its turn. */
async function hasSettled(work: Promise<unknown>): Promise<boolean> {
  let isOver = false;
  const settle = (): void => void (isOver = true);
  work.then(settle, settle);
  for (let turn = 0; turn < 20; turn++) await setImmediate();
  return isOver;
}

const recordOf = async ({ store }: Bench, token: string) =>
  store.find(sidOf(token), { now: NOW, deadline: Number.POSITIVE_INFINITY });

describe("a claim is not waited for", () => {
  it.each([
    ["with the options there are by default", {}],
    ["with a grace that is just longer than storeTimeout", { refreshGrace: 2.5, storeTimeout: 2 }],
    ["with an authorize", { authorize: () => ({}) }],
  ])("%s: it is sent, and the tokens are given out", async (_, config) => {
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

  it("and others who come meanwhile get the same successor, whose next use ends the grace", async () => {
    const bench = openBench();
    const { auth, clock } = bench;
    const { refreshToken } = await auth.login("ada");
    const { reached, release } = holdClaims(bench);
    const next = await auth.refresh(refreshToken);
    await reached;
    clock.set(NOW + 1);
    expect(claimsOf((await auth.refresh(refreshToken)).refreshToken)).toEqual(claimsOf(next.refreshToken));
    // Its own claims come too late, and change nothing.
    const third = await auth.refresh(next.refreshToken);
    release();
    await setImmediate();
    expect(claimsOf((await auth.refresh(next.refreshToken)).refreshToken)).toEqual(claimsOf(third.refreshToken));
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
    expect(await refused(auth.refresh(third.refreshToken))).toEqual(REVOKED);
  });

  it("and has the time of an operation for itself, however long the rotation took", async () => {
    const bench = openBench({ storeTimeout: 4 });
    const { auth, store } = bench;
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === "rotate" ? new Promise((resolve) => setTimeout(resolve, 300)) : undefined);
    await auth.refresh(refreshToken);
    const [rotate, claim] = store.asked.slice(-2);
    expect([rotate?.name, claim?.name]).toEqual(["rotate", "claim"]);
    expect((claim?.operation.deadline ?? 0) - (claim?.at ?? 0)).toBeGreaterThan(2900);
  });

  it("and its failure is told of, and is nobody's refusal: who comes later gets that same successor", async () => {
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
    // Heard of now, it is a rotation like any other.
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
  });
});

describe("a claim is waited for", () => {
  it.each([
    ["without a grace", { refreshGrace: 0 }],
    ["with a grace that may be over before the claim has happened", { refreshGrace: 2, storeTimeout: 2 }],
    ["with a storeTimeout that is longer than the grace", { storeTimeout: 11 }],
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

  it("by who comes for a rotation that nobody heard of when its grace is over, so that only one does", async () => {
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
  it.each([
    [0],
    [10],
  ])("is not claimed, and is no reuse, however late it is tried again (refreshGrace %d)", async (refreshGrace) => {
    const { auth, store, clock, another } = openBench({ refreshGrace });
    const { refreshToken } = await auth.login("ada", { claims: { plan: "pro" } });
    // What was granted once may not be said any more.
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
