/** What `createRefreshing` promises while its source works. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { watchRejections } from "../../support/watch-rejections.ts";
import { settled, startHarness, startHolding } from "./refreshing-support.ts";

watchRejections();

describe("a value", () => {
  it("is loaded when something first asks, and not before", async () => {
    const { held, loads, end } = startHarness();
    await settled();
    expect(loads).toHaveLength(0);
    const asked = held.current();
    expect(loads).toHaveLength(1);
    await end({ value: "first" });
    expect(await asked).toBe("first");
  });

  it("is loaded once for a thousand callers, whatever they ask for", async () => {
    const { held, loads, end } = startHarness();
    const asked = Array.from({ length: 1000 }, (_, index) => [held.current, held.renewed, held.reload][index % 3]?.());
    expect(loads).toHaveLength(1);
    await end({ value: "first" });
    expect(new Set(await Promise.all(asked))).toEqual(new Set(["first"]));
    expect(loads).toHaveLength(1);
  });

  it("is given at once while it is fresh, without a promise and without a load", async () => {
    const { held, clock, loads } = await startHolding();
    clock.advance(79);
    expect(held.current()).toBe("first");
    expect(loads).toHaveLength(1);
  });

  it("is given no longer than its lifespan: who asks then waits for a new one", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(100);
    const asked = held.current();
    expect(asked).toBeInstanceOf(Promise);
    await end({ value: "second" });
    expect(await asked).toBe("second");
    expect(held.current()).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("counts its lifespan from when its load began: what was withdrawn since then may be in it", async () => {
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

  it("leaves no timer behind once it is there", async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    const before = timers();
    const { held, end } = startHarness();
    const asked = held.current();
    expect(timers()).toBe(before + 1);
    await end({ value: "first" });
    await asked;
    expect(timers()).toBe(before);
  });

  it("serves who waited for it even where its load took longer than its lifespan", async () => {
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
  it("is renewed beside its use, once, and given at once meanwhile", async () => {
    const { held, clock, loads, end } = await startHolding();
    clock.advance(80);
    for (let use = 0; use < 100; use++) expect(held.current()).toBe("first");
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(held.current()).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("is trusted no longer for being renewed: at the end of its lifespan all wait for the load that runs", async () => {
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

  it("waits for the cooldown, where that is longer", async () => {
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
  it("loads anew at most once per cooldown, however many there are", async () => {
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

  it("waits for a load that runs already, even within the cooldown", async () => {
    const { held, loads, end } = await startHolding();
    const reloaded = held.reload();
    const missed = held.renewed();
    await end({ value: "second" });
    expect(await missed).toBe("second");
    expect(await reloaded).toBe("second");
    expect(loads).toHaveLength(2);
  });

  it("always loads anew where there is no cooldown", async () => {
    const { held, loads, end } = await startHolding({ cooldown: 0 });
    const missed = held.renewed();
    await end({ value: "second" });
    expect(await missed).toBe("second");
    expect(loads).toHaveLength(2);
  });
});

describe("a reload", () => {
  it("does not wait for the cooldown, and what it brings counts from then on", async () => {
    const { held, loads, end } = await startHolding();
    const reloaded = held.reload();
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(await reloaded).toBe("second");
    expect(held.current()).toBe("second");
  });
});

describe("where one request may not wait for what another began, as on Cloudflare's workers,", () => {
  const onWorkers = (): void => void vi.stubGlobal("navigator", { userAgent: "Cloudflare-Workers" });
  afterEach(() => void vi.unstubAllGlobals());

  it("everybody who has to wait waits for a load of their own, and the value is shared", async () => {
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

  it("a value is renewed beside its use once all the same", async () => {
    onWorkers();
    const { held, clock, loads, end } = await startHolding();
    clock.advance(80);
    for (let use = 0; use < 10; use++) expect(held.current()).toBe("first");
    expect(loads).toHaveLength(2);
    await end({ value: "second" });
    expect(held.current()).toBe("second");
  });
});
