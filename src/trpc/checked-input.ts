/** Types that check the `args` of a rule: each path must lead to a scalar of the parsed input. */
import type { Bindings } from "../core/rules/rule.ts";

type Scalar = string | number | boolean | bigint | null | undefined;

/** The input that tRPC declares for a procedure without `.input()`. */
type UnsetInput = string & { readonly __brand: "unsetMarker" };

type CallInputFirst = "call .input() before requireToken";

/** In place of the input, for a rule outside the `.use()` of a procedure. */
export interface UnknownInput {
  readonly "~input": "unknown";
}

/**
 * `unknown` if every path of the rule leads to a scalar of the input. Otherwise a type that rejects
 * the input; the compiler error names the invalid path and the paths of the input.
 */
export type CheckedInput<TInput, R> = [PathErrors<TInput, RulePaths<R>>] extends [never]
  ? unknown
  : PathErrors<TInput, RulePaths<R>>;

/** `Given` if its paths are paths of the input; otherwise the paths that the input has. */
export type CheckedPaths<Given, TInput> = Given extends string
  ? CheckedPath<Given, TInput>
  : { readonly [I in keyof Given]: Given[I] extends string ? CheckedPath<Given[I], TInput> : never };

type CheckedPath<P extends string, TInput> = [TInput] extends [UnknownInput]
  ? P
  : string extends P
    ? (string & {}) | PathsOf<TInput>
    : [TInput] extends [UnsetInput]
      ? CallInputFirst
      : IsPath<TInput, P> extends true
        ? P
        : ExpectedPath<Exclude<PathsOf<TInput>, P>>;

type ExpectedPath<Paths extends string> = [Paths] extends [never]
  ? `the input has no scalar; ${CallInputFirst}`
  : Paths;

// Deeper paths are valid, but not listed: the number of paths of a recursive input grows with the
// power of the depth.
/** The paths to the scalars of an input, down to a depth of three. */
type PathsOf<T, Depth extends readonly unknown[] = []> = Depth["length"] extends 3
  ? never
  : IsScalar<T> extends true
    ? ""
    : NonNullable<T> extends infer O extends object
      ? O extends readonly unknown[] | ((...args: never) => unknown)
        ? never
        : {
            [K in keyof O & string]-?: IsScalar<O[K]> extends true ? K : `${K}.${PathsOf<O[K], [...Depth, K]>}`;
          }[keyof O & string]
      : never;

type IsScalar<T> = [T] extends [Scalar] ? true : false;

type IsPath<T, P extends string> = P extends ""
  ? IsScalar<T>
  : [unknown] extends [ValueAt<T, P>]
    ? true
    : IsScalar<ValueAt<T, P>>;

/** The type at a path; `object`, which is not a scalar, if there is no such path. */
type ValueAt<T, P extends string> = P extends `${infer Key}.${infer Rest}`
  ? ValueAt<MemberOf<T, Key>, Rest>
  : MemberOf<T, P>;

type MemberOf<T, Key extends string> =
  NonNullable<T> extends infer O extends object ? (Key extends keyof O ? O[Key] : object) : object;

/** Appears in a compiler error: the input has the paths `Paths`, but not `P`. */
interface NoSuchPath<P extends string, Paths> {
  readonly "the input has no such path": P;
  readonly "the paths of the input": Paths;
}

/** Appears in a compiler error: `args` bind claims to an input before `.input()` parses it. */
interface NoInput {
  readonly "call .input() before requireToken": never;
}

// Distributes over P, so that a rule without paths has no errors.
type PathErrors<TInput, P> = P extends string
  ? string extends P
    ? never
    : [TInput] extends [UnsetInput]
      ? NoInput
      : IsPath<TInput, P> extends true
        ? never
        : NoSuchPath<P, PathsOf<TInput>>
  : never;

type RulePaths<R> = ArgPaths<R> | (R extends { readonly anyOf: readonly (infer Branch)[] } ? ArgPaths<Branch> : never);

type ArgPaths<R> = R extends { readonly args: infer B extends Bindings } ? ElementOf<B[keyof B]> : never;

/** The elements of a list, or the type itself. */
export type ElementOf<T> = T extends readonly (infer E)[] ? E : T;
