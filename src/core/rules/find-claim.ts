/** Finds a claim, or the value at a path: own properties only. */

/** The claims of a token. */
export type HeldClaims = Readonly<Record<string, unknown>>;

/**
 * The name of a claim. A dotted name is the path of a nested value, unless the token has a claim of
 * that literal name.
 */
export interface ClaimName {
  readonly name: string;
  readonly path: readonly string[] | undefined;
}

/** Reads a property of an object. */
export type ReadProperty = (object: object, key: string) => unknown;

/** Splits the name of a claim once, for `findClaim`. */
export function claimName(name: string): ClaimName {
  return { name, path: name.includes(".") ? name.split(".") : undefined };
}

/** The value of the claim, or `undefined`. */
export function findClaim(claims: HeldClaims, { name, path }: ClaimName): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return path && readPath(claims, path, readOwn);
}

/** The value at `path`, or `undefined`. A path does not enter lists. */
export function readPath(root: unknown, path: readonly string[], read: ReadProperty): unknown {
  let value = root;
  for (const key of path) {
    if (!isObject(value)) return undefined;
    value = read(value, key);
  }
  return value;
}

/** An own property, or `undefined`. */
export function readOwn(object: object, key: string): unknown {
  return Object.hasOwn(object, key) ? (object as Record<string, unknown>)[key] : undefined;
}

/**
 * An own property or a class accessor, or `undefined`. Ignores properties of `Object.prototype`.
 */
export function readOwnOrAccessor(object: object, key: string): unknown {
  if (Object.hasOwn(object, key)) return (object as Record<string, unknown>)[key];
  for (
    let proto: unknown = Object.getPrototypeOf(object);
    isObject(proto) && Object.getPrototypeOf(proto) !== null;
    proto = Object.getPrototypeOf(proto)
  ) {
    const descriptor = Object.getOwnPropertyDescriptor(proto, key);
    if (descriptor) return descriptor.get?.call(object);
  }
  return undefined;
}

/** Whether `value` is an object, and not a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
