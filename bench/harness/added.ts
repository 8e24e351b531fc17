/** Measures in one process how much more one work costs than another, beside a reference. */
import { measure } from "./measure.ts";
import type { Sample, Work } from "./types.ts";

export interface Compared {
  readonly more: Work;
  readonly less: Work;
  /** A call that takes as long on a given machine as the goal assumes. */
  readonly reference: Work;
  /** The name of the reference, such as "a createHmac". */
  readonly name: string;
  /** Units by which a call of `more` exceeds one of `less`. Default 1. */
  readonly units?: number;
}

const NOTHING: Work = { call: () => undefined };

/**
 * A slice of four parts, each of `ms` milliseconds of CPU time, in an order that changes. The CPU
 * time of the sample is what `more` adds to `less`; the reference is net of the event loop.
 */
export function sliceOf({ more, less, reference, name, units = 1 }: Compared): (ms: number) => Promise<Sample> {
  const works = [less, more, NOTHING, reference];
  let turn = 0;
  return async (ms) => {
    const cpu = new Map<Work, number>();
    const order = turn % 2 === 0 ? works : works.toReversed();
    turn++;
    for (const work of order) {
      const { cpuUs, calls } = await measure(work, ms);
      cpu.set(work, cpuUs / calls);
    }
    const of = (work: Work): number => cpu.get(work) ?? Number.NaN;
    const added = (of(more) - of(less)) / units;
    const unit = of(reference) - of(NOTHING);
    return { calls: 1, ns: 0, cpuUs: added, extra: { "added CPU µs": added, [`times ${name}`]: added / unit } };
  };
}
