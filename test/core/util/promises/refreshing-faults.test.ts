/** `createRefreshing` when a load hangs, and when its clock fails or is set back. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { DOWN, startHarness, startHolding } from "./refreshing-support.ts";

watchRejections();

describe("a load that hangs", () => {
  it("is aborted at its timeout: its callers get an error, and later callers load again", async () => {
    const { held, clock, loads, end } = startHarness({ timeout: 0.01 });
    expect(await refusalOf(async () => held.current())).toMatchObject({
      message: "explained",
      cause: { message: "no answer within 0.01 s" },
    });
    expect(loads[0]?.signal.aborted).toBe(true);
    clock.advance(10);
    const again = held.current();
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await again).toBe("second");
    expect(loads[1]?.signal.aborted).toBe(false);
  });

  it("leaves no unhandled rejection when it fails after its timeout", async () => {
    const { held, end } = startHarness({ timeout: 0.01 });
    await refusalOf(async () => held.current());
    await end(DOWN);
    expect(() => held.current()).toThrow("explained");
  });

  it("has no effect when it succeeds after its timeout", async () => {
    const { held, end } = startHarness({ timeout: 0.01 });
    await refusalOf(async () => held.current());
    await end({ value: "late" });
    expect(() => held.current()).toThrow("explained");
  });

  it("leaves no unhandled rejection when it renews a value in the background", async () => {
    const { held, clock, loads } = await startHolding({ timeout: 0.01 });
    clock.advance(80);
    expect(held.current()).toBe("first");
    await expect.poll(() => loads[1]?.signal.aborted).toBe(true);
    expect(held.current()).toBe("first");
  });
});

describe("a clock that fails", () => {
  it("leaves no unhandled rejection while a value is renewed in the background", async () => {
    let isBroken = false;
    const { held, clock, end } = startHarness({}, (clock) => {
      if (isBroken) throw new Error("no time");
      return clock.now();
    });
    const asked = held.current();
    await end({ value: "first" });
    await asked;
    clock.advance(80);
    expect(held.current()).toBe("first");
    isBroken = true;
    await end({ value: "second" });
    isBroken = false;
    expect(held.current()).toBe("second");
  });

  it("makes every call throw, and has no effect after it recovers", async () => {
    let isBroken = false;
    const { held, loads, end } = startHarness({}, (clock) => {
      if (isBroken) throw new Error("no time");
      return clock.now();
    });
    const asked = refusalOf(async () => held.current());
    isBroken = true;
    await end(DOWN);
    expect(await asked).toMatchObject({ message: "no time" });
    expect(await refusalOf(async () => held.current())).toMatchObject({ message: "no time" });
    isBroken = false;
    const again = held.current();
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await again).toBe("second");
  });
});

describe("a clock that is set back", () => {
  it("causes a new load, and the value is valid from the new time", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(-1000);
    const asked = held.current();
    expect(asked).toBeInstanceOf(Promise);
    await end({ value: "second" });
    expect(await asked).toBe("second");
    clock.advance(79);
    expect(held.current()).toBe("second");
    clock.advance(21);
    expect(held.current()).toBeInstanceOf(Promise);
    expect(loads).toHaveLength(3);
    await end({ value: "third" });
  });

  it("does not delay a reload for a miss", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(-1000);
    const missed = held.renewed();
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await missed).toBe("second");
  });
});
