/** Reads the options, claims, headers and keys that a caller passes. */
import { checkOptionNames } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";
import { InvalidKeyError } from "./errors.ts";
import { checkPyJwtNames } from "./pyjwt-options.ts";

/**
 * Returns the result of `read`. A getter, Proxy or replacer of the caller may throw any value: it
 * becomes the cause of a `TypeError`.
 */
export function readInput<T>(what: string, read: () => T): T {
  return withErrorContext(read, (cause) =>
    cause instanceof TypeError ? cause : new TypeError(`${what} cannot be read`, { cause }),
  );
}

/** The same for a key: the error is an `InvalidKeyError`. */
export function readKey<T>(read: () => T): T {
  return withErrorContext(read, (cause) =>
    cause instanceof InvalidKeyError ? cause : new InvalidKeyError("the key cannot be read", { cause }),
  );
}

/**
 * Whether `value` is a plain object. A list, Map, Date or Promise would pass for an empty one, and
 * is rejected.
 */
export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * The `known` members of `options`, inherited ones included: an inherited `issuer` is still an
 * expected issuer. Throws `TypeError` for other members.
 */
export function readOptions(of: string, options: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isMembers(options)) throw new TypeError(`${of} takes its options as one object`);
  checkPyJwtNames(of, options, known);
  checkOptionNames(of, options, known);
  return Object.fromEntries(known.filter((name) => name in options).map((name) => [name, options[name]]));
}

/** Throws `TypeError` unless `value` is a boolean. */
export function checkFlag(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean`);
}

/**
 * A copy of a list of strings, which the caller cannot change later; `undefined` for any other
 * value.
 */
export function readStrings(value: unknown): string[] | undefined {
  const list: unknown[] | undefined = Array.isArray(value) ? Array.from(value) : undefined;
  return list?.every((item) => typeof item === "string") ? list : undefined;
}
