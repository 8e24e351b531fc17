/** Refuses options that nobody reads. */

/** Throws `TypeError` for a key of `options` that `of` does not have, or that is there and undefined. */
export function checkOptions(of: string, options: object, known: readonly string[]): void {
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) throw new TypeError(`${of} has no option "${key}"`);
    if (value === undefined) throw new TypeError(`${of}: the option "${key}" is undefined; leave it out instead`);
  }
}
