/** Makes a value at its first use, so that the import of a file costs nothing for it. */

/** Returns a function that calls `make` once. A bundler can drop an unused one. */
/* @__NO_SIDE_EFFECTS__ */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
