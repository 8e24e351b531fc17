/** Makes sure that what was checked stays as it was. */

/** Freezes `value` and all it holds, however deep, and gives it back. */
export function deepFreeze<T>(value: T): T {
  // What is frozen already may hold what is not, so what was seen is remembered apart.
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const item = rest.pop();
    // A typed array cannot be frozen; no claim is one.
    if (typeof item !== "object" || item === null || seen.has(item) || ArrayBuffer.isView(item)) continue;
    seen.add(Object.freeze(item));
    for (const held of Object.values(item)) rest.push(held);
  }
  return value;
}

/** `deepFreeze` of what JSON.parse gave: a tree, in which nothing is met twice. */
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
