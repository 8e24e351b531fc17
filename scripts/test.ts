/** `npm test`: types, lint, build, sizes, all tests, the tarball and a diagonal of the matrix. */
import { runStep, runStepsBeside, script, sum, tests } from "./steps.ts";

const { passed, failed } = sum([
  runStep(script("types", "typecheck")),
  runStep(script("lint", "lint")),
  runStep(script("build", "build")),
  runStep(script("sizes", "sizes")),
  runStep(tests("tests", "--reporter=default")),
  // In parallel, because both mostly wait for the registry and for other processes.
  await runStepsBeside([script("package", "test:package"), script("matrix", "matrix", "--", "--diagonal", "--built")]),
]);

console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
