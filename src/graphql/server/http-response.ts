/** What a GraphQL result means over HTTP: a refused operation has the refusal's status, and anything that ran stays 200. */
import type { ExecutionResult, GraphQLError } from "graphql";
import { kindOf, type RefusalMark, type RefusedOperation, refusalMark, translateError } from "../errors.ts";
import { collectRootFields } from "./root-fields.ts";

/** A result as an HTTP server may send it. */
export interface AuthHttpResponse {
  /** 200, or the first of 503, 400, 401 and 403 that refused the operation. */
  readonly status: number;
  /** `WWW-Authenticate` on 401 and 403 (RFC 6750, section 3). */
  readonly headers: Readonly<Record<string, string>>;
  /** The result; without `data` where the operation was refused. */
  readonly body: ExecutionResult;
}

/** A result, as servers hand it to their hooks. */
export interface ResultLike {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly extensions?: unknown;
}

/** Options of `authHttpResponse`. */
export interface AuthHttpResponseOptions {
  /**
   * The operation, or its kind: tells refusals that resolvers threw themselves from the guards'.
   * Default: known only where a guard refused.
   */
  readonly operation?: RefusedOperation | null | undefined;
  /**
   * The scheme a challenge names for refusals that resolvers threw themselves. Default `"Bearer"`.
   */
  readonly scheme?: string | undefined;
}

const ORDER = [503, 400, 401, 403] as const;

/** Status, headers and body of a result. Not for batches and streams, which stay 200. */
export function authHttpResponse(result: ResultLike, options: AuthHttpResponseOptions = {}): AuthHttpResponse {
  const translated = translateErrors(result as ExecutionResult, options);
  const marks = (translated.errors ?? []).map(refusalMark);
  const status = ORDER.find((candidate) => marks.some((mark) => mark?.error.status === candidate));
  if (status === undefined || !isRefusedWhole(translated, marks)) return { status: 200, headers: {}, body: translated };
  const challenge = marks.find((mark) => mark?.error.status === status)?.challenge;
  const { data: _, ...body } = translated;
  return { status, headers: challenge === undefined ? {} : { "WWW-Authenticate": challenge }, body };
}

/**
 * The result, or a part of one that is delivered incrementally, with the refusals that resolvers
 * threw themselves as callers may see them.
 */
export function translateErrors<R extends ResultParts>(result: R, options: AuthHttpResponseOptions = {}): R {
  const changed: { -readonly [K in keyof ResultParts]: ResultParts[K] } = {};
  const errors = result.errors?.map((error) => translateError(error, options));
  if (errors?.some((error, i) => error !== result.errors?.[i])) changed.errors = errors;
  for (const key of ["incremental", "completed"] as const) {
    const parts = result[key]?.map((part) => translateErrors(part, options));
    if (parts?.some((part, i) => part !== result[key]?.[i])) changed[key] = parts;
  }
  return Object.keys(changed).length === 0 ? result : { ...result, ...changed };
}

/** Whether a result could hold a refusal. */
export function hasErrors({ errors, incremental, completed }: ResultParts): boolean {
  return errors !== undefined || incremental !== undefined || completed !== undefined;
}

/**
 * Where a result has errors: its own, and those of the parts that `@defer` and `@stream` send
 * later.
 */
export interface ResultParts {
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly incremental?: readonly ResultParts[] | undefined;
  readonly completed?: readonly ResultParts[] | undefined;
}

function isRefusedWhole(result: ExecutionResult, marks: readonly (RefusalMark | undefined)[]): boolean {
  const isQuery = marks.some((mark) => kindOf(mark?.operation) === "query");
  if (isQuery && result.data == null && marks.every((mark) => mark !== undefined)) return true;
  return isEveryRootFieldRefused(result, marks);
}

function isEveryRootFieldRefused(
  { data, errors = [] }: ExecutionResult,
  marks: readonly (RefusalMark | undefined)[],
): boolean {
  const info = marks.find((mark) => mark?.guardedField)?.guardedField;
  if (!info) return false;
  const fields = collectRootFields(info);
  // What the guard's operation does not ask for was asked for by another, around it.
  // (graphql-jit keeps the keys of skipped fields, without a value.)
  if (Object.entries(data ?? {}).some(([key, value]) => value !== undefined && !fields.has(key))) return false;
  const refused = new Set(
    errors.filter((error, i) => error.path?.length === 1 && marks[i]?.guardedField).map((error) => error.path?.[0]),
  );
  const keys = [...fields].filter(([, name]) => name !== "__typename").map(([key]) => key);
  return keys.length > 0 && keys.every((key) => refused.has(key));
}
