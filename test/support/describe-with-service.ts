/** Suites that need an external service: skipped with a notice without it, failed in CI. */
import { describe, it } from "vitest";

/**
 * Runs `describe(name, suite)` if `probe` finds the service; `probe` returns the reason if not. An
 * unavailable service skips the suite with a notice, or fails with `REQUIRE_SERVICES=1` (as in CI).
 */
export function describeWithService(name: string, probe: () => string | undefined, suite: () => void): void {
  const reason = probe();
  const isRequired = process.env["REQUIRE_SERVICES"] === "1";
  if (reason !== undefined && !isRequired) console.warn(`\n*** SKIPPED: ${name}\n*** ${reason}\n`);
  const substitute = (): void => {
    it(`needs its service: ${reason}`, { skip: !isRequired }, () => {
      throw new Error(reason);
    });
  };
  const run = reason === undefined ? suite : substitute;
  describe.each([name])("%s", () => {
    run();
  });
}
