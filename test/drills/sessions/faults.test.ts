/** The fault drills, for a few seconds each. */
import { describe, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { faultDrills } from "./faults.ts";

watchRejections();

describe("sessions under fault", () => {
  for (const { drill, store, probe, run } of faultDrills) {
    describeWithService(`${store}, ${drill}`, probe, () => {
      it("gives right answers or a 503 in time, and recovers without a restart", { timeout: 120_000 }, async () => {
        expect((await run("short")).violations).toEqual([]);
      });
    });
  }
});
