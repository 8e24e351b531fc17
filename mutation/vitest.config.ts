/** Runs the suites in `MUTATION_SUITES`. Stryker starts it in its sandbox. */
import { defineConfig } from "vitest/config";
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification, type Vitest } from "vitest/node";
import main from "../vitest.config.ts";

const suites = (process.env["MUTATION_SUITES"] ?? "").split(" ");

/** Runs the suites in the order of the group, not the slowest first. */
class InOrder extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return Promise.resolve(files.toSorted((one, other) => rankOf(one) - rankOf(other)));
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  return suites.findIndex((suite) => moduleId.startsWith(`${project.config.root}/${suite}`));
}

/** Stryker counts failed tests. A file that a mutant keeps from loading has none: it gets one. */
class FailedFiles implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestModuleEnd({ moduleId }: TestModule): void {
    for (const file of this.#vitest?.state.getFiles([moduleId]) ?? []) {
      if (file.result?.state !== "fail" || file.tasks.length > 0) continue;
      const test = { type: "test", name: "loads", mode: "run", result: file.result, file };
      file.tasks.push(test as unknown as (typeof file.tasks)[number]);
    }
  }
}

export default defineConfig({
  ...(main.resolve ? { resolve: main.resolve } : {}),
  test: {
    // Files of a folder that need a process of their own, a database or real time stay out.
    include: suites.map((suite) => (suite.endsWith(".ts") ? suite : `${suite}/**/!(*.alone|*.slow).test.ts`)),
    isolate: false,
    testTimeout: 10_000,
    reporters: [new FailedFiles()],
    sequence: { sequencer: InOrder },
  },
});
