/** The type of a guard, and the marks on guarded resolvers. */
import { defaultFieldResolver } from "graphql";
import type { Plan } from "../core/rules/compile.ts";

/**
 * The result of a field that a guard rejects: an error, or null in place of a 401 or 403. A 400 or
 * 503 is always an error.
 */
export type OnDeny = "ERROR" | "NULL";

/** One compiled use of the directive. */
export interface Guard {
  readonly plan: Plan;
  /** The rule that the plan was compiled from, as JSON. */
  readonly rule: string;
  readonly onDeny: OnDeny;
  /** The type or field with the directive: `User` or `User.email`. */
  readonly origin: string;
  /** The origin, `onDeny` and the rule as one text. Equal guards have the same key. */
  readonly key: string;
}

// Registered symbols, so that the marks of another copy of this package count too.
const GUARDS: unique symbol = Symbol.for("claimgate.guards") as never;
const GUARDED: unique symbol = Symbol.for("claimgate.guarded") as never;
const BY_DEFAULT: unique symbol = Symbol.for("claimgate.resolvesByDefault") as never;

/** A function that can have marks: a resolver, a `subscribe` or a `resolveType`. */
type Marked = object | null | undefined;

interface Marks {
  readonly [GUARDS]?: readonly Guard[];
  readonly [GUARDED]?: string;
  readonly [BY_DEFAULT]?: boolean;
}

/** Marks a resolver with its guards and with the resolver behind them. */
export function markGuards<F extends object>(guarded: F, guards: readonly Guard[], original?: Marked): F {
  return Object.defineProperties(guarded, {
    [BY_DEFAULT]: { value: resolvesByDefault(original) },
    // The original may have the guards of another directive.
    [GUARDS]: { value: [...guards, ...guardsOf(original)] },
  });
}

/** The guards of a resolver or `resolveType`. */
export function guardsOf(resolver: Marked): readonly Guard[] {
  return marksOf(resolver)?.[GUARDS] ?? [];
}

/** Whether a resolver, guarded or not, only reads the parent's property. */
export function resolvesByDefault(resolver: Marked): boolean {
  return resolver === undefined || resolver === defaultFieldResolver || marksOf(resolver)?.[BY_DEFAULT] === true;
}

/** The keys of guards as one text, which is equal for equal guards. */
export function keyOf(guards: readonly Guard[]): string {
  return guards.map((guard) => guard.key).join("\n");
}

/** Marks a resolver as guarded by the guards whose `keyOf` is `key`. */
export function markGuarded<F extends object>(guarded: F, key: string): F {
  return Object.defineProperty(guarded, GUARDED, { value: key });
}

/** Whether a resolver has any guard. */
export function isGuarded(resolver: Marked): boolean {
  return resolver != null && Object.hasOwn(resolver, GUARDED);
}

/** Whether a resolver is guarded by the guards whose `keyOf` is `key`, and by no others. */
export function isGuardedBy(resolver: Marked, key: string): boolean {
  return marksOf(resolver)?.[GUARDED] === key;
}

function marksOf(resolver: Marked): Marks | null | undefined {
  return resolver;
}
