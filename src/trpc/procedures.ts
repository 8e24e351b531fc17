/** The four procedures a router is made of: public, optional, protected and refresh. */
import type { TRPCProcedureBuilder } from "@trpc/server";
import type { AnyAuthContext } from "../core/request-auth.ts";
import { type ClaimsOf, type Guarded, requireToken, translateRefusals } from "./guard.ts";

type Base<
  TContext,
  TMeta,
  TOverrides,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller extends boolean,
> = TRPCProcedureBuilder<TContext, TMeta, TOverrides, TInputIn, TInputOut, TOutputIn, TOutputOut, TCaller>;

type GuardedBy<
  R,
  TContext,
  TMeta,
  TOverrides,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller extends boolean,
> = Base<
  TContext,
  TMeta,
  Omit<TOverrides, "auth"> & Guarded<ClaimsOf<TContext>, R>,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller
>;

/** What `authProcedures` gives. */
export interface AuthProcedures<
  TContext,
  TMeta,
  TOverrides,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller extends boolean,
> {
  /** Anybody. A token, good or bad, is not looked at unless the resolver asks. */
  publicProcedure: Base<TContext, TMeta, TOverrides, TInputIn, TInputOut, TOutputIn, TOutputOut, TCaller>;
  /** Anybody without a token, and who has a valid auth token: `ctx.auth.token` is a token or `null`. */
  optionalProcedure: GuardedBy<
    { readonly optional: true },
    TContext,
    TMeta,
    TOverrides,
    TInputIn,
    TInputOut,
    TOutputIn,
    TOutputOut,
    TCaller
  >;
  /** Who has a valid auth token. */
  protectedProcedure: GuardedBy<
    object,
    TContext,
    TMeta,
    TOverrides,
    TInputIn,
    TInputOut,
    TOutputIn,
    TOutputOut,
    TCaller
  >;
  /** Who has a valid refresh token. */
  refreshProcedure: GuardedBy<object, TContext, TMeta, TOverrides, TInputIn, TInputOut, TOutputIn, TOutputOut, TCaller>;
}

/** The four procedures, made from your own base procedure, whose context must hold `auth`. */
export function authProcedures<
  TContext extends AnyAuthContext,
  TMeta,
  TOverrides,
  TInputIn,
  TInputOut,
  TOutputIn,
  TOutputOut,
  TCaller extends boolean,
>(
  procedure: Base<TContext, TMeta, TOverrides, TInputIn, TInputOut, TOutputIn, TOutputOut, TCaller>,
): AuthProcedures<TContext, TMeta, TOverrides, TInputIn, TInputOut, TOutputIn, TOutputOut, TCaller> {
  // The builder's own inference does not see through its type parameters; what is promised is what test/types holds it to.
  const use = procedure.use.bind(procedure) as (middleware: unknown) => never;
  return {
    publicProcedure: use(translateRefusals),
    optionalProcedure: use(requireToken({ optional: true })),
    protectedProcedure: use(requireToken()),
    refreshProcedure: use(requireToken({ type: "refresh" })),
  };
}
