/** The types of rules. One rule has the same meaning in tRPC, in GraphQL and in code. */

/** The reason why a rule rejects a valid token. */
export type RuleReason = "SCOPE_INSUFFICIENT" | "CLAIMS_INSUFFICIENT";

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The claims of a token without a `claimsSchema`. */
export type Claims = Record<string, unknown>;

/** The values that a rule may require of a claim of type `T`. */
export type Requirement<T> = unknown extends T
  ? Json
  : T extends string | number | boolean | null
    ? T
    : T extends readonly (infer E)[]
      ? readonly Requirement<E>[]
      : T extends object
        ? { readonly [K in keyof T]?: Requirement<NonNullable<T[K]>> }
        : never;

/**
 * Required claims by name. A dotted name is the path of a nested value, unless the token has a
 * claim of that literal name.
 */
export type ClaimRequirements<C = Claims> = string extends keyof C
  ? { readonly [claim: string]: Json }
  : { readonly [K in keyof C]?: Requirement<NonNullable<C[K]>> } & {
      readonly iss?: string;
      readonly sub?: string | number;
      readonly aud?: Json;
      readonly scope?: Json;
      readonly sid?: string;
    } & { readonly [path: `${string}.${string}`]: Json };

/**
 * Claims that must equal values of the call: `{ claim: "path" }`. With `{ claim: ["path", …] }` the
 * claim must be a list that contains all the values.
 */
export type Bindings = { readonly [claim: string]: string | readonly string[] };

/** The keys of a branch, with their documentation. */
// Types of rules extend it and set the types of the values. Editors show the inherited text.
export interface RuleBranchKeys {
  /**
   * The words that the `scope` claim must have, separated by spaces or in a list. For a `scope`
   * claim that is an object: the members that it must have. A blank word is rejected.
   *
   * @default none
   * @see RFC 6749, section 3.3
   */
  readonly scope?: unknown;
  /**
   * The values that the claims must have. There is no coercion: `"1"` does not equal `1`. A claim
   * must contain a required list or object; it may have more elements or members.
   *
   * @default none
   */
  readonly claims?: unknown;
  /**
   * Claims that must equal a value of the parsed tRPC input, or of the arguments of the GraphQL
   * field. In tRPC the path `""` is the whole input. An integer equals its decimal string.
   *
   * @default none
   */
  readonly args?: unknown;
}

/** The keys of `Rule` that its branches do not have, with their documentation. */
export interface RuleKeys {
  /**
   * The type of the token.
   *
   * @default "auth"
   */
  readonly type?: "auth" | "refresh";
  /**
   * The place of the token in the request. `"header"` includes connection parameters. A token from
   * another place counts as missing. A token in the header hides the cookie.
   *
   * @default every place that the manager reads
   */
  readonly location?: "header" | "cookies";
  /**
   * Claims that lift the other requirements: a token with all of them need not satisfy `scope`,
   * `claims`, `args`, `parent` or `anyOf`.
   *
   * @default none
   */
  readonly override?: unknown;
  /**
   * The token must satisfy at least one of these branches, in addition to the rest of the rule.
   *
   * @default none
   */
  readonly anyOf?: unknown;
  /**
   * Whether to accept anonymous callers. An invalid token is still rejected. `true` can be combined
   * with `type` and `location` only.
   *
   * @default false
   */
  readonly optional?: boolean;
}

/** The requirements of a rule, and of each branch of its `anyOf`. */
export interface RuleBranch<C = Claims> extends RuleBranchKeys {
  readonly scope?: Exclude<Json, null>;
  readonly claims?: ClaimRequirements<C>;
  readonly args?: Bindings;
  /**
   * Claims that must equal a value of the GraphQL parent object. tRPC has no parent object, so a
   * rule with `parent` is a `TypeError` there.
   *
   * @default none
   */
  readonly parent?: Bindings;
}

/**
 * A rule: which tokens a guard accepts. A token must satisfy every key of the rule.
 *
 * @see {@link defineRule}
 */
export interface Rule<C = Claims> extends RuleBranch<C>, RuleKeys {
  readonly override?: ClaimRequirements<C>;
  readonly anyOf?: readonly RuleBranch<C>[];
}

/** The values of a call that `args` and `parent` of a rule compare with claims. */
export interface RuleFacts {
  /**
   * The value for `args`: the parsed input of a tRPC procedure, or the arguments of a GraphQL
   * field.
   *
   * @default none: `args` match nothing
   */
  readonly args?: unknown;
  /**
   * The value for `parent`: the parent object of a GraphQL field.
   *
   * @default none: `parent` matches nothing
   */
  readonly parent?: unknown;
}

/**
 * Rejects each key that `Shape` does not have, with a text that names the key. Without this type,
 * TypeScript accepts such keys if it infers the type of a rule.
 */
// Without such keys it is `unknown`, not `{}`: editors document the keys of a single type only.
// An intersection with `{}` would also accept text, lists and functions.
export type NoOtherKeys<T, Shape> = [Exclude<keyof T, keyof Shape>] extends [never]
  ? unknown
  : { readonly [K in Exclude<keyof T, keyof Shape>]: `\`${K & string}\` is not a key of a rule` };

/** Infers `R` from an argument that must have the type `Checked`. */
// `R` is never `unknown`. An intersection with `R` would hide the documentation of the keys.
export type Inferred<R, Checked> = unknown extends R ? R : Checked;

/** Appears in a compiler error: the claims schema has no claim `Name`. */
export type NoSuchClaim<Name> = `no claim \`${Name & string}\``;

/** Rejects each claim that is not a claim of `C`. */
export type NoOtherClaims<T, C> = string extends keyof T
  ? unknown
  : { readonly [K in Exclude<keyof T, keyof ClaimRequirements<C>>]: NoSuchClaim<K> };

/** A rule for the claims `C` that accepts `R`. Otherwise the compiler error names the fault. */
export type ExactRule<R, C> = Inferred<R, Rule<C> & NoOtherKeys<R, Rule<C>> & NoOtherRuleClaims<R, C>>;

type NoOtherRuleClaims<R, C> = [R] extends [RuleClaims<R, C>] ? unknown : RuleClaims<R, C>;

type RuleClaims<R, C> = BranchClaims<R, C> & { readonly [K in keyof R & "anyOf"]?: BranchesClaims<R[K], C> };

type BranchesClaims<Branches, C> = { readonly [I in keyof Branches]: BranchClaims<Branches[I], C> };

type BranchClaims<R, C> = { readonly [K in keyof R & ("claims" | "override")]?: NoOtherClaims<R[K], C> };
