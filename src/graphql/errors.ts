/** How a refusal looks in GraphQL: a `GraphQLError` with `extensions.code` and `extensions.auth.reason`. */

import { GraphQLError, type GraphQLResolveInfo, type OperationDefinitionNode } from "graphql";
import { type AuthError, extraExtensions, isAuthError } from "../core/errors.ts";
import { challengeFor } from "../core/exchange/challenge.ts";
import type { RefusalStatus } from "../core/reasons.ts";

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
  readonly error: AuthError;
  readonly challenge: string | undefined;
  /**
   * The guard's own view of the operation, where a guard refused before the field's resolver ran.
   */
  readonly guardedField: GraphQLResolveInfo | undefined;
  readonly operation: RefusedOperation | undefined;
}

/** An operation, or where that is not at hand its kind. */
export type RefusedOperation = OperationDefinitionNode | "query" | "mutation" | "subscription";

const MARK: unique symbol = Symbol.for("claimgate.refusal") as never;

/**
 * A refusal as a `GraphQLError`: original, so that error masking lets it through, with the
 * `AuthError` as its `cause`.
 */
export function toGraphQLError(
  error: AuthError,
  mark: Omit<RefusalMark, "error" | "challenge">,
  scheme: string,
  located?: GraphQLError,
): GraphQLError {
  const result = createError(error.message, located, { ...located?.extensions, ...extensionsOf(error) });
  // graphql-jit says where without the nodes.
  if (!result.locations && located?.locations)
    Object.defineProperty(result, "locations", { value: located.locations, enumerable: true });
  const full: RefusalMark = { ...mark, error, challenge: challengeFor(error, scheme) };
  Object.defineProperties(result, {
    cause: { value: error, configurable: true, writable: true },
    [MARK]: { value: full },
  });
  return result;
}

/**
 * Gives a refusal that a resolver throws itself the `extensions` that GraphQL puts into every error
 * made from it, on any server.
 */
export function describeRefusal(error: AuthError): void {
  if (Object.hasOwn(error, "extensions")) return;
  // Anew for each error that is made of it: servers write into them.
  Object.defineProperty(error, "extensions", { get: () => extensionsOf(error) });
}

function extensionsOf(error: AuthError): { readonly code: AuthErrorCode; readonly auth: object } {
  const { status, reason } = error;
  return { ...extraExtensions(error), code: CODES[status], auth: { reason } };
}

/** The refusal that an error of a result is, or `undefined` for any other error. */
export function refusalMark(error: unknown): RefusalMark | undefined {
  for (let at = error; at instanceof Error; at = (at as GraphQLError).originalError) {
    const mark = (at as { [MARK]?: RefusalMark })[MARK];
    if (mark) return mark;
  }
  return undefined;
}

/** Where an error came from, for its translation. */
export interface TranslateOptions {
  /** The operation that is answered. */
  readonly operation?: RefusedOperation | null | undefined;
  /** The scheme that a challenge names. Default `"Bearer"`. */
  readonly scheme?: string | undefined;
}

/**
 * The refusals that resolvers threw themselves as callers may see them; any other error unchanged.
 * Those of `ctx.auth.require` are such, and those of another operation that a resolver ran: they
 * say nothing about whether this one was refused.
 */
export function translateError(error: GraphQLError, options: TranslateOptions): GraphQLError {
  const { scheme = "Bearer" } = options;
  const operation = options.operation ?? undefined;
  const mark = refusalMark(error);
  const isOfAnother =
    typeof operation === "object" && typeof mark?.operation === "object" && !isSameOperation(mark.operation, operation);
  const refused = isOfAnother ? mark.error : error.originalError;
  if (!isAuthError(refused)) return error;
  return toGraphQLError(refused, { guardedField: undefined, operation }, scheme, error);
}

// A plugin may have copied the document, which keeps where it was read from.
function isSameOperation(a: OperationDefinitionNode, b: OperationDefinitionNode): boolean {
  return a === b || (a.loc !== undefined && a.loc.source === b.loc?.source && a.name?.value === b.name?.value);
}

/** The kind of the operation that was refused, where it is known. */
export function kindOf(operation: RefusedOperation | undefined): string | undefined {
  return typeof operation === "object" ? operation.operation : operation;
}

function createError(message: string, located: GraphQLError | undefined, extensions: object): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = located ?? {};
  // Before 16.3 `graphql` takes the parts one by one, from 17 on only together.
  if (GraphQLError.length > 1) {
    // The types are those of the release that is installed here, which knows the other form only.
    const PositionalError = GraphQLError as unknown as new (...parts: readonly unknown[]) => GraphQLError;
    return new PositionalError(message, nodes, source, positions, path, null, extensions);
  }
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions } });
}
