/** Reads what a caller gives beside tokens: whatever is wrong with options, claims and headers is a `TypeError`, with keys an `InvalidKeyError`. */
import { checkOptionNames } from "../util/check-options.ts";
import { withErrorContext } from "../util/error-context.ts";
import { InvalidKeyError } from "./errors.ts";
import { checkPyJwtNames } from "./pyjwt-options.ts";

/**
 * What `read` gives. A getter, a Proxy or a replacer of the caller's may throw anything: here it is
 * the cause of a `TypeError`.
 */
export function readInput<T>(what: string, read: () => T): T {
  return withErrorContext(read, (cause) =>
    cause instanceof TypeError ? cause : new TypeError(`${what} cannot be read`, { cause }),
  );
}

/** The same for keys, whose fault is an `InvalidKeyError`. */
export function readKey<T>(read: () => T): T {
  return withErrorContext(read, (cause) =>
    cause instanceof InvalidKeyError ? cause : new InvalidKeyError("the key cannot be read", { cause }),
  );
}

/**
 * Whether `value` is an object of members: no list, Map, Date or Promise, which would pass for an
 * empty one.
 */
export function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

/**
 * The members of `options` that are among `known`, inherited ones too: an expected issuer must not
 * be lost with its prototype.
 */
export function readOptions(of: string, options: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isMembers(options)) throw new TypeError(`${of} needs an object of options`);
  checkPyJwtNames(of, options, known);
  checkOptionNames(of, options, known);
  return Object.fromEntries(known.filter((name) => name in options).map((name) => [name, options[name]]));
}

/** Throws `TypeError` unless `value` is a boolean. */
export function checkFlag(name: string, value: unknown): asserts value is boolean {
  if (typeof value !== "boolean") throw new TypeError(`${name} must be a boolean`);
}

/**
 * The strings of a list, as it is now: what the caller does to it later changes nothing.
 * `undefined` where it is none.
 */
export function readStrings(value: unknown): string[] | undefined {
  const list: unknown[] | undefined = Array.isArray(value) ? Array.from(value) : undefined;
  return list?.every((item) => typeof item === "string") ? list : undefined;
}
