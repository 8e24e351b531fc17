/** The outcome of a cell of the matrix, and helpers that run cells. */
import type { Report } from "../../test/matrix/checks.ts";
import type { Ended } from "../run.ts";

/** The outcome of a cell. */
export type Outcome =
  | {
      readonly kind: "passed";
      readonly checks: number;
      /** The limits of the result, such as examples that were left out. */
      readonly note?: string;
    }
  | { readonly kind: "failed"; readonly why: string }
  /** Not run: another package does not support the combination. */
  | { readonly kind: "ruled out"; readonly why: string };

/** Returns the outcome of a cell whose checks all passed. */
export function passed(checks: number, note?: string): Outcome {
  return { kind: "passed", checks, ...(note === undefined ? {} : { note }) };
}

/** Runs a cell. An error becomes a failed outcome, so that it does not stop other cells. */
export async function settle(cell: () => Promise<Outcome>): Promise<Outcome> {
  try {
    return await cell();
  } catch (error) {
    return { kind: "failed", why: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Returns the number of passed checks in the report that a programme printed.
 *
 * @throws {Error} if there is no report, or if a check failed
 */
export function readReport({ status, output }: Ended): number {
  const line = output.split("\n").findLast((text) => text.startsWith('{"passed":'));
  if (line === undefined) throw new Error(`the programme printed no report and exited with ${status}:\n${output}`);
  const { passed, failed } = JSON.parse(line) as Report;
  if (failed.length > 0) throw new Error(failed.map(({ name, error }) => `${name}\n${error}`).join("\n\n"));
  if (status !== 0 || passed.length === 0) throw new Error(`the programme exited with ${status}:\n${output}`);
  return passed.length;
}

/** Runs all `tasks`, at most `limit` at a time, and returns their results in order. */
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
 * Returns `make` with a memory: the first call runs it, and all later calls return the same
 * promise, even a rejected one.
 */
export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
