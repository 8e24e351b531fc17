/** The guards of one field at run time, with the microtask cache of their decisions. */
import type { Plan } from "../../core/rules/compile.ts";
import type { HeldClaims } from "../../core/rules/find-claim.ts";
import { claimsOf } from "../../core/tokens/held-claims.ts";
import type { JWT } from "../../core/tokens/token.ts";
import { inNextMicrotask } from "../../core/util/promises/microtask.ts";
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
  /** The slot of the guards; `undefined` if they read different credentials. */
  readonly slot: number | undefined;
  /** Judges the claims of a token of that slot by all guards. */
  readonly test: Plan["test"];
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
  /** The slot and the claims of a token that guards have accepted; other guards judge them too. */
  slot: number;
  claims: HeldClaims | undefined;
  /** Ends the moment. It may end another one early, which costs a decision. */
  readonly end: () => void;
}

/** Creates the function that makes the guard sets of one schema. */
export function createGuardSets(): (guards: readonly Guard[]) => GuardSet {
  const passes = new Map<string, Pass>();
  const moments = createMoments();
  return (guards) => {
    if (!guards.every(({ plan }) => plan.isOfTokenOnly)) return { guards, pass: undefined };
    const text = JSON.stringify(guards.map(({ rule }) => rule));
    let pass = passes.get(text);
    if (!pass) passes.set(text, (pass = { at: 0, slot: commonSlot(guards), test: testAll(guards), moments }));
    return { guards, pass };
  };
}

/** Whether these guards accept the caller of `auth` in this moment, as far as is known. */
export function isPassed(pass: Pass, auth: unknown): boolean {
  const { moments } = pass;
  if (moments.auth !== auth) return false;
  if (pass.at === moments.number) return true;
  const { claims } = moments;
  if (claims === undefined || moments.slot !== pass.slot || !accepts(pass, claims)) return false;
  pass.at = moments.number;
  return true;
}

function accepts({ test }: Pass, claims: HeldClaims): boolean {
  try {
    return test(claims) === undefined;
  } catch {
    // The guards then test the claims themselves, and reject them with this error as the cause.
    return false;
  }
}

/** Caches that the guards accept the caller of `auth`, who has the `token`, in this moment. */
export function markPassed(pass: Pass, auth: object, token: JWT | null): void {
  const { moments, slot } = pass;
  if (moments.auth !== auth) begin(moments, auth);
  if (token && slot !== undefined) {
    moments.slot = slot;
    moments.claims = claimsOf(token);
  }
  pass.at = moments.number;
}

function begin(moments: Moments, auth: object): void {
  moments.auth = auth;
  moments.claims = undefined;
  moments.number++;
  inNextMicrotask(moments.end);
}

function createMoments(): Moments {
  const moments: Moments = {
    auth: undefined,
    number: 1,
    slot: 0,
    claims: undefined,
    end: () => {
      moments.auth = undefined;
      moments.claims = undefined;
      moments.number++;
    },
  };
  return moments;
}

function commonSlot(guards: readonly Guard[]): number | undefined {
  const slot = guards[0]?.plan.slot;
  return guards.every(({ plan }) => plan.slot === slot) ? slot : undefined;
}

function testAll(guards: readonly Guard[]): Pass["test"] {
  const tests = guards.map(({ plan }) => plan.test);
  const [only] = tests;
  if (only && tests.length === 1) return only;
  return (claims) => {
    for (const test of tests) {
      const reason = test(claims);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };
}
