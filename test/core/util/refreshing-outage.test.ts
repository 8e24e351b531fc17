/** What `createRefreshing` promises while its source fails or gives what nobody can use. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../support/refusal-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { DOWN, settled, startHarness, startHolding } from "./refreshing-support.ts";

watchRejections();

const EXPLAINED = { message: "explained", cause: DOWN.cause };

describe("a load that fails with nothing held", () => {
  it("is explained to everybody who waited, and to who asks within five seconds without another load", async () => {
    const { held, clock, loads, end } = startHarness();
    const asked = Array.from({ length: 10 }, () => refusalOf(async () => held.current()));
    await settled();
    await end(DOWN);
    for (const error of await Promise.all(asked)) expect(error).toMatchObject(EXPLAINED);
    clock.advance(4);
    expect(() => held.current()).toThrow("explained");
    expect(() => held.renewed()).toThrow("explained");
    expect(loads).toHaveLength(1);
  });

  it.each([
    ["five seconds later, though the cooldown is longer", 10, 5],
    ["after the cooldown where that is shorter", 2, 2],
  ])("is tried again %s", async (_, cooldown, seconds) => {
    const { held, clock, loads, end } = startHarness({ cooldown });
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    await asked;
    clock.advance(seconds);
    const again = held.current();
    await end({ value: "first" });
    expect(await again).toBe("first");
    expect(loads).toHaveLength(2);
  });

  it("is tried again after the cooldown, and forgotten when that succeeds", async () => {
    const { held, clock, loads, end } = startHarness();
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    await asked;
    clock.advance(10);
    const again = held.current();
    expect(loads).toHaveLength(2);
    await end({ value: "first" });
    expect(await again).toBe("first");
    expect(held.current()).toBe("first");
    expect(held.renewed()).toBe("first");
  });

  it("is no answer any more while another load runs: who asks waits for that one", async () => {
    const { held, loads, end } = startHarness();
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    await asked;
    const reloaded = held.reload();
    const waited = held.current();
    expect(loads).toHaveLength(2);
    await end({ value: "first" });
    expect([await waited, await reloaded]).toEqual(["first", "first"]);
  });

  it("is tried again at once where the clock was put back", async () => {
    const { held, clock, loads, end } = startHarness();
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    await asked;
    clock.advance(-1000);
    const again = held.current();
    expect(loads).toHaveLength(2);
    await end({ value: "first" });
    expect(await again).toBe("first");
  });
});

describe("a load that fails with a value held", () => {
  it("takes nothing from a value that is fresh, and is tried again once per cooldown", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(80);
    for (const tries of [2, 3]) {
      for (let use = 0; use < 10; use++) expect(held.current()).toBe("first");
      expect(loads).toHaveLength(tries);
      await end(DOWN);
      expect(held.current()).toBe("first");
      expect(loads).toHaveLength(tries);
      clock.advance(10);
    }
  });

  it("lets the value stand in until staleIfError is over, and not a second longer", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(100);
    const waited = held.current();
    await end(DOWN);
    expect(await waited).toBe("first");
    clock.advance(49);
    expect(held.current()).toBe("first");
    await end(DOWN);
    expect(loads).toHaveLength(3);
    clock.advance(1);
    expect(() => held.current()).toThrow("explained");
  });

  it("lets nothing stand in where staleIfError is 0", async () => {
    const { held, clock, end } = await startHolding({ staleIfError: 0 });
    clock.advance(99);
    expect(held.current()).toBe("first");
    await end(DOWN);
    expect(held.current()).toBe("first");
    clock.advance(1);
    expect(() => held.current()).toThrow("explained");
  });

  it("makes nobody wait who asks while it is known to fail: the next try runs beside them", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(100);
    const waited = held.current();
    await end(DOWN);
    await waited;
    clock.advance(10);
    for (let use = 0; use < 10; use++) expect(held.current()).toBe("first");
    expect(loads).toHaveLength(3);
    await end({ value: "second" });
    expect(held.current()).toBe("second");
  });

  it("makes who asks long after it wait for the next try: the source may have recovered", async () => {
    const { held, clock, loads, end } = await startHolding({ staleIfError: 1000 });
    clock.advance(100);
    const waited = held.current();
    await end(DOWN);
    await waited;
    clock.advance(69);
    expect(held.current()).toBe("first");
    await end(DOWN);
    clock.advance(70);
    const asked = held.current();
    expect(asked).toBeInstanceOf(Promise);
    expect(loads).toHaveLength(4);
    await end({ value: "second" });
    expect(await asked).toBe("second");
  });

  it("leaves open whether something is missing: a miss is told of the failure, a hit is served", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(10);
    const missed = refusalOf(async () => held.renewed());
    await end(DOWN);
    expect(await missed).toMatchObject(EXPLAINED);
    expect(() => held.renewed()).toThrow("explained");
    expect(held.current()).toBe("first");
    expect(loads).toHaveLength(2);
    clock.advance(10);
    const again = held.renewed();
    await end({ value: "second" });
    expect(await again).toBe("second");
    expect(held.renewed()).toBe("second");
  });

  it("makes a reload reject, though the value stands in for who asks otherwise", async () => {
    const { held, end } = await startHolding();
    const refused = refusalOf(held.reload());
    await end(DOWN);
    expect(await refused).toMatchObject(EXPLAINED);
    expect(held.current()).toBe("first");
  });

  it("lets nothing stand in that is from the future", async () => {
    const { held, clock, end } = await startHolding();
    clock.advance(-1);
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    expect(await asked).toMatchObject(EXPLAINED);
  });
});

describe("a value with a flaw", () => {
  it("ends the value before it, and is what everybody is told until the next load", async () => {
    const { held, clock, loads, end } = await startHolding();
    const reloaded = refusalOf(held.reload());
    await end({ value: "" });
    expect(await reloaded).toMatchObject({ message: "flawed" });
    clock.advance(4);
    expect(() => held.current()).toThrow("flawed");
    expect(() => held.renewed()).toThrow("flawed");
    expect(loads).toHaveLength(2);
    clock.advance(1);
    const again = held.current();
    await end({ value: "second" });
    expect(await again).toBe("second");
  });

  it("leaves nothing behind that could stand in when the source fails later", async () => {
    const { held, clock, end } = await startHolding();
    const reloaded = refusalOf(held.reload());
    await end({ value: "" });
    await reloaded;
    clock.advance(10);
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    expect(await asked).toMatchObject(EXPLAINED);
  });
});
