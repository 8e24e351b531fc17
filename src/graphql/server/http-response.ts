/** `authHttpResponse`: the status, headers and body of a GraphQL result over HTTP. */
import type { ExecutionResult, GraphQLError } from "graphql";
import { kindOf, type RefusalMark, type RefusedOperation, refusalMark, translateError } from "../errors.ts";
import { collectRootFields } from "./root-fields.ts";

/** The parts of the HTTP response for a GraphQL result. */
export interface AuthHttpResponse {
  /** 200, or for a rejected operation the first of 503, 400, 401 and 403 among its refusals. */
  readonly status: number;
  /**
   * `WWW-Authenticate` for 401 and 403; empty for any other status.
   * @see RFC 6750, section 3
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The result, without `data` if the operation was rejected. */
  readonly body: ExecutionResult;
}

/** A result, as servers pass it to their hooks. */
export interface ResultLike {
  /** The data, in which rejected fields are null. */
  readonly data?: unknown;
  /** The errors, refusals among them. */
  readonly errors?: readonly GraphQLError[] | undefined;
  /** The extensions, which do not change. */
  readonly extensions?: unknown;
}

/** Options of `authHttpResponse`. */
export interface AuthHttpResponseOptions {
  /**
   * The operation of the result, or its kind. A refusal that a resolver throws itself can reject a
   * query, but not a mutation, which has run by then.
   * @default the operation of the guard that rejected, if one did
   */
  readonly operation?: RefusedOperation | null | undefined;
  /**
   * The authentication scheme in the challenge for refusals that resolvers throw themselves.
   * @default "Bearer"
   */
  readonly scheme?: string | undefined;
}

const ORDER = [503, 400, 401, 403] as const;

/**
 * Returns the status, headers and body of a result. A rejected operation has the status of its
 * refusal; a mutation that ran has 200. Do not call it for a batch or a stream, which has 200.
 * @see RFC 6750, section 3
 * @example
 * ```ts
 * const operation = getOperationAST(document, operationName);
 * const { status, headers, body } = authHttpResponse(result, { operation });
 * response.writeHead(status, { "Content-Type": "application/json", ...headers });
 * response.end(JSON.stringify(body));
 * ```
 */
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
 * Translates the refusals in a result, or in an incremental part of one, that resolvers threw
 * themselves: see `translateError`.
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

/** Whether a result may have a refusal. */
export function hasErrors({ errors, incremental, completed }: ResultParts): boolean {
  return errors !== undefined || incremental !== undefined || completed !== undefined;
}

/** The members of a result that have errors, including the parts of `@defer` and `@stream`. */
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
  // A key that the guard's operation does not select belongs to an operation around it. graphql-jit
  // keeps the keys of skipped fields, without a value.
  if (Object.entries(data ?? {}).some(([key, value]) => value !== undefined && !fields.has(key))) return false;
  const refused = new Set(
    errors.filter((error, i) => error.path?.length === 1 && marks[i]?.guardedField).map((error) => error.path?.[0]),
  );
  const keys = [...fields].filter(([, name]) => name !== "__typename").map(([key]) => key);
  return keys.length > 0 && keys.every((key) => refused.has(key));
}
