/** Checks the values of a rule: JSON without empty objects, empty lists and inexact integers. */

const MAX_DEPTH = 64;

/**
 * Returns a frozen copy of `value`. Throws `TypeError`, with the path, unless it is JSON without
 * empty objects, empty lists, inexact integers and `undefined`.
 */
export function checkJson(value: unknown, path: string, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new TypeError(`${path} must be at most ${MAX_DEPTH} levels deep, without cycles`);
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return checkNumber(value, path);
    case "object":
      if (value === null) return value;
      return Array.isArray(value) ? checkArray(value, path, depth) : checkObject(value, path, depth);
    default:
      throw new TypeError(
        `${path} must be a JSON value, not ${value === undefined ? "undefined" : `a ${typeof value}`}`,
      );
  }
}

/** Whether `value` is an object without a class, of any realm. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Throws `TypeError` unless `value` is a plain object with at least one key. */
export function checkPlainObject(value: unknown, path: string): asserts value is Record<string, unknown> {
  if (!isPlainObject(value)) throw new TypeError(`${path} must be a plain object`);
  if (Object.keys(value).length === 0) throw new TypeError(`${path} must not be empty; leave it out instead`);
}

function checkNumber(value: number, path: string): number {
  if (!Number.isFinite(value)) throw new TypeError(`${path} must be a finite number`);
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    throw new TypeError(`${path} must be an integer from -(2^53 - 1) to 2^53 - 1; others are not exact`);
  return value;
}

function checkArray(value: readonly unknown[], path: string, depth: number): readonly unknown[] {
  if (value.length === 0) throw new TypeError(`${path} must not be empty; leave it out instead`);
  // Array.from also visits the holes of a sparse list, and reads each as undefined.
  return Object.freeze(Array.from(value, (item, i) => checkJson(item, `${path}[${i}]`, depth + 1)));
}

function checkObject(value: object, path: string, depth: number): object {
  checkPlainObject(value, path);
  const entries = Object.entries(value).map(([key, item]) => [key, checkJson(item, `${path}.${key}`, depth + 1)]);
  // Without a prototype, which may be polluted. `Object.create(null)` has slow properties.
  return Object.freeze(Object.setPrototypeOf(Object.fromEntries(entries), null) as object);
}
