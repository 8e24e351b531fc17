/** `createRefreshing` while its source fails or returns flawed values. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../../support/refusal-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { DOWN, settled, startHarness, startHolding } from "./refreshing-support.ts";

watchRejections();

const EXPLAINED = { message: "explained", cause: DOWN.cause };

describe("a load that fails without a cached value", () => {
  it("rejects every waiting call, and every call within five seconds without another load", async () => {
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
    ["after five seconds when the cooldown is longer", 10, 5],
    ["after the cooldown when it is shorter", 2, 2],
  ])("is repeated %s", async (_, cooldown, seconds) => {
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

  it("is repeated after the cooldown, and has no further effect when the next load succeeds", async () => {
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

  it("no longer matters while another load runs: callers wait for that load", async () => {
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

  it("is repeated at once when the clock was set back", async () => {
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

describe("a load that fails with a cached value", () => {
  it("keeps a fresh value, and is repeated once per cooldown", async () => {
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

  it("keeps the value until staleIfError ends, and not a second longer", async () => {
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

  it("keeps no expired value when staleIfError is 0", async () => {
    const { held, clock, end } = await startHolding({ staleIfError: 0 });
    clock.advance(99);
    expect(held.current()).toBe("first");
    await end(DOWN);
    expect(held.current()).toBe("first");
    clock.advance(1);
    expect(() => held.current()).toThrow("explained");
  });

  it("lets callers use the value during a known outage, while the next load runs in the background", async () => {
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

  it("lets a caller long after it wait for the next load, because the source may have recovered", async () => {
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

  it("rejects a miss, and still answers a hit", async () => {
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

  it("rejects a reload, although other calls get the value", async () => {
    const { held, end } = await startHolding();
    const refused = refusalOf(held.reload());
    await end(DOWN);
    expect(await refused).toMatchObject(EXPLAINED);
    expect(held.current()).toBe("first");
  });

  it("keeps no value from the future", async () => {
    const { held, clock, end } = await startHolding();
    clock.advance(-1);
    const asked = refusalOf(async () => held.current());
    await end(DOWN);
    expect(await asked).toMatchObject(EXPLAINED);
  });
});

describe("a flawed value", () => {
  it("replaces the previous value, and every call rejects until the next load", async () => {
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

  it("leaves no value for a later failure of the source", async () => {
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
