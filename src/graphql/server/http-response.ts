/** `authHttpResponse`: the status, headers and body of a GraphQL result over HTTP. */
import type { ExecutionResult, GraphQLError } from "graphql";
import { kindOf, type RefusalMark, type RefusedOperation, refusalMark, translateError } from "../errors.ts";
import { collectRootFields } from "./root-fields.ts";

/** A GraphQL result over HTTP. */
export interface AuthHttpResponse {
  /** 200, or the first of 503, 400, 401 and 403 with which the operation was rejected. */
  readonly status: number;
  /**
   * `WWW-Authenticate` for 401 and 403; empty for any other status.
   * @see RFC 6750, section 3
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The result; without `data` where the operation was rejected. */
  readonly body: ExecutionResult;
}

/** A result, as servers pass it to their hooks. */
export interface ResultLike {
  /** The data; fields of rejected guards are null in it. */
  readonly data?: unknown;
  /** The errors, refusals among them. */
  readonly errors?: readonly GraphQLError[] | undefined;
  /** The extensions; they are kept. */
  readonly extensions?: unknown;
}

/** Options of `authHttpResponse`. */
export interface AuthHttpResponseOptions {
  /**
   * The operation of the result, or its kind. It decides whether refusals that resolvers threw
   * themselves reject a query.
   * @default the operation of the rejecting guard, if any
   */
  readonly operation?: RefusedOperation | null | undefined;
  /**
   * The scheme that a challenge names for refusals that resolvers threw themselves.
   * @default "Bearer"
   */
  readonly scheme?: string | undefined;
}

const ORDER = [503, 400, 401, 403] as const;

/**
 * The status, headers and body of a result. A rejected operation has the status of its refusal; a
 * mutation that ran stays 200. Do not call it for batches and streams, which stay 200.
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
 * A result, or an incremental part of one, with translated refusals of resolvers: see
 * `translateError`.
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

/** The members of a result that hold errors, parts of `@defer` and `@stream` included. */
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
  // A key that this operation does not select belongs to an operation around it. graphql-jit keeps
  // the keys of skipped fields, without a value.
  if (Object.entries(data ?? {}).some(([key, value]) => value !== undefined && !fields.has(key))) return false;
  const refused = new Set(
    errors.filter((error, i) => error.path?.length === 1 && marks[i]?.guardedField).map((error) => error.path?.[0]),
  );
  const keys = [...fields].filter(([, name]) => name !== "__typename").map(([key]) => key);
  return keys.length > 0 && keys.every((key) => refused.has(key));
}
