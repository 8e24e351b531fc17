/** The browser cell: bundles every entry without Node built-ins and runs an application of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRIES } from "../project.ts";
import { runBeside } from "../run.ts";
import { readReport } from "./outcome.ts";
import { bundleForBrowser } from "./programmes.ts";

// Removes `process`, through which code reaches built-ins without an import. Node's fetch reads the
// environment when it loads, so it loads first.
const LAUNCHER = `
void new Response(new Request("http://web.test").body);
delete globalThis.process;
await import("./web-realm.mjs");
`;

/** Bundles and runs the application. Returns the number of checks and bundles. */
export async function checkBrowser(project: string): Promise<number> {
  for (const [i, entry] of ENTRIES.entries()) {
    const code = `export * from ${JSON.stringify(entry)};`;
    await bundleForBrowser(project, { code }, join(project, `entry-${i}.mjs`));
  }
  await bundleForBrowser(project, { file: "web-realm.ts" }, join(project, "web-realm.mjs"));
  writeFileSync(join(project, "launcher.mjs"), LAUNCHER);
  const ended = await runBeside(process.execPath, ["launcher.mjs"], { cwd: project, timeoutMs: 60_000 });
  return ENTRIES.length + readReport(ended);
}
