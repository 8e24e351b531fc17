/** Regression: a refresh delivered a successor that another caller had already claimed. */
import { expect, it } from "vitest";
import { openBench, REUSED, refused, sidOf, UNAVAILABLE } from "../core/sessions/support.ts";
import { outcomeOf } from "../support/verdict-of.ts";

const SOON = { now: 1_750_000_000, deadline: Number.POSITIVE_INFINITY };

it("rejects a refresh whose successor another caller has claimed, also when the store fails right afterwards", async () => {
  const { auth, store } = openBench({ refreshGrace: 0, storeTimeout: 0.2 });
  const { refreshToken } = await auth.login("ada");
  let isDown = false;
  let isFirst = true;
  store.before = async (name) => {
    if (isDown && name === "rotate") throw new Error("connect ECONNREFUSED");
    if (name !== "claim" || !isFirst) return;
    isFirst = false;
    // Before this claim, another caller presents the same token and claims first.
    const sid = sidOf(refreshToken);
    const record = await store.find(sid, SOON);
    expect(await store.claim(sid, record?.version ?? 0, "another", SOON)).toBe(true);
    isDown = true;
  };
  expect(await refused(auth.refresh(refreshToken))).toEqual(UNAVAILABLE);
  store.before = () => undefined;
  // The token was used twice, which the available store now shows.
  expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
});

it("gives the successor to the caller that rotated when the claim gets no answer", async () => {
  const { auth, store } = openBench({ refreshGrace: 0, storeTimeout: 0.2 });
  const { refreshToken } = await auth.login("ada");
  store.before = (name) => {
    if (name === "claim") throw new Error("connect ECONNREFUSED");
  };
  const next = await auth.refresh(refreshToken);
  store.before = () => undefined;
  expect(await outcomeOf(auth.refresh(next.refreshToken))).toBe("allowed");
});

it("recognises its own claim when the answer was lost and the claim was sent again", async () => {
  const { auth, store } = openBench({ refreshGrace: 0 });
  const { refreshToken } = await auth.login("ada");
  store.after = (name) => {
    if (name === "claim" && store.count("claim") === 1) throw new Error("read ECONNRESET");
  };
  const next = await auth.refresh(refreshToken);
  expect(store.count("claim")).toBe(2);
  expect(await outcomeOf(auth.refresh(next.refreshToken))).toBe("allowed");
});
