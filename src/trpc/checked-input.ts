/** Checks, by type alone, that the `args` paths of a rule lead to scalars of the parsed input. */
import type { Bindings } from "../core/rules/rule.ts";

type Scalar = string | number | boolean | bigint | null | undefined;

/**
 * The type at a dotted path of `T`, optional steps included; a tagged message where there is none.
 */
type AtPath<T, P extends string> = P extends `${infer Key}.${infer Rest}`
  ? NonNullable<T> extends infer O extends object
    ? Key extends keyof O
      ? AtPath<O[Key], Rest>
      : NoSuchPath<Key>
    : NoSuchPath<Key>
  : NonNullable<T> extends infer O extends object
    ? P extends keyof O
      ? O[P]
      : NoSuchPath<P>
    : NoSuchPath<P>;

interface NoSuchPath<P extends string> {
  readonly "the input has no such path": P;
}

interface NotAScalar<P extends string> {
  readonly "the value at this path is not a scalar": P;
}

type PathError<T, P extends string> = P extends ""
  ? T extends Scalar
    ? never
    : NotAScalar<P>
  : AtPath<T, P> extends infer V
    ? V extends NoSuchPath<string>
      ? V
      : [unknown] extends [V]
        ? never
        : V extends Scalar
          ? never
          : NotAScalar<P>
    : never;

type PathsOf<B> = B extends Bindings
  ? {
      [K in keyof B]: B[K] extends readonly (infer P extends string)[] ? P : B[K] extends string ? B[K] : never;
    }[keyof B]
  : never;

type RulePaths<R> =
  | (R extends { readonly args: infer B } ? PathsOf<B> : never)
  | (R extends { readonly anyOf: readonly (infer Branch)[] }
      ? Branch extends { readonly args: infer B }
        ? PathsOf<B>
        : never
      : never);

/**
 * `unknown` where every path of the rule leads to a scalar of the input, else what is wrong with
 * one.
 */
export type CheckedInput<TInput, R> = [RulePaths<R>] extends [never]
  ? unknown
  : string extends RulePaths<R>
    ? unknown
    : [PathErrors<TInput, RulePaths<R>>] extends [never]
      ? unknown
      : PathErrors<TInput, RulePaths<R>>;

type PathErrors<TInput, P extends string> = P extends string ? PathError<TInput, P> : never;
