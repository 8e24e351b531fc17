/** `authProcedures`: the public, optional, protected and refresh procedures of a router. */
import type { TRPCProcedureBuilder } from "@trpc/server";
import type { AnyAuthContext, UnguardedAuth } from "../core/request/request-auth.ts";
import type { TRPCRule } from "./checked-rule.ts";
import { type GuardMiddleware, mergeGuards, translateRefusals } from "./guard.ts";
import { type ClaimsOf, type Guarded, type RequireToken, requireToken } from "./require-token.ts";

/** Any procedure builder. Its type parameters are invariant, so only `any` fits all builders. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyProcedureBuilder = TRPCProcedureBuilder<any, any, any, any, any, any, any, boolean>;

/** The context of the resolvers of a procedure. */
export type ProcedureContext<P> =
  P extends TRPCProcedureBuilder<infer C, infer _M, infer O, infer _I, infer _J, infer _K, infer _L, boolean>
    ? Omit<C, keyof O> & O
    : never;

/** The type of procedure builder `P` behind a guard of rule `R`. */
export type GuardedProcedure<P, R> = ProcedureWith<P, Guarded<ClaimsOf<ProcedureContext<P>>, R>>;

/** The type of procedure builder `P` without a guard. */
export type PublicProcedure<P> = ProcedureWith<P, Unguarded<ClaimsOf<ProcedureContext<P>>>>;

/** The context of a procedure without a guard. */
export interface Unguarded<C> {
  /** The authentication of the request, without a verified token. */
  auth: PublicAuth<C>;
}

/** `ctx.auth` of a procedure without a guard. */
export interface PublicAuth<C> extends UnguardedAuth<C> {
  /** No guard has verified a token. `await ctx.auth.authenticate()` returns the verified token. */
  readonly token: CallAuthenticateToGetTheToken;
}

declare const UNVERIFIED: unique symbol;

/**
 * The type of `ctx.auth.token` on a public procedure. It has no usable members, because no guard
 * has verified a token. `await ctx.auth.authenticate()` returns the verified token, or `null`.
 */
export interface CallAuthenticateToGetTheToken {
  /** Makes the type assignable to no type of a token, such as one with optional members. */
  readonly [UNVERIFIED]: never;
}

/** The type of procedure builder `P` with `Overrides` in the context of its resolvers. */
export type ProcedureWith<P, Overrides extends { auth: unknown }> =
  P extends TRPCProcedureBuilder<infer C, infer M, infer O, infer I, infer J, infer K, infer L, infer Caller>
    ? BuilderOf<C, M, Omit<O, "auth"> & Overrides, I, J, K, L, Caller, ErrorShapeOf<P>>
    : never;

// From @trpc/server 11.22 on, the builder has a ninth type parameter, the error shape. In earlier
// versions `BuilderWithErrors` is `any`, which the condition finds.
type BuilderOf<C, M, O, I, J, K, L, Caller extends boolean, E> = [0] extends [
  1 & BuilderWithErrors<C, M, O, I, J, K, L, Caller, E>,
]
  ? TRPCProcedureBuilder<C, M, O, I, J, K, L, Caller>
  : BuilderWithErrors<C, M, O, I, J, K, L, Caller, E>;

/** @ts-ignore: before @trpc/server 11.22 the ninth argument is an error, and from 11.22 on not. */
// biome-ignore format: the compiler ignores errors of the next line alone
type BuilderWithErrors<C, M, O, I, J, K, L, Caller extends boolean, E> = TRPCProcedureBuilder<C, M, O, I, J, K, L, Caller, E>;

type ErrorShapeOf<P> = P extends { query(resolver: never): { _def: { $types: { errorShape: infer E } } } }
  ? E
  : unknown;

/** The procedures and the `requireToken` that `authProcedures` returns. */
export interface AuthProcedures<P> {
  /** Accepts every caller and verifies no token; `await ctx.auth.authenticate()` verifies one. */
  publicProcedure: PublicProcedure<P>;
  /**
   * Accepts anonymous callers, for whom `ctx.auth.token` is `null`, and valid auth tokens. It
   * rejects an invalid token.
   */
  optionalProcedure: GuardedProcedure<P, { readonly optional: true }>;
  /** Requires a valid auth token. */
  protectedProcedure: GuardedProcedure<P, object>;
  /** Requires a valid refresh token. */
  refreshProcedure: GuardedProcedure<P, object>;
  /**
   * `requireToken`, typed by the claims of the context. The editor completes their names and
   * values. A misspelt claim or a wrong value does not compile.
   */
  requireToken: RequireToken<ClaimsOf<ProcedureContext<P>>>;
}

/**
 * Creates four procedures from your own base procedure, whose context must have `auth`. The
 * procedures keep its context, metadata, input and `.errors()`. Also returns a `requireToken` that
 * is typed by the claims of the context.
 *
 * @throws `TypeError` for an argument that is not a procedure.
 * @throws `TRPCError` in a call that a procedure rejects; its `cause` is an `AuthError`.
 * @throws `TRPCError` `INTERNAL_SERVER_ERROR` in a call whose context has no `auth`.
 * @see {@link createTRPCContext}
 * @example
 * ```ts
 * const t = initTRPC.context<AuthContext<InferClaims<typeof auth>>>().create();
 * const { publicProcedure, protectedProcedure, requireToken } = authProcedures(t.procedure);
 * const isPro = requireToken({ claims: { plan: "pro" } });
 * const router = t.router({ stats: protectedProcedure.use(isPro).query(() => 42) });
 * ```
 */
export function authProcedures<P extends AnyProcedureBuilder>(
  procedure: ProcedureContext<P> extends AnyAuthContext
    ? P
    : "The procedure's context has no auth: see createTRPCContext",
): AuthProcedures<P> {
  // tRPC cannot infer types from the type parameter P. test/types checks the declared result.
  const base = procedure as AnyProcedureBuilder;
  if (typeof (base as AnyProcedureBuilder | undefined)?.use !== "function")
    throw new TypeError("authProcedures takes a procedure: pass t.procedure");
  // requireToken returns a GuardMiddleware. Its declared type serves the inference of `.use()`.
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
 * Adds a guard to the builder. A `requireToken` directly after it becomes part of this guard, so
 * that a call runs one middleware for both.
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
