/** `npm run check`: types, lint and unit tests in parallel, in less than a minute on two cores. */
import { runStepsBeside, script, tests } from "./steps.ts";

const started = Date.now();
const { passed, failed } = await runStepsBeside([
  script("types", "typecheck"),
  script("lint", "lint"),
  tests("units", "--project=units", "--reporter=minimal"),
]);

const seconds = Math.round((Date.now() - started) / 1000);
console.log(`\n${passed} passed, ${failed} failed in ${seconds} s`);
process.exitCode = failed === 0 ? 0 : 1;
