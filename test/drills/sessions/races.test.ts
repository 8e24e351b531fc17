/** The race drills, for a few seconds each. */
import { describe, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { raceDrills } from "./races.ts";

describe("the drills of races", () => {
  it("cover every store", () => {
    const stores = (name: string): string[] =>
      raceDrills.filter(({ drill }) => drill === name).map(({ store }) => store);
    const all = ["memory", "PGlite", "Redis (redis)", "Redis (ioredis)", "PostgreSQL"];
    expect(stores("race-one-token")).toEqual(all);
    expect(stores("race-at-random")).toEqual(all);
  });
});

for (const { drill, store, probe, run } of raceDrills) {
  describeWithService(`${drill} on ${store}`, probe, () => {
    it("rotates each token once, and ends no session without reuse", {
      timeout: 120_000,
    }, async () => {
      const result = await run("short");
      expect(result.violations).toEqual([]);
      expect(result).toMatchObject({ drill, store });
    });
  });
}
