/** The guards of one place, as the run time needs them, and whom they let in a moment ago. */
import type { Guard } from "../guard.ts";

/** Guards that must all hold. */
export interface GuardSet {
  readonly guards: readonly Guard[];
  /**
   * Remembers for a moment whom they let in; `undefined` where one of them looks at arguments or
   * parent.
   */
  readonly pass: Pass | undefined;
}

/** What sets that say the same share. */
export interface Pass {
  /** The number of the moment in which they let somebody in. */
  at: number;
  readonly moments: Moments;
}

/**
 * The moment in which the guards of a schema were asked last: the run of code that nothing can have
 * interrupted since. What let a caller in then lets the same one in again, so that the fields of a
 * list cost two comparisons each. It ends with the next microtask, and keeps nobody longer.
 */
interface Moments {
  auth: object | undefined;
  number: number;
}

/** Makes the sets of one schema. */
export function createGuardSets(): (guards: readonly Guard[]) => GuardSet {
  const passes = new Map<string, Pass>();
  const moments: Moments = { auth: undefined, number: 1 };
  return (guards) => {
    if (!guards.every(({ plan }) => plan.isOfTokenOnly)) return { guards, pass: undefined };
    const text = JSON.stringify(guards.map(({ rule }) => rule));
    let pass = passes.get(text);
    if (!pass) passes.set(text, (pass = { at: 0, moments }));
    return { guards, pass };
  };
}

/** Whether these guards let in the caller that `auth` stands for, a moment ago. */
export function isPassed(pass: Pass, auth: unknown): boolean {
  return pass.at === pass.moments.number && pass.moments.auth === auth;
}

/** Says that the guards let in the caller that `auth` stands for. */
export function markPassed(pass: Pass, auth: object): void {
  const { moments } = pass;
  if (moments.auth !== auth) {
    moments.auth = auth;
    const number = ++moments.number;
    queueMicrotask(() => {
      if (moments.number !== number) return;
      moments.auth = undefined;
      moments.number++;
    });
  }
  pass.at = moments.number;
}
