/** The flatness drills, for a few seconds each. */
import { describe, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { STORE_KINDS } from "./drilled-stores.ts";
import { flatDrills } from "./flat.ts";

describe("the drill of flatness", () => {
  it("covers every store", () => {
    expect(flatDrills.map(({ store }) => store)).toEqual(STORE_KINDS.map(({ store }) => store));
  });
});

for (const { store, probe, run } of flatDrills) {
  describeWithService(`flat on ${store}`, probe, () => {
    it("is as small after many rounds of login, refresh and expiry as after a few, and empty at the end", {
      timeout: 120_000,
    }, async () => {
      const result = await run("short");
      expect(result.violations).toEqual([]);
      expect(result).toMatchObject({ drill: "flat", store });
    });
  });
}
