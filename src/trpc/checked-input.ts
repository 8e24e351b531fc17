/** Checks by type that the `args` paths of a rule lead to scalars of the parsed input. */
import type { Bindings } from "../core/rules/rule.ts";

type Scalar = string | number | boolean | bigint | null | undefined;

/** The input that tRPC declares for a procedure without `.input()`. */
type UnsetInput = string & { readonly __brand: "unsetMarker" };

type CallInputFirst = "call .input() before requireToken";

/** Stands for the input of a rule whose procedure the compiler does not know yet. */
export interface UnknownInput {
  readonly "~input": "unknown";
}

/**
 * `unknown` where every path of the rule leads to a scalar of the input; otherwise a type whose
 * text names the faulty path and the paths that the input has.
 */
export type CheckedInput<TInput, R> = [RulePaths<R>] extends [never]
  ? unknown
  : string extends RulePaths<R>
    ? unknown
    : [PathErrors<TInput, RulePaths<R>>] extends [never]
      ? unknown
      : PathErrors<TInput, RulePaths<R>>;

/** The value that a rule's `args` may have for a claim: the given paths, or else the input's. */
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
        : ExpectedPath<TInput>;

type ExpectedPath<TInput> = [PathsOf<TInput>] extends [never]
  ? `the input has no scalar; ${CallInputFirst}`
  : PathsOf<TInput>;

/** The paths to the scalars of an input, down to a depth of five. */
type PathsOf<T, Depth extends readonly unknown[] = []> = Depth["length"] extends 5
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

// An input of the type `any`, or an unknown part of an input, may be a scalar.
type IsScalar<T> = [T] extends [Scalar] ? true : false;

type IsPath<T, P extends string> = P extends ""
  ? IsScalar<T>
  : P extends `${infer Key}.${infer Rest}`
    ? NonNullable<T> extends infer O extends object
      ? Key extends keyof O
        ? IsPath<O[Key], Rest>
        : false
      : false
    : NonNullable<T> extends infer O extends object
      ? P extends keyof O
        ? [unknown] extends [O[P]]
          ? true
          : IsScalar<O[P]>
        : false
      : false;

/** Appears in a compiler error: the input has `Paths`, and not the path `P`. */
interface NoSuchPath<P extends string, Paths> {
  readonly "the input has no such path": P;
  readonly "the paths of the input": Paths;
}

/** Appears in a compiler error: the rule binds claims to an input that no parser has read yet. */
interface NoInput {
  readonly "call .input() before requireToken": never;
}

type PathErrors<TInput, P extends string> = [TInput] extends [UnsetInput]
  ? NoInput
  : P extends string
    ? IsPath<TInput, P> extends true
      ? never
      : NoSuchPath<P, PathsOf<TInput>>
    : never;

type PathsIn<B> = B extends Bindings
  ? {
      [K in keyof B]: B[K] extends readonly (infer P extends string)[] ? P : B[K] extends string ? B[K] : never;
    }[keyof B]
  : never;

type RulePaths<R> =
  | (R extends { readonly args: infer B } ? PathsIn<B> : never)
  | (R extends { readonly anyOf: readonly (infer Branch)[] }
      ? Branch extends { readonly args: infer B }
        ? PathsIn<B>
        : never
      : never);
