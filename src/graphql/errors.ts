/** Translates refusals into `GraphQLError`s with `extensions.code` and `extensions.auth.reason`. */

import { GraphQLError, type GraphQLResolveInfo, type OperationDefinitionNode } from "graphql";
import { type AuthError, extraExtensions, isAuthError } from "../core/errors.ts";
import { challengeFor } from "../core/exchange/challenge.ts";
import type { RefusalStatus } from "../core/reasons.ts";

/** The `extensions.code` of refusals, for the statuses 400, 401, 403 and 503. */
export type AuthErrorCode = "BAD_REQUEST" | "UNAUTHENTICATED" | "FORBIDDEN" | "SERVICE_UNAVAILABLE";

const CODES = {
  400: "BAD_REQUEST",
  401: "UNAUTHENTICATED",
  403: "FORBIDDEN",
  503: "SERVICE_UNAVAILABLE",
} as const satisfies Record<RefusalStatus, AuthErrorCode>;

/** The facts about a refusal that callers do not see in its `GraphQLError`. */
export interface RefusalMark {
  readonly error: AuthError;
  readonly challenge: string | undefined;
  /** The `info` of the field, if a guard rejected it before its resolver ran. */
  readonly guardedField: GraphQLResolveInfo | undefined;
  readonly operation: RefusedOperation | undefined;
}

/** The operation of a refusal, or only its kind. */
export type RefusedOperation = OperationDefinitionNode | "query" | "mutation" | "subscription";

const MARK: unique symbol = Symbol.for("claimgate.refusal") as never;

/**
 * Returns the `GraphQLError` of a refusal. Its `cause` is the `AuthError`. It has no
 * `originalError`, so servers do not mask it.
 */
export function toGraphQLError(
  error: AuthError,
  mark: Omit<RefusalMark, "error" | "challenge">,
  scheme: string,
  located?: GraphQLError,
): GraphQLError {
  const result = createError(error.message, located, { ...located?.extensions, ...extensionsOf(error) });
  // graphql-jit gives locations without nodes.
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
 * Adds `extensions` to a refusal that a resolver throws itself. On every server GraphQL copies them
 * into the error of the result.
 */
export function describeRefusal(error: AuthError): void {
  if (Object.hasOwn(error, "extensions")) return;
  // A getter, because servers write into extensions: each error needs an object of its own.
  Object.defineProperty(error, "extensions", { get: () => extensionsOf(error) });
}

function extensionsOf(error: AuthError): { readonly code: AuthErrorCode; readonly auth: object } {
  const { status, reason } = error;
  return { ...extraExtensions(error), code: CODES[status], auth: { reason } };
}

/** Returns the mark of an error of a result, or `undefined` if the error is not a refusal. */
export function refusalMark(error: unknown): RefusalMark | undefined {
  for (let at = error; at instanceof Error; at = (at as GraphQLError).originalError) {
    const mark = (at as { [MARK]?: RefusalMark })[MARK];
    if (mark) return mark;
  }
  return undefined;
}

/** The options of `translateError`. */
export interface TranslateOptions {
  /** The operation of the response. */
  readonly operation?: RefusedOperation | null | undefined;
  /**
   * The authentication scheme that a challenge names.
   * @default "Bearer"
   */
  readonly scheme?: string | undefined;
}

/**
 * Translates a refusal that a resolver threw itself, and returns any other error unchanged. Such a
 * refusal comes from `ctx.auth.require`, or from another operation that the resolver ran. It does
 * not mean that a guard rejected this operation.
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

// A plugin may have copied the document; the copy keeps its source.
function isSameOperation(a: OperationDefinitionNode, b: OperationDefinitionNode): boolean {
  return a === b || (a.loc !== undefined && a.loc.source === b.loc?.source && a.name?.value === b.name?.value);
}

/** The kind of an operation, or `undefined` if it is unknown. */
export function kindOf(operation: RefusedOperation | undefined): string | undefined {
  return typeof operation === "object" ? operation.operation : operation;
}

function createError(message: string, located: GraphQLError | undefined, extensions: object): GraphQLError {
  const { nodes = null, source = null, positions = null, path = null } = located ?? {};
  // graphql before 16.3 takes the parts one by one, and from 17 on only as an object.
  if (GraphQLError.length > 1) {
    // The installed types know only the other form.
    const PositionalError = GraphQLError as unknown as new (...parts: readonly unknown[]) => GraphQLError;
    return new PositionalError(message, nodes, source, positions, path, null, extensions);
  }
  return new GraphQLError(message, { nodes, source, positions, path, extensions: { ...extensions } });
}
