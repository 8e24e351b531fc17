/** Runs named checks one after the other, so that one that fails hides no other, and says which held. */

/** What became of the checks, as the programmes print it. */
export interface Report {
  readonly passed: readonly string[];
  readonly failed: readonly { readonly name: string; readonly error: string }[];
}

/** Runs one check; it holds unless it throws or rejects. */
export type Check = (name: string, holds: () => unknown) => Promise<void>;

// Only so that a check which hangs is named: none is judged by its time.
const DEADLINE_MS = 20_000;

/** A `check` and the report of all that it was given. */
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

/** The message, and where it comes from. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error);
  const frame = error.stack?.split("\n").find((line) => /^\s+at /.test(line));
  return [`${error.name}: ${error.message}`, frame].join("\n").trimEnd();
}
