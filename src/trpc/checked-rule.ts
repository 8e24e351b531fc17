/** Types that check a tRPC rule: its keys, its claims (by the schema), its paths (by the input). */
import type {
  ClaimRequirements,
  Inferred,
  Json,
  NoOtherClaims,
  NoOtherKeys,
  NoSuchClaim,
  Requirement,
  RuleBranch,
  RuleBranchKeys,
  RuleKeys,
} from "../core/rules/rule.ts";
import type { CheckedPaths, ElementOf } from "./checked-input.ts";

/** A branch of `anyOf` in tRPC, which has no parent object. */
export type TRPCRuleBranch = Omit<RuleBranch, "parent">;

/** A rule in tRPC, which has no parent object. */
export interface TRPCRule extends TRPCRuleBranch, RuleKeys {
  readonly override?: ClaimRequirements;
  readonly anyOf?: readonly TRPCRuleBranch[];
}

/** In place of `C`: the editor completes the claims of `C`, but a rule may name any claim. */
export interface SuggestedClaims<C> {
  readonly "~suggested": C;
}

/**
 * A rule for the claims `C` and the input `TInput` that accepts `R`. Otherwise the compiler error
 * names the fault.
 */
export type CheckedRule<R, C, TInput> = Inferred<R, RuleFor<R, C, TInput> & NoOtherKeys<R, TRPCRule>>;

/** Appears in a compiler error: the schema does not allow the required value for this claim. */
export interface NotAValueOf<Name> {
  readonly [FAULT]: Name;
}

// Not a name: editors would offer it as a member of a value.
declare const FAULT: unique symbol;

interface RuleFor<R, C, TInput> extends BranchFor<R, C, TInput>, RuleKeys {
  readonly override?: ClaimsFor<PropertyOf<R, "override">, C>;
  readonly anyOf?: BranchesFor<PropertyOf<R, "anyOf">, C, TInput>;
}

interface BranchFor<R, C, TInput> extends RuleBranchKeys {
  readonly scope?: ScopeFor<C>;
  readonly claims?: ClaimsFor<PropertyOf<R, "claims">, C>;
  readonly args?: BindingsFor<PropertyOf<R, "args">, C, TInput>;
}

type BranchesFor<Branches, C, TInput> = {
  readonly [I in keyof Branches]: BranchFor<Branches[I], C, TInput> & NoOtherKeys<Branches[I], TRPCRuleBranch>;
};

type PropertyOf<R, Key extends string> = R extends { readonly [K in Key]?: infer V } ? NonNullable<V> : never;

type ScopeFor<C> = C extends { readonly scope?: infer S }
  ? unknown extends S
    ? Exclude<Json, null>
    : NonNullable<S> extends string | readonly string[]
      ? OneOrMore<ElementOf<NonNullable<S>>> | NotAValueOf<"scope">
      : Requirement<NonNullable<S>> | NotAValueOf<"scope">
  : Exclude<Json, null>;

// A string has one word, or several words separated by spaces.
type OneOrMore<Word> = Words<Word> | readonly Words<Word>[];

type Words<Word> = Word extends string ? Word | `${Word} ${string}` : never;

type ClaimsFor<Given, C> =
  C extends SuggestedClaims<infer S>
    ? { readonly [K in keyof ClaimRequirements<S>]?: Json } & { readonly [claim: string]: Json }
    : string extends keyof C
      ? { readonly [claim: string]: Json }
      : { readonly [K in keyof ClaimRequirements<C>]?: ClaimRequirements<C>[K] | NotAValueOf<K> } & NoOtherClaims<
          Given,
          C
        >;

type BindingsFor<Given, C, TInput> = string extends keyof Given
  ? ClaimNames<C, string | readonly string[]>
  : { readonly [K in keyof Given]: K extends ClaimNameOf<C> ? CheckedPaths<Given[K], TInput> : NoSuchClaim<K> };

type ClaimNameOf<C> = C extends SuggestedClaims<unknown> ? PropertyKey : keyof ClaimRequirements<C>;

type ClaimNames<C, Value> = { readonly [claim: string]: Value } & {
  readonly [K in keyof ClaimRequirements<C extends SuggestedClaims<infer S> ? S : C>]?: Value;
};
