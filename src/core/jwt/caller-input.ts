/** Reads the options, claims, headers and keys that a caller passes. */
import { checkOptionNames } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";
import { InvalidKeyError } from "./errors.ts";
import { checkPyJwtNames } from "./pyjwt-options.ts";

/**
 * Returns the result of `read`. A getter, Proxy or replacer of the caller may throw any value. A
 * value that is not a `TypeError` becomes the cause of one.
 */
export function readInput<T>(what: string, read: () => T): T {
  return withErrorContext(read, (cause) =>
    cause instanceof TypeError ? cause : new TypeError(`${what} cannot be read: see its cause`, { cause }),
  );
}

/** Returns the result of `read`, as `readInput` does, but throws `InvalidKeyError`. */
export function readKey<T>(read: () => T): T {
  return withErrorContext(read, (cause) =>
    cause instanceof InvalidKeyError ? cause : new InvalidKeyError("the key cannot be read: see its cause", { cause }),
  );
}

/**
 * Whether `value` is an object with members. A list, Map, Date or Promise is not: it would be read
 * as an object without members.
 */
export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * The `known` members of `options`, inherited ones included: without an inherited `issuer`, a check
 * would be skipped. Throws `TypeError` for an unknown member.
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
 * A copy of a list of strings, so that the caller cannot change it later. `undefined` for any other
 * value.
 */
export function readStrings(value: unknown): string[] | undefined {
  const list: unknown[] | undefined = Array.isArray(value) ? Array.from(value) : undefined;
  return list?.every((item) => typeof item === "string") ? list : undefined;
}
