/** What a cell of the matrix comes to, and how cells are run: a few beside each other, and none that fails stops another. */
import type { Report } from "../../test/matrix/checks.ts";
import type { Ended } from "../run.ts";

/** What a cell came to. */
export type Outcome =
  | {
      readonly kind: "passed";
      readonly checks: number;
      /** What was left out of it. */
      readonly note?: string;
    }
  | { readonly kind: "failed"; readonly why: string }
  /** Not run: something that is not ours says that it cannot. */
  | { readonly kind: "ruled out"; readonly why: string };

/** What a cell came to in which all held. */
export function passed(checks: number, note?: string): Outcome {
  return { kind: "passed", checks, ...(note === undefined ? {} : { note }) };
}

/** Runs a cell; one that throws has failed. */
export async function settle(cell: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await cell();
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * How many checks held, as a programme printed it. Throws what did not, and where nothing was
 * reported.
 */
export function readReport({ status, output }: Ended): number {
  const line = output.split("\n").findLast((text) => text.startsWith('{"passed":'));
  if (line === undefined) throw new Error(`no report, status ${status}:\n${output}`);
  const { passed, failed } = JSON.parse(line) as Report;
  if (failed.length > 0) throw new Error(failed.map(({ name, error }) => `${name}\n${error}`).join("\n\n"));
  if (status !== 0 || passed.length === 0) throw new Error(`status ${status}:\n${output}`);
  return passed.length;
}

/** Runs all `tasks`, at most `limit` at a time, and gives their results in order. */
export async function inParallel<T>(limit: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  const queue = [...tasks.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}

/**
 * `make`, which runs at its first call; whoever calls later gets the same promise, its failure
 * included.
 */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
