/** Suites that need something outside this repository: run where it is there, skipped aloud where it is not, and failing in CI. */
import { describe, it } from "vitest";

/**
 * `describe(name, suite)`, where `probe` finds the service; it says why it cannot be reached, or
 * `undefined`. With `REQUIRE_SERVICES=1` (as in CI) a service that cannot be reached is a failure.
 * Elsewhere the suite is skipped, and says so.
 */
export function describeWithService(name: string, probe: () => string | undefined, suite: () => void): void {
  const reason = probe();
  const isRequired = process.env["REQUIRE_SERVICES"] === "1";
  if (reason !== undefined && !isRequired) console.warn(`\n*** SKIPPED: ${name}\n*** ${reason}\n`);
  const substitute = (): void => {
    it(`is there: ${reason}`, { skip: !isRequired }, () => {
      throw new Error(reason);
    });
  };
  const run = reason === undefined ? suite : substitute;
  describe.each([name])("%s", () => {
    run();
  });
}
