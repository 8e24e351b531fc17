/** Checks the names of options. */

/**
 * Rejects an unknown option of the function or class `of`.
 *
 * @throws {TypeError} if `options` has a key that is not `known`
 */
export function checkOptionNames(of: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new TypeError(`${of} has no option "${unknown}"`);
}

/**
 * Rejects an unknown option, and an option that is present but `undefined`: `undefined` could
 * switch a check off by mistake.
 *
 * @throws {TypeError} if `options` has a key that is not `known` or is `undefined`
 */
export function checkOptions(of: string, options: object, known: readonly string[]): void {
  checkOptionNames(of, options, known);
  const missing = Object.entries(options).find(([, value]) => value === undefined);
  if (missing) throw new TypeError(`${of}: the option "${missing[0]}" is undefined; leave it out instead`);
}
