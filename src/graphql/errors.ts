/** How a refusal looks in GraphQL: a `GraphQLError` with `extensions.code` and `extensions.auth.reason`. */
import { GraphQLError, type GraphQLResolveInfo, type OperationTypeNode } from "graphql";
import { type AuthError, challengeFor, isAuthError, type Reason, type RefusalStatus } from "../core/errors.ts";

/** The `extensions.code` that refusals have. */
export type AuthErrorCode = "BAD_REQUEST" | "UNAUTHENTICATED" | "FORBIDDEN" | "SERVICE_UNAVAILABLE";

const CODES = {
  400: "BAD_REQUEST",
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  503: "SERVICE_UNAVAILABLE",
} as const satisfies Record<RefusalStatus, AuthErrorCode>;

/** What is known of a refusal beyond what its error shows. */
export interface RefusalMark {
  readonly status: RefusalStatus;
  readonly reason: Reason;
  readonly challenge: string | undefined;
  /** The guard's own view of the operation, where a guard refused before the field's resolver ran. */
  readonly guardedField: GraphQLResolveInfo | undefined;
  readonly operation: OperationTypeNode | `${OperationTypeNode}` | undefined;
}

const MARK: unique symbol = Symbol.for("claimgate.refusal") as never;

/** A refusal as a `GraphQLError`: original, so that error masking lets it through, with the `AuthError` as its `cause`. */
export function toGraphQLError(
  error: AuthError,
  mark: Omit<RefusalMark, "status" | "reason" | "challenge">,
  scheme: string,
  located?: GraphQLError,
): GraphQLError {
  const { status, reason } = error;
  const result = new GraphQLError(error.message, {
    nodes: located?.nodes ?? null,
    source: located?.source ?? null,
    positions: located?.positions ?? null,
    path: located?.path ?? null,
    extensions: { ...located?.extensions, code: CODES[status], auth: { reason } },
  });
  const full: RefusalMark = { ...mark, status, reason, challenge: challengeFor(error, scheme) };
  Object.defineProperties(result, {
    cause: { value: error, configurable: true, writable: true },
    [MARK]: { value: full },
  });
  return result;
}

/** The refusal that an error of a result is, or `undefined` for any other error. */
export function refusalMark(error: unknown): RefusalMark | undefined {
  for (let at = error; at instanceof Error; at = (at as GraphQLError).originalError) {
    const mark = (at as { [MARK]?: RefusalMark })[MARK];
    if (mark) return mark;
  }
  return undefined;
}

/** The refusals that resolvers threw themselves (`ctx.auth.require`) as callers may see them; any other error unchanged. */
export function translateError(error: GraphQLError, operation: RefusalMark["operation"], scheme: string): GraphQLError {
  const { originalError } = error;
  if (!isAuthError(originalError)) return error;
  return toGraphQLError(originalError, { guardedField: undefined, operation }, scheme, error);
}
