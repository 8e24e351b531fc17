/** The process of one case: loads and proves the case, then measures slices on request. */
import { measure, warmUp } from "./measure.ts";
import type { Order, Report } from "./messages.ts";
import { SkippedError } from "./skipped.ts";
import type { Group, Work } from "./types.ts";

const [group = "", tableName = "", caseName = "", warmMs = "0"] = process.argv.slice(2);

const send = (report: Report): Promise<void> => new Promise((resolve) => process.send?.(report, () => resolve()));

const fail = async (error: unknown): Promise<never> => {
  const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await send(error instanceof SkippedError ? { is: "skipped", reason: error.message } : { is: "failed", reason });
  process.exit(1);
};

// A case does not outlive the runner.
process.once("disconnect", () => process.exit(1));
process.once("unhandledRejection", fail);
process.once("uncaughtException", fail);

async function load(): Promise<Work> {
  const { tables } = (await import(new URL(`../cases/${group}.js`, import.meta.url).href)) as Group;
  const found = tables.find(({ name }) => name === tableName)?.cases.find(({ name }) => name === caseName);
  if (!found) throw new Error(`no case "${caseName}" in "${tableName}"`);
  const work = await found.load();
  await work.prove?.();
  await warmUp(work, Math.min(Number(warmMs), work.maxWarmMs ?? Number.POSITIVE_INFINITY));
  return work;
}

try {
  const work = await load();
  process.on("message", async (order: Order) => {
    try {
      if (order.do === "slice") return await send({ is: "sample", sample: await measure(work, order.ms) });
      await work.close?.();
      await send({ is: "closed" });
      process.exit(0);
    } catch (error) {
      return fail(error);
    }
  });
  const { perCall = 1, about } = work;
  await send({ is: "ready", perCall, ...(about === undefined ? {} : { about }) });
} catch (error) {
  await fail(error);
}
