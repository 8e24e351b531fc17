/** What `createRefreshing` promises when a load hangs, and when its clock cannot be relied on. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { DOWN, startHarness, startHolding } from "./refreshing-support.ts";

watchRejections();

describe("a load that hangs", () => {
  it("ends at its timeout: its signal fires, its callers are told, and later callers can load again", async () => {
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

  it("and fails after its timeout leaves no rejection behind that nobody handles", async () => {
    const { held, end } = startHarness({ timeout: 0.01 });
    await refusalOf(async () => held.current());
    await end(DOWN);
    expect(() => held.current()).toThrow("explained");
  });

  it("and succeeds after its timeout changes nothing", async () => {
    const { held, end } = startHarness({ timeout: 0.01 });
    await refusalOf(async () => held.current());
    await end({ value: "late" });
    expect(() => held.current()).toThrow("explained");
  });

  it("beside its use leaves no rejection behind either", async () => {
    const { held, clock, loads } = await startHolding({ timeout: 0.01 });
    clock.advance(80);
    expect(held.current()).toBe("first");
    await expect.poll(() => loads[1]?.signal.aborted).toBe(true);
    expect(held.current()).toBe("first");
  });
});

describe("a clock that fails", () => {
  it("while a value is renewed beside its use leaves no rejection behind that nobody handles", async () => {
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

  it("lets nobody in while it does, and hinders nothing once it is mended", async () => {
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

describe("a clock that is put back", () => {
  it("makes nothing fresh: the value is loaded anew, and then counts by the new time", async () => {
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

  it("does not make a miss wait until the old time has come again", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(-1000);
    const missed = held.renewed();
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await missed).toBe("second");
  });
});
