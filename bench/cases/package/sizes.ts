/** Bundles an entry as a user does, with the repository's esbuild, and weighs it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { readCpuUs } from "../../harness/measure.ts";
import type { Work } from "../../harness/types.ts";

export async function loadSize(entry: string): Promise<Work> {
  const manifest = JSON.parse(readFileSync("node_modules/claimgate/package.json", "utf8")) as {
    readonly peerDependencies: Readonly<Record<string, string>>;
  };
  const cpu = process.cpuUsage();
  const { outputFiles } = await build({
    stdin: { contents: `export * from ${JSON.stringify(entry)};`, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "es2023",
    // Chunks of a bundled package import each other for their order alone, which esbuild reports.
    logLevel: "error",
    external: Object.keys(manifest.peerDependencies).flatMap((peer) => [peer, `${peer}/*`]),
  });
  const [bundle] = outputFiles;
  assert.ok(bundle && bundle.contents.length > 1000, "the bundle must have the entry's code");
  const kB = gzipSync(bundle.contents).length / 1000;
  const cpuUs = readCpuUs(cpu);
  return {
    call: () => undefined,
    maxWarmMs: 0,
    slice: async () => ({ calls: 1, ns: 0, cpuUs, extra: { kB } }),
  };
}
