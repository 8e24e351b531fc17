/** How a refusal looks in tRPC: the code of a `TRPCError`, and `data.auth.reason` for the client. */

import { type TRPCDefaultErrorShape, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { type AuthError, extraExtensions, isAuthError } from "../core/errors.ts";
import { challengeFor } from "../core/exchange/challenge.ts";
import type { Reason, RefusalStatus } from "../core/reasons.ts";
import { authIn } from "../core/request/request-auth.ts";

/** The tRPC error codes that refusals have. */
export type AuthErrorCode = "BAD_REQUEST" | "UNAUTHORIZED" | "FORBIDDEN" | "SERVICE_UNAVAILABLE";

const CODES = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  503: "SERVICE_UNAVAILABLE",
} as const satisfies Record<RefusalStatus, AuthErrorCode>;

/** An error shape that tells the client why it was refused. */
export type AuthErrorShape<TShape extends { data: object }> = Omit<TShape, "data"> & {
  data: TShape["data"] & {
    /** There where the error is a refusal. */
    auth?: { reason: Reason };
  };
};

/**
 * An `errorFormatter` that adds `data.auth.reason` to refusals, and gives those that a resolver's
 * own `ctx.auth.require` threw their code. To combine it with your own, call it first and extend
 * the shape it returns.
 */
export function authErrorFormatter<TShape extends TRPCDefaultErrorShape>(opts: {
  shape: TShape;
  error: TRPCError;
  ctx?: unknown;
}): AuthErrorShape<TShape> {
  const { shape, error, ctx } = opts;
  const refused = refusalIn(error);
  if (!refused) return shape;
  authIn(ctx)?.["~gate"].refusals().challenge(refused);
  const code = CODES[refused.status];
  return {
    ...shape,
    code: TRPC_ERROR_CODES_BY_KEY[code],
    data: {
      ...extraExtensions(refused),
      ...shape.data,
      code,
      httpStatus: refused.status,
      auth: { reason: refused.reason },
    },
  };
}

/**
 * A `responseMeta` that gives the response its `WWW-Authenticate` where `createContext` has no
 * response to set it on, as on AWS Lambda. Elsewhere its headers are empty. To combine it with your
 * own, call it first and add to the headers it returns.
 */
export function authResponseMeta(opts: { readonly ctx?: unknown; readonly errors: readonly TRPCError[] }): {
  headers: Headers;
} {
  const headers = new Headers();
  const refusals = authIn(opts.ctx)?.["~gate"].refusals();
  if (!refusals || refusals.canChallenge) return { headers };
  // The first challenge of a batch stands.
  for (const error of opts.errors) {
    const refused = refusalIn(error);
    const challenge = refused && challengeFor(refused, refusals.scheme);
    if (challenge !== undefined && !headers.has("WWW-Authenticate")) headers.set("WWW-Authenticate", challenge);
  }
  return { headers };
}

/** A refusal as the `TRPCError` it is to the caller; anything else unchanged. */
export function toTRPCError(error: unknown): unknown {
  if (!isAuthError(error)) return error;
  return new TRPCError({ code: CODES[error.status], message: error.message, cause: error });
}

/**
 * The refusal that a guard, or a resolver's own `ctx.auth.require`, ended a call with. A resolver's
 * own `TRPCError` is none.
 */
export function refusalIn(error: TRPCError): AuthError | undefined {
  const { cause } = error;
  if (!isAuthError(cause)) return undefined;
  // Ours, or what tRPC makes of an error that is none of its own. A resolver's has words of its
  // own.
  const isOurs = error.code === CODES[cause.status] || error.code === "INTERNAL_SERVER_ERROR";
  return isOurs && error.message === cause.message ? cause : undefined;
}
