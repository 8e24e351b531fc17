/** Counts the steps of claimgate's own code: runs of its blocks, characters of texts it reads. */
import { type Profiler, Session } from "node:inspector";

/** Counts the steps of `work`, after a first run that compiles it. */
export type CountSteps = (work: () => unknown) => Promise<number>;

type TextMethod = (this: string, ...args: unknown[]) => unknown;

// Functions that read a text from beginning to end. Each text they read counts, also when the
// runtime itself calls them.
const TEXT_METHODS = ["split", "replace", "trim", "toLowerCase", "toUpperCase", "includes", "indexOf"] as const;

/** Runs `test` with a counter of V8's block coverage. */
export async function withStepCounter(test: (count: CountSteps) => Promise<void>): Promise<void> {
  session ??= await startCoverage();
  const running = session;
  const text = countText();
  // The test runner maps each line of a stack to its source, and reads whole files to do so.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    await test(async (work) => {
      await work();
      await takeSteps(running);
      text.reset();
      await work();
      const characters = text.reset();
      return (await takeSteps(running)) + characters;
    });
  } finally {
    text.restore();
    Error.stackTraceLimit = stackTraceLimit;
  }
}

// One for the whole process: V8 counts less exactly after coverage was stopped and started again.
let session: Session | undefined;

async function startCoverage(): Promise<Session> {
  const started = new Session();
  started.connect();
  await post(started, "Profiler.enable");
  await post(started, "Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  return started;
}

/**
 * Throws if `steps` grow more than 1.5 times as much as `sizes`, which leaves room for constant
 * parts. Quadratic code grows fourfold when a size doubles.
 */
export function expectLinear(sizes: readonly number[], steps: readonly number[], what: string): void {
  const [first = 0, last = 0] = [steps[0], steps.at(-1)];
  const growth = (sizes.at(-1) ?? 0) / (sizes[0] ?? 1);
  if (first === 0) throw new Error(`${what}: no steps were counted`);
  if (last > first * growth * 1.5)
    throw new Error(`${what}: ${steps.join(", ")} steps at the sizes ${sizes.join(", ")}`);
}

async function takeSteps(from: Session): Promise<number> {
  const { result } = (await post(from, "Profiler.takePreciseCoverage")) as Profiler.TakePreciseCoverageReturnType;
  return result
    .filter(({ url }) => /\/src\/(core|graphql|trpc)\//.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges.map(({ count }) => count)))
    .reduce((sum, count) => sum + count, 0);
}

function post(to: Session, method: string, params: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    to.post(method, params, (error: Error | null, answer?: object) => (error ? reject(error) : resolve(answer)));
  });
}

/** Counts the characters of every text that one of the functions reads, until `restore`. */
function countText(): { reset(): number; restore(): void } {
  const { prototype } = String;
  const originals = TEXT_METHODS.map((name) => [name, prototype[name] as TextMethod] as const);
  const define = (name: string, value: TextMethod): void => {
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  };
  let characters = 0;
  for (const [name, original] of originals) {
    define(name, function (...args) {
      characters += this.length;
      return original.apply(this, args);
    });
  }
  return {
    reset() {
      const counted = characters;
      characters = 0;
      return counted;
    },
    restore() {
      for (const [name, original] of originals) define(name, original);
    },
  };
}
