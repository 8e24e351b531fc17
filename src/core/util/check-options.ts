/** Rejects unknown and undefined options of functions. */
import { nearestName } from "./nearest-name.ts";

/** Throws `TypeError` unless `options` is one object, such as for a positional option. */
export function checkOptionsObject(of: string, options: unknown, remedy?: string): asserts options is object {
  if (typeof options === "object" && options !== null && !Array.isArray(options)) return;
  throw new TypeError(`${of} takes its options as one object${remedy === undefined ? "" : `: ${remedy}`}`);
}

/**
 * Throws `TypeError` for options of a function that has none. `given` are its arguments; a number
 * is the index that `map` passes.
 */
export function checkNoOptions(of: string, given: ArrayLike<unknown>, remedy: string): void {
  const second = given[1];
  if (typeof second === "object" && second !== null) checkOptionNames(of, second, [], remedy);
  if (typeof second === "string") throw new TypeError(`${of} takes no options. ${remedy}`);
}

/**
 * Throws `TypeError` for a key of `options` that is not in `known`. The message names the nearest
 * option. If none is near, it ends with `remedy`, or with the known options.
 */
export function checkOptionNames(of: string, options: object, known: readonly string[], remedy?: string): void {
  checkOptionsObject(of, options);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const list = known.length === 0 ? "It takes no options" : `Its options are ${known.join(", ")}`;
  const end = nearest === undefined ? `. ${remedy ?? list}` : `; did you mean "${nearest}"?`;
  throw new TypeError(`${of} has no option "${unknown}"${end}`);
}

/**
 * Rejects an unknown option, and an option that is present but `undefined`, because an unset
 * variable could switch a check off.
 *
 * @throws `TypeError` if `options` has a key that is not `known` or is `undefined`
 */
export function checkOptions(of: string, options: object, known: readonly string[]): void {
  checkOptionNames(of, options, known);
  const missing = Object.entries(options).find(([, value]) => value === undefined);
  if (missing) throw new TypeError(`${of}: the option "${missing[0]}" must not be undefined: set it, or leave it out`);
}
