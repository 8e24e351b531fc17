/** The rule language: who may pass. One object means the same in tRPC, in GraphQL and by hand. */

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The claims of a token, when no `claimsSchema` says more about them. */
export type Claims = Record<string, unknown>;

/** A value that a held value of type `T` may be required to match. */
export type Requirement<T> = unknown extends T
  ? Json
  : T extends string | number | boolean | null
    ? T
    : T extends readonly (infer E)[]
      ? readonly Requirement<E>[]
      : T extends object
        ? { readonly [K in keyof T]?: Requirement<NonNullable<T[K]>> }
        : never;

/** Required claims: by name, or by a dotted path where no claim has that literal name. */
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
 * Claims bound to values of the call: `{ claim: "path" }`, or `{ claim: ["path", …] }` for a claim
 * that is a list.
 */
export type Bindings = { readonly [claim: string]: string | readonly string[] };

/** What a branch of `anyOf`, and the rule itself, may require. */
export interface RuleBranch<C = Claims> {
  /**
   * What the token's `scope` must hold; words are matched as RFC 6749, section 3.3, delimits them.
   */
  readonly scope?: Exclude<Json, null>;
  /** What the token's claims must hold, without coercion, own properties only. */
  readonly claims?: ClaimRequirements<C>;
  /**
   * Claims that must equal a value of the parsed tRPC input (`""` is the whole input) or of the
   * GraphQL field's arguments.
   */
  readonly args?: Bindings;
  /**
   * Claims that must equal a value of the GraphQL parent object. Refused in tRPC, which has none.
   */
  readonly parent?: Bindings;
}

/** Who may pass. Everything named must hold. */
export interface Rule<C = Claims> extends RuleBranch<C> {
  /** Default `"auth"`. */
  readonly type?: "auth" | "refresh";
  /**
   * Where the token must have come from; one from elsewhere counts as missing. Default: wherever
   * the manager looks.
   */
  readonly location?: "header" | "cookies";
  /** Claims that, when all held, lift `scope`, `claims`, `args`, `parent` and `anyOf`. */
  readonly override?: ClaimRequirements<C>;
  /** Branches of which one must hold, besides the rest. */
  readonly anyOf?: readonly RuleBranch<C>[];
  /**
   * No token at all passes as anonymous; a bad token is still refused. Stands only with `type` and
   * `location`. Default false.
   */
  readonly optional?: boolean;
}

/**
 * Rejects, by type, each key that `Shape` does not have. TypeScript accepts such keys where it
 * infers the type of the rule.
 */
export type NoOtherKeys<T, Shape> = {
  readonly [K in Exclude<keyof T, keyof Shape>]: `\`${K & string}\` is not a key of a rule`;
};

/** The text of a compiler error: the claims schema has no claim `Name`. */
export type NoSuchClaim<Name> = `no claim \`${Name & string}\``;

/** Rejects, by type, each claim that a schema of the claims `C` does not have. */
export type NoOtherClaims<T, C> = string extends keyof T
  ? unknown
  : { readonly [K in Exclude<keyof T, keyof ClaimRequirements<C>>]: NoSuchClaim<K> };

/** `NoOtherKeys` for a rule, and `NoOtherClaims` for its `claims` and its `override`. */
export type ExactRule<R, C> = NoOtherKeys<R, Rule<C>> & {
  readonly [K in keyof R & ("claims" | "override")]: NoOtherClaims<R[K], C>;
};
