/** The Wycheproof vectors on this runtime, by both implementations of the sources, as JSON. */
import { ALGORITHMS, canonicalAlgorithm } from "../../src/core/jwt/algorithms.ts";
import { readVectors, tryVectors, VECTORS } from "../core/jwt/signatures/wycheproof.ts";
import { IMPLEMENTATIONS } from "../support/without-builtins.ts";
import { createChecks } from "./checks.ts";

const { check, report } = createChecks();
const vectors = readVectors(process.env["WYCHEPROOF_VECTORS"] ?? "");
for (const [name, implementation] of Object.entries(IMPLEMENTATIONS)) {
  for (const algorithm of ALGORITHMS) {
    await check(`${algorithm} by ${name} has the verdicts of the Wycheproof vectors`, async () => {
      const { tried, wrong } = await tryVectors(vectors, algorithm, implementation);
      if (tried !== VECTORS[canonicalAlgorithm(algorithm)] || wrong.length > 0)
        throw new Error(`${tried} tried; wrong: ${wrong.join()}`);
    });
  }
}
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(report.failed.length === 0 ? 0 : 1));
