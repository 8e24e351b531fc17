/** claimgate for tRPC (`claimgate/trpc`). */

// The context

export type { LambdaEvent } from "../core/exchange/lambda-event.ts";
export type { RequestLike } from "../core/exchange/request-source.ts";
export type { ResponseHeadersLike } from "../core/exchange/response-writer.ts";
export type { AnyAuthContext, AuthContext, UnguardedAuth } from "../core/request/request-auth.ts";
export { createTRPCContext, type TRPCContextOptions, type TRPCResponseOptions } from "./context.ts";

// Guards

export type { CheckedInput, UnknownInput } from "./checked-input.ts";
export type { CheckedRule, NotAValueOf, SuggestedClaims, TRPCRule, TRPCRuleBranch } from "./checked-rule.ts";
export {
  type BoundMiddleware,
  type ClaimsOf,
  type Guarded,
  type GuardResult,
  type MiddlewareFor,
  type RequireToken,
  type RequireTokenMiddleware,
  requireToken,
} from "./require-token.ts";

// Procedures

export {
  type AnyProcedureBuilder,
  type AuthProcedures,
  authProcedures,
  type CallAuthenticateToGetTheToken,
  type GuardedProcedure,
  type ProcedureContext,
  type ProcedureWith,
  type PublicAuth,
  type PublicProcedure,
  type Unguarded,
} from "./procedures.ts";

// Errors and the response

export { type AuthErrorCode, type AuthErrorShape, authErrorFormatter, authResponseMeta } from "./errors.ts";
