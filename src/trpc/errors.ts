/** Refusals in tRPC: the code of a `TRPCError`, and `data.auth.reason` for the client. */

import { type TRPCDefaultErrorShape, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { type AuthError, extraExtensions, isAuthError } from "../core/errors.ts";
import { challengeFor } from "../core/exchange/challenge.ts";
import type { Reason, RefusalStatus } from "../core/reasons.ts";
import { authIn } from "../core/request/auth-in.ts";

/** The tRPC error codes of refusals, for the statuses 400, 401, 403 and 503. */
export type AuthErrorCode = "BAD_REQUEST" | "UNAUTHORIZED" | "FORBIDDEN" | "SERVICE_UNAVAILABLE";

const CODES = {
  400: "BAD_REQUEST",
  401: "UNAUTHORIZED",
  403: "FORBIDDEN",
  503: "SERVICE_UNAVAILABLE",
} as const satisfies Record<RefusalStatus, AuthErrorCode>;

/** An error shape whose `data` also has the reason of a refusal. */
export type AuthErrorShape<TShape extends { data: object }> = Omit<TShape, "data"> & {
  data: TShape["data"] & {
    /** The reason of the refusal; absent for any other error. */
    auth?: { reason: Reason };
  };
};

/**
 * An `errorFormatter` that adds `data.auth.reason` to refusals. It also sets the
 * `WWW-Authenticate` header, and the code of refusals that a resolver's `ctx.auth.require` throws.
 *
 * To combine it with your own formatter, call it first and extend the returned shape. tRPC sends
 * the message of every error to the caller. The second example hides those of your own faults. It
 * reads the code of the shape, because only that is right for refusals by `ctx.auth.require`.
 *
 * @see {@link authResponseMeta}
 * @see RFC 6750, section 3
 * @example
 * ```ts
 * const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
 * ```
 * @example
 * ```ts
 * const t = initTRPC.context<AuthContext>().create({
 *   errorFormatter(opts) {
 *     const shape = authErrorFormatter(opts);
 *     const isFault = shape.data.code === "INTERNAL_SERVER_ERROR";
 *     return isFault ? { ...shape, message: "Internal server error" } : shape;
 *   },
 * });
 * ```
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
 * A `responseMeta` that sets `WWW-Authenticate` for adapters whose `createContext` gets no
 * response, such as AWS Lambda. For other adapters it returns no headers.
 *
 * To combine it with your own `responseMeta`, call it first and add to the returned headers.
 *
 * @see {@link authErrorFormatter}
 * @see RFC 6750, section 3
 * @example
 * ```ts
 * const createContext = createTRPCContext(auth);
 * awsLambdaRequestHandler({ router, createContext, responseMeta: authResponseMeta });
 * ```
 */
export function authResponseMeta(opts: { readonly ctx?: unknown; readonly errors: readonly TRPCError[] }): {
  headers: Headers;
} {
  const headers = new Headers();
  const refusals = authIn(opts.ctx)?.["~gate"].refusals();
  if (!refusals || refusals.canChallenge) return { headers };
  // A batch has one response: the first refusal sets its challenge.
  for (const error of opts.errors) {
    const refused = refusalIn(error);
    const challenge = refused && challengeFor(refused, refusals.scheme);
    if (challenge !== undefined && !headers.has("WWW-Authenticate")) headers.set("WWW-Authenticate", challenge);
  }
  return { headers };
}

/** Converts a refusal to a `TRPCError`. Returns any other error unchanged. */
export function toTRPCError(error: unknown): unknown {
  if (!isAuthError(error)) return error;
  return new TRPCError({ code: CODES[error.status], message: error.message, cause: error });
}

/**
 * Returns the refusal of a guard or of `ctx.auth.require` that ended the call. A `TRPCError` that a
 * resolver itself builds around a refusal does not count.
 */
export function refusalIn(error: TRPCError): AuthError | undefined {
  const { cause } = error;
  if (!isAuthError(cause)) return undefined;
  // tRPC wraps an error that a resolver throws as INTERNAL_SERVER_ERROR with the same message. A
  // resolver's own TRPCError has another message.
  const isOurs = error.code === CODES[cause.status] || error.code === "INTERNAL_SERVER_ERROR";
  return isOurs && error.message === cause.message ? cause : undefined;
}
