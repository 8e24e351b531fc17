/** The fault drills, for a few seconds each: right answers or `STORE_UNAVAILABLE` in time, nobody let in, nothing lost, and nothing that happens later. */
import { describe, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { faultDrills } from "./faults.ts";

watchRejections();

describe("sessions under fault", () => {
  for (const { drill, store, probe, run } of faultDrills) {
    describeWithService(`${store}, ${drill}`, probe, () => {
      it("answers right, or 503 in time, and recovers without a restart", { timeout: 120_000 }, async () => {
        expect((await run("short")).violations).toEqual([]);
      });
    });
  }
});
