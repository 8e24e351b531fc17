/** A `createRefreshing` with a manual clock and loads that the test ends. */

import { createTestClock, type TestClock } from "claimgate/testing";
import { createRefreshing, type Refreshing, type RefreshTimes } from "../../../../src/core/util/promises/refreshing.ts";
import { NOW } from "../../../support/create-auth.ts";

/** A load that runs until the test ends it. */
export interface Load {
  readonly signal: AbortSignal;
  resolve(value: string): void;
  reject(cause: unknown): void;
}

export interface Harness {
  readonly held: Refreshing<string>;
  readonly clock: TestClock;
  readonly loads: readonly Load[];
  /** Ends the newest load, and waits until its result has been processed. */
  end(how: { readonly value: string } | { readonly cause: unknown }): Promise<void>;
}

/** The default failure of a load. */
export const DOWN = { cause: new Error("the source is down") } as const;

/** In real seconds: only loads that never end reach the timeout. */
const TIMES: RefreshTimes = { lifespan: 100, timeout: 60, cooldown: 10, staleIfError: 50 };

/** A harness without a loaded value. `""` is a flawed value. */
export function startHarness(times: Partial<RefreshTimes> = {}, now?: (clock: TestClock) => number): Harness {
  const clock = createTestClock(NOW);
  const loads: Load[] = [];
  const held = createRefreshing<string>({
    ...TIMES,
    ...times,
    load: (signal) => new Promise((resolve, reject) => loads.push({ signal, resolve, reject })),
    flawOf: (value) => (value === "" ? new Error("flawed") : undefined),
    explain: (cause) => new Error("explained", { cause }),
    now: now ? () => now(clock) : clock.now,
  });
  return {
    held,
    clock,
    loads,
    async end(how) {
      const load = loads.at(-1);
      if ("value" in how) load?.resolve(how.value);
      else load?.reject(how.cause);
      await settled();
    },
  };
}

/** A harness that has held `"first"` since the clock's time. */
export async function startHolding(times: Partial<RefreshTimes> = {}): Promise<Harness> {
  const harness = startHarness(times);
  const asked = harness.held.current();
  await harness.end({ value: "first" });
  await asked;
  return harness;
}

/** Waits until every promise that can continue has continued. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
