/** The browser drill, for a few seconds: one scene, and one attack of each kind. */
import { expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { browserDrills } from "./browser.ts";

for (const { drill, store, probe, run } of browserDrills) {
  describeWithService(`${drill} on ${store}`, probe, () => {
    it("accepts everything the page's user does, and rejects every attack of another page", {
      timeout: 300_000,
    }, async () => {
      const result = await run("short");
      expect(result.violations).toEqual([]);
      expect(result.counts).toEqual({ steps: 30, attacks: 118 });
    });
  });
}
