/** A claim that another won was delivered all the same, where the store failed just after it said so. */
import { expect, it } from "vitest";
import { openBench, REUSED, refused, sidOf, UNAVAILABLE } from "../core/sessions/support.ts";
import { outcomeOf } from "../support/verdict-of.ts";

const SOON = { now: 1_750_000_000, deadline: Number.POSITIVE_INFINITY };

it("gives nobody a successor that another has claimed, also where the store fails right after it said so", async () => {
  const { auth, store } = openBench({ refreshGrace: 0, storeTimeout: 0.2 });
  const { refreshToken } = await auth.login("ada");
  let isDown = false;
  let isFirst = true;
  store.before = async (name) => {
    if (isDown && name === "rotate") throw new Error("connect ECONNREFUSED");
    if (name !== "claim" || !isFirst) return;
    isFirst = false;
    // Between the rotation and its claim another presents the same token, and claims first.
    const sid = sidOf(refreshToken);
    const record = await store.find(sid, SOON);
    expect(await store.claim(sid, record?.version ?? 0, "another", SOON)).toBe(true);
    isDown = true;
  };
  expect(await refused(auth.refresh(refreshToken))).toEqual(UNAVAILABLE);
  store.before = () => undefined;
  // It was presented twice, and that is found out once the store is back.
  expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
});

it("gives the successor to who rotated, where the claim itself got no answer", async () => {
  const { auth, store } = openBench({ refreshGrace: 0, storeTimeout: 0.2 });
  const { refreshToken } = await auth.login("ada");
  store.before = (name) => {
    if (name === "claim") throw new Error("connect ECONNREFUSED");
  };
  const next = await auth.refresh(refreshToken);
  store.before = () => undefined;
  expect(await outcomeOf(auth.refresh(next.refreshToken))).toBe("allowed");
});

it("knows its own claim again, where the answer to it was lost and it was sent once more", async () => {
  const { auth, store } = openBench({ refreshGrace: 0 });
  const { refreshToken } = await auth.login("ada");
  store.after = (name) => {
    if (name === "claim" && store.count("claim") === 1) throw new Error("read ECONNRESET");
  };
  const next = await auth.refresh(refreshToken);
  expect(store.count("claim")).toBe(2);
  expect(await outcomeOf(auth.refresh(next.refreshToken))).toBe("allowed");
});
