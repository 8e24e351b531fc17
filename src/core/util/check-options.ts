/** Refuses options that nobody reads. */

/** Throws `TypeError` for a key of `options` that `of` does not have. */
export function checkOptionNames(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new TypeError(`${of} has no option "${unknown}"`);
}

/**
 * The same, and for a key that is there and undefined: where an option switches a check on, that
 * would switch it off.
 */
export function checkOptions(of: string, options: object, known: readonly string[]): void {
  checkOptionNames(of, options, known);
  const missing = Object.entries(options).find(([, value]) => value === undefined);
  if (missing) throw new TypeError(`${of}: the option "${missing[0]}" is undefined; leave it out instead`);
}
