/** Rejects a first argument that is not an `AuthManager`. */

/** Throws `TypeError` unless `value` is an `AuthManager` of this or another copy of the package. */
export function checkManager(caller: string, value: unknown): void {
  if (typeof (value as { readonly "~open"?: unknown } | null | undefined)?.["~open"] !== "function")
    throw new TypeError(`${caller} takes an AuthManager as its first argument: pass ${caller}(auth)`);
}
