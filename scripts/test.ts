/** `npm test`: types, lint, build, all tests, the tarball check and a diagonal of the matrix, with one line at the end that counts them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT, run, runBeside } from "./run.ts";

const counts = { passed: 0, failed: 0 };

function step(name: string, command: string, args: readonly string[]): void {
  console.log(`\n== ${name}`);
  const { status } = run(command, args);
  counts[status === 0 ? "passed" : "failed"]++;
  if (status !== 0) console.log(`== ${name} FAILED`);
}

/** Steps that mostly wait, for the registry and for one process each. */
async function stepsBeside(steps: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const running = Object.entries(steps).map(
    async ([name, args]) =>
      [name, await runBeside("npm", ["run", "--silent", ...args], { cwd: ROOT, timeoutMs: 600_000 })] as const,
  );
  for (const one of running) {
    const [name, { status, output }] = await one;
    console.log(`\n== ${name}\n${output}`);
    counts[status === 0 ? "passed" : "failed"]++;
    if (status !== 0) console.log(`== ${name} FAILED`);
  }
}

// Most suites leave nothing behind them: to load the same modules anew for each took as long as their tests.
const TOGETHER = ["core", "graphql", "parity", "regression", "sessions", "trpc"];

/** Of those, the suites that change something for their whole process: a clock, the environment, the ambient storage, a spy on the runtime or its memory. */
const OF_WHOLE_PROCESS = /node:inspector|ambient: true|currentToken|\bvi\.|setFlagsFromString|process\.env\[/;

// What has to give the same answers without the token cache: here the part of it that is quick, and all of it by `TOKEN_CACHE=off npm test`.
const ALSO_UNCACHED = ["graphql", "regression", "trpc"];

function tests(): void {
  const files = readdirSync("test", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => `test/${path}`);
  vitest("tests, a process for many files", ["--no-isolate", ...files.filter(canShare)]);
  vitest(
    "tests, a process for each file",
    files.filter((file) => !canShare(file)),
  );
  if (process.env["TOKEN_CACHE"] === "off") return;
  const again = files.filter((file) => canShare(file) && ALSO_UNCACHED.includes(folderOf(file)));
  vitest("tests, without the token cache", ["--no-isolate", ...again], { TOKEN_CACHE: "off" });
}

function folderOf(file: string): string {
  return file.split("/")[1] ?? "";
}

function canShare(file: string): boolean {
  return TOGETHER.includes(folderOf(file)) && !OF_WHOLE_PROCESS.test(readFileSync(file, "utf8"));
}

function vitest(name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  console.log(`\n== ${name}`);
  const folder = mkdtempSync(join(tmpdir(), "claimgate-test-"));
  const report = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const { status } = run("npx", ["vitest", "run", ...reporters, ...args], { env });
    const { numPassedTests, numFailedTests, numTotalTests } = JSON.parse(readFileSync(report, "utf8")) as Record<
      string,
      number
    >;
    counts.passed += numPassedTests ?? 0;
    counts.failed += numFailedTests ?? 0;
    if (!numTotalTests || (status !== 0 && !numFailedTests)) counts.failed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

step("types", "npm", ["run", "--silent", "typecheck"]);
step("lint", "npm", ["run", "--silent", "lint"]);
step("build", "npm", ["run", "--silent", "build"]);
tests();
await stepsBeside({ package: ["test:package"], matrix: ["matrix", "--", "--diagonal", "--built"] });

console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
