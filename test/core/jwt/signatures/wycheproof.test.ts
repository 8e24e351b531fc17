/** Project Wycheproof's vectors, with both implementations: `WYCHEPROOF_VECTORS` names the file. */
import { describe, expect, it } from "vitest";
import { ALGORITHMS, canonicalAlgorithm } from "../../../../src/core/jwt/algorithms.ts";
import { IMPLEMENTATIONS } from "../../../support/without-builtins.ts";
import { readVectors, tryVectors, VECTORS } from "./wycheproof.ts";

const path = process.env["WYCHEPROOF_VECTORS"];
const MISSING = "set WYCHEPROOF_VECTORS to the path of wycheproof.json";
if (path === undefined) console.warn(`\n*** SKIPPED: the Wycheproof vectors\n*** ${MISSING}\n`);

describe.skipIf(path === undefined)("the Wycheproof vectors", () => {
  // A file that is missing, or that has other vectors, fails here.
  const vectors = path === undefined ? undefined : readVectors(path);

  it("are 2,476", () => {
    expect(Object.values(VECTORS).reduce((sum, count) => sum + count, 0)).toBe(2476);
  });

  describe.each(Object.entries(IMPLEMENTATIONS))("with %s", (_, implementation) => {
    it.each(ALGORITHMS)("are accepted and rejected by %s as they say", async (algorithm) => {
      const outcome = await tryVectors(vectors as NonNullable<typeof vectors>, algorithm, implementation);
      expect(outcome).toEqual({ tried: VECTORS[canonicalAlgorithm(algorithm)], wrong: [] });
    });
  });
});
