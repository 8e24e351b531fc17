/** The four procedures a router is made of: public, optional, protected and refresh. */
import type { TRPCProcedureBuilder } from "@trpc/server";
import type { AnyAuthContext } from "../core/request/request-auth.ts";
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
export type GuardedProcedure<P, R> =
  P extends TRPCProcedureBuilder<infer C, infer M, infer O, infer I, infer J, infer K, infer L, infer Caller>
    ? TRPCProcedureBuilder<C, M, Omit<O, "auth"> & Guarded<ClaimsOf<ProcedureContext<P>>, R>, I, J, K, L, Caller>
    : never;

/** What `authProcedures` gives. */
export interface AuthProcedures<P> {
  /** Anybody. A token, good or bad, is not looked at unless the resolver asks. */
  publicProcedure: P;
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
