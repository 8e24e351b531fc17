/** `createRefreshing` while its source works. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { settled, startHarness, startHolding } from "./refreshing-support.ts";

watchRejections();

describe("a refreshed value", () => {
  it("is loaded when it is first requested, and not before", async () => {
    const { held, loads, end } = startHarness();
    await settled();
    expect(loads).toHaveLength(0);
    const asked = held.current();
    expect(loads).toHaveLength(1);
    await end({ value: "first" });
    expect(await asked).toBe("first");
  });

  it("is loaded once for a thousand concurrent calls", async () => {
    const { held, loads, end } = startHarness();
    const asked = Array.from({ length: 1000 }, (_, index) => [held.current, held.renewed, held.reload][index % 3]?.());
    expect(loads).toHaveLength(1);
    await end({ value: "first" });
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["first"]));
    expect(loads).toHaveLength(1);
  });

  it("is returned synchronously and without a load while it is fresh", async () => {
    const { held, clock, loads } = await startHolding();
    clock.advance(79);
    expect(held.current()).toBe("first");
    expect(loads).toHaveLength(1);
  });

  it("is returned no longer than its lifespan: later callers wait for a new value", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(100);
    const asked = held.current();
    expect(asked).toBeInstanceOf(Promise);
    await end({ value: "second" });
    expect(await asked).toBe("second");
    expect(held.current()).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("has a lifespan that starts when its load starts", async () => {
    const { held, clock, loads, end } = startHarness();
    const asked = held.current();
    clock.advance(30);
    await end({ value: "first" });
    expect(await asked).toBe("first");
    clock.advance(49);
    expect(held.current()).toBe("first");
    expect(loads).toHaveLength(1);
    clock.advance(21);
    expect(held.current()).toBeInstanceOf(Promise);
    await end({ value: "second" });
  });

  it("leaves no timer after its load", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const { held, end } = startHarness();
    const asked = held.current();
    expect(timers()).toBe(before + 1);
    await end({ value: "first" });
    await asked;
    expect(timers()).toBe(before);
  });

  it("is returned to waiting callers even if its load took longer than its lifespan", async () => {
    const { held, clock, loads, end } = startHarness({ lifespan: 1 });
    const asked = held.current();
    clock.advance(2);
    await end({ value: "first" });
    expect(await asked).toBe("first");
    expect(held.current()).toBeInstanceOf(Promise);
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
  });
});

describe("a value in the last fifth of its lifespan", () => {
  it("is renewed once in the background, and returned meanwhile", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(80);
    for (let use = 0; use < 100; use++) expect(held.current()).toBe("first");
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(held.current()).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("is not extended by a running renewal: at the end of its lifespan all callers wait", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(80);
    expect(held.current()).toBe("first");
    clock.advance(20);
    const asked = held.current();
    expect(asked).toBeInstanceOf(Promise);
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await asked).toBe("second");
  });

  it("is renewed after the cooldown if that is longer", async () => {
    const { held, clock, loads, end } = await startHolding({ cooldown: 90 });
    clock.advance(80);
    expect(held.current()).toBe("first");
    expect(loads).toHaveLength(1);
    clock.advance(10);
    expect(held.current()).toBe("first");
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
  });
});

describe("a miss", () => {
  it("causes at most one load per cooldown", async () => {
    const { held, clock, loads, end } = await startHolding();
    for (let window = 1; window <= 3; window++) {
      clock.advance(9);
      for (let miss = 0; miss < 1000; miss++) expect(held.renewed()).toBe(`${window === 1 ? "first" : window - 1}`);
      expect(loads).toHaveLength(window);
      clock.advance(1);
      const missed = Array.from({ length: 1000 }, () => held.renewed());
      expect(loads).toHaveLength(window + 1);
      await end({ value: String(window) });
      expect(new Set(await Promise.all(missed))).toEqual(new Set([String(window)]));
    }
  });

  it("waits for a running load, even within the cooldown", async () => {
    const { held, loads, end } = await startHolding();
    const reloaded = held.reload();
    const missed = held.renewed();
    await end({ value: "second" });
    expect(await missed).toBe("second");
    expect(await reloaded).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("always causes a load when the cooldown is 0", async () => {
    const { held, loads, end } = await startHolding({ cooldown: 0 });
    const missed = held.renewed();
    await end({ value: "second" });
    expect(await missed).toBe("second");
    expect(loads).toHaveLength(2);
  });
});

describe("a reload", () => {
  it("ignores the cooldown, and replaces the value", async () => {
    const { held, loads, end } = await startHolding();
    const reloaded = held.reload();
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await reloaded).toBe("second");
    expect(held.current()).toBe("second");
  });
});

describe("on hosts where a request cannot wait for another request's work, such as Cloudflare Workers,", () => {
  const onWorkers = (): void => void vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
  afterEach(() => void vi.unstubAllGlobals());

  it("every waiting caller starts its own load, and the value is shared", async () => {
    onWorkers();
    const { held, loads, end } = startHarness();
    const [one, other] = [held.current(), held.current()];
    expect(loads).toHaveLength(2);
    loads[0]?.resolve("first");
    expect(await one).toBe("first");
    await end({ value: "second" });
    expect(await other).toBe("second");
    expect(held.current()).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("a value is still renewed only once in the background", async () => {
    onWorkers();
    const { held, clock, loads, end } = await startHolding();
    clock.advance(80);
    for (let use = 0; use < 10; use++) expect(held.current()).toBe("first");
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(held.current()).toBe("second");
  });
});
