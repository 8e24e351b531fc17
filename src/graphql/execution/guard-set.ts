/** The guards of one field at run time, with the microtask cache of their decisions. */
import type { Guard } from "../guard.ts";

/** Guards that must all accept the caller. */
export interface GuardSet {
  readonly guards: readonly Guard[];
  /** Caches the last decision; `undefined` if a guard reads arguments or the parent. */
  readonly pass: Pass | undefined;
}

/** The cached decision, which all guard sets with equal rules share. */
export interface Pass {
  /** The number of the moment in which the guards last accepted a caller. */
  at: number;
  readonly moments: Moments;
}

/**
 * The current moment of a schema: the synchronous code until the next microtask. In one moment,
 * guards decide about a caller once. A cached decision costs two comparisons for each field of a
 * list. At the end of the moment the cache also releases the caller's request.
 */
interface Moments {
  auth: object | undefined;
  number: number;
}

/** Creates the function that makes the guard sets of one schema. */
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

/** Whether these guards have accepted the caller of `auth` in this moment. */
export function isPassed(pass: Pass, auth: unknown): boolean {
  return pass.at === pass.moments.number && pass.moments.auth === auth;
}

/** Caches that the guards accept the caller of `auth` in this moment. */
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
