/** Freezes values, so that they cannot change after they are checked. */

/** Freezes `value` and everything in it, and returns it. */
export function deepFreeze<T>(value: T): T {
  // `Object.isFrozen` cannot replace this set: a frozen object may contain an object that is not.
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const item = rest.pop();
    // A typed array cannot be frozen, and claims never contain one.
    if (typeof item !== "object" || item === null || seen.has(item) || ArrayBuffer.isView(item)) continue;
    seen.add(Object.freeze(item));
    for (const held of Object.values(item)) rest.push(held);
  }
  return value;
}

/** Does the same for a result of `JSON.parse`, which never contains one object twice. */
export function freezeJson<T extends object>(value: T): T {
  let rest: object[] | undefined;
  for (let at: object | undefined = value; at; at = rest?.pop()) {
    Object.freeze(at);
    for (const key of Object.keys(at)) {
      const held = (at as Record<string, unknown>)[key];
      if (typeof held === "object" && held !== null) (rest ??= []).push(held);
    }
  }
  return value;
}
