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
  readonly [GUARDED]?: GuardMark;
  readonly [BY_DEFAULT]?: boolean;
}

/** The mark of one wrapper around a resolver. */
interface GuardMark {
  /** The wrapper itself: a user's proxy or subclass of it shows the same mark. */
  readonly wrapper: object;
  readonly key: string;
  /** The resolver inside, which may be guarded by another directive. */
  readonly original: Marked;
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

/** Marks the wrapper of `original` as guarded by the guards whose `keyOf` is `key`. */
export function markGuarded<F extends object>(wrapper: F, key: string, original: Marked): F {
  const mark: GuardMark = { wrapper, key, original };
  return Object.defineProperty(wrapper, GUARDED, { value: mark });
}

/** Whether a resolver has any guard. */
export function isGuarded(resolver: Marked): boolean {
  return markOf(resolver) !== undefined;
}

/**
 * Whether a resolver is guarded by the guards whose `keyOf` is `key`. The guards of other
 * directives may be around them, but no wrapper of a user.
 */
export function isGuardedBy(resolver: Marked, key: string): boolean {
  for (let mark = markOf(resolver); mark; mark = markOf(mark.original)) if (mark.key === key) return true;
  return false;
}

function markOf(resolver: Marked): GuardMark | undefined {
  const mark = marksOf(resolver)?.[GUARDED];
  return mark?.wrapper === resolver ? mark : undefined;
}

function marksOf(resolver: Marked): Marks | null | undefined {
  return resolver;
}
