/** The browser cell: every entry bundles without a Node built-in, and an application of them all runs where there is nothing of Node. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRIES } from "../project.ts";
import { runBeside } from "../run.ts";
import { readReport } from "./outcome.ts";
import { bundleForBrowser } from "./programmes.ts";

// The way to every built-in that needs no import. Node's own fetch is loaded first, as it reads the
// environment then.
const LAUNCHER = `
void new Response(new Request("http://web.test").body);
delete globalThis.process;
await import("./web-realm.mjs");
`;

/** Bundles and runs; gives the number of checks and bundles. */
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
