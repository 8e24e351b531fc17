/** Runs named checks in sequence, so that a failed one hides no other, and reports each result. */

/** The results of the checks, as the programs print them. */
export interface Report {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
}

/** Runs one check; it passes unless it throws or rejects. */
export type Check = (name: string, holds: () => unknown) => Promise<void>;

// Only to name a check that hangs; no check fails because it is slow.
const DEADLINE_MS = 20_000;

/** Creates a `check` and the report of all its calls. */
export function createChecks(): { readonly check: Check; readonly report: Report } {
  const passed: string[] = [];
  const failed: { name: string; error: string }[] = [];
  const check: Check = async (name, holds) => {
    try {
      await beforeDeadline(holds);
      passed.push(name);
    } catch (error) {
      failed.push({ name, error: describe(error) });
    }
  };
  return { check, report: { passed, failed } };
}

async function beforeDeadline(holds: () => unknown): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not settle within ${DEADLINE_MS} ms`)), DEADLINE_MS);
  });
  try {
    await Promise.race([Promise.resolve().then(holds), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** The message, and its origin. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const frame = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
  return [`${error.name}: ${error.message}`, frame].join("\n").trimEnd();
}
