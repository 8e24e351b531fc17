/** The four procedures a router is made of: public, optional, protected and refresh. */
import type { TRPCProcedureBuilder } from "@trpc/server";
import type { AnyAuthContext, UnguardedAuth } from "../core/request/request-auth.ts";
import type { TRPCRule } from "./checked-rule.ts";
import {
  type ClaimsOf,
  type Guarded,
  type GuardMiddleware,
  mergeGuards,
  type RequireToken,
  requireToken,
  translateRefusals,
} from "./guard.ts";

/**
 * A procedure builder of any kind: only with `any` do all of them fit, since tRPC's type parameters
 * stand on both sides of its methods.
 */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyProcedureBuilder = TRPCProcedureBuilder<any, any, any, any, any, any, any, boolean>;

/** The context that the resolvers of a procedure find. */
export type ProcedureContext<P> =
  P extends TRPCProcedureBuilder<infer C, infer _M, infer O, infer _I, infer _J, infer _K, infer _L, boolean>
    ? Omit<C, keyof O> & O
    : never;

/** The procedure builder, with `ctx.auth` as a guard of rule `R` leaves it. */
export type GuardedProcedure<P, R> = ProcedureWith<P, Guarded<ClaimsOf<ProcedureContext<P>>, R>>;

/** The procedure builder without a guard: `ctx.auth` verifies a token where a resolver asks it to. */
export type PublicProcedure<P> = ProcedureWith<P, Unguarded<ClaimsOf<ProcedureContext<P>>>>;

/** The context of a procedure without a guard. */
export interface Unguarded<C> {
  auth: PublicAuth<C>;
}

/** `ctx.auth` of a procedure without a guard. */
export interface PublicAuth<C> extends UnguardedAuth<C> {
  /** No guard has verified a token: `await ctx.auth.authenticate()` gives it. */
  readonly token: CallAuthenticateToGetTheToken;
}

/**
 * The type of `ctx.auth.token` on a public procedure. It has no members, because no guard has
 * verified a token there: `await ctx.auth.authenticate()` gives the verified token, or `null`.
 */
// oxlint-disable-next-line typescript/no-empty-interface
export interface CallAuthenticateToGetTheToken {}

/** The procedure builder, whose resolvers find `Overrides` in their context. */
export type ProcedureWith<P, Overrides extends { auth: unknown }> =
  P extends TRPCProcedureBuilder<infer C, infer M, infer O, infer I, infer J, infer K, infer L, infer Caller>
    ? BuilderOf<C, M, Omit<O, "auth"> & Overrides, I, J, K, L, Caller, ErrorShapeOf<P>>
    : never;

// The builder has a ninth parameter, the error shape, from @trpc/server 11.22 on. For an earlier
// one a reference with nine arguments has the compiler's error type, which is assignable to all.
type BuilderOf<C, M, O, I, J, K, L, Caller extends boolean, E> = [0] extends [
  1 & BuilderWithErrors<C, M, O, I, J, K, L, Caller, E>,
]
  ? TRPCProcedureBuilder<C, M, O, I, J, K, L, Caller>
  : BuilderWithErrors<C, M, O, I, J, K, L, Caller, E>;

/** @ts-ignore */
// biome-ignore format: the compiler ignores errors of the next line alone
type BuilderWithErrors<C, M, O, I, J, K, L, Caller extends boolean, E> = TRPCProcedureBuilder<C, M, O, I, J, K, L, Caller, E>;

type ErrorShapeOf<P> = P extends { query(resolver: never): { _def: { $types: { errorShape: infer E } } } }
  ? E
  : unknown;

/** What `authProcedures` gives. */
export interface AuthProcedures<P> {
  /** Anybody. A token, good or bad, is not looked at unless the resolver asks. */
  publicProcedure: PublicProcedure<P>;
  /**
   * Anybody without a token, and who has a valid auth token: `ctx.auth.token` is a token or `null`.
   */
  optionalProcedure: GuardedProcedure<P, { readonly optional: true }>;
  /** Who has a valid auth token. */
  protectedProcedure: GuardedProcedure<P, object>;
  /** Who has a valid refresh token. */
  refreshProcedure: GuardedProcedure<P, object>;
  /**
   * `requireToken`, typed by the claims of the procedure's context: a rule completes their names and
   * values, and a misspelt name or a wrong value does not compile.
   */
  requireToken: RequireToken<ClaimsOf<ProcedureContext<P>>>;
}

/** The four procedures, made from your own base procedure, whose context must hold `auth`. */
export function authProcedures<P extends AnyProcedureBuilder>(
  procedure: ProcedureContext<P> extends AnyAuthContext
    ? P
    : "The procedure's context has no auth: see createTRPCContext",
): AuthProcedures<P> {
  // The builder's own inference does not see through type parameters; what is promised is what
  // test/types holds it to.
  const base = procedure as AnyProcedureBuilder;
  // What requireToken gives is typed for `.use()`, which infers from it; underneath it is a
  // GuardMiddleware.
  const guardedBy = (rule?: TRPCRule): never =>
    useGuard(base, (rule ? requireToken(rule) : requireToken()) as unknown as GuardMiddleware) as never;
  return {
    publicProcedure: useMiddleware(base, translateRefusals) as never,
    optionalProcedure: guardedBy({ optional: true }),
    protectedProcedure: guardedBy(),
    refreshProcedure: guardedBy({ type: "refresh" }),
    requireToken,
  };
}

/**
 * The builder with a guard that a `requireToken` which is used right after it joins, so that a call
 * passes one middleware for both.
 */
function useGuard(base: AnyProcedureBuilder, guard: GuardMiddleware): AnyProcedureBuilder {
  const builder = useMiddleware(base, guard);
  const use = (middleware: unknown): AnyProcedureBuilder => {
    const merged = mergeGuards(guard, middleware);
    return merged ? useGuard(base, merged) : useMiddleware(builder, middleware);
  };
  return { ...builder, use: use as never };
}

function useMiddleware(builder: AnyProcedureBuilder, middleware: unknown): AnyProcedureBuilder {
  return (builder.use as (middleware: unknown) => AnyProcedureBuilder)(middleware);
}
