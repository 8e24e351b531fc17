/** Matches a required value with the value of a claim: no coercion, own properties only. */

/**
 * The name of a claim. A dotted name is the path of a nested value, unless the token has a claim of
 * that literal name.
 */
export interface ClaimName {
  readonly name: string;
  readonly path: readonly string[] | undefined;
}

/** Splits the name of a claim once, for `findClaim`. */
export function claimName(name: string): ClaimName {
  return { name, path: name.includes(".") ? name.split(".") : undefined };
}

/** Whether the value `held` satisfies the value `required`. */
export function matches(required: unknown, held: unknown): boolean {
  if (Array.isArray(required)) {
    return Array.isArray(held) && required.every((item) => held.some((candidate) => isEqual(item, candidate)));
  }
  if (typeof required === "object" && required !== null) {
    if (!isObject(held)) return false;
    return Object.keys(required).every(
      (key) => Object.hasOwn(held, key) && matches((required as Record<string, unknown>)[key], held[key]),
    );
  }
  return required === held;
}

/**
 * Whether the scope `held` has all of `words`. It must be a string of words separated by spaces
 * (RFC 6749, section 3.3), or a list of such strings.
 */
export function holdsWords(words: readonly string[], held: unknown): boolean {
  if (typeof held === "string") {
    for (const word of words) if (!holdsWord(held, word)) return false;
    return true;
  }
  if (!isListOfText(held)) return false;
  for (const word of words) if (!held.some((text) => holdsWord(text, word))) return false;
  return true;
}

// Searches in place, without a split: every use of a token runs this.
function holdsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    if ((at === 0 || text[at - 1] === " ") && (end === text.length || text[end] === " ")) return true;
  }
  return false;
}

/** The words of a scope; `undefined` unless it is a string or a list of strings. */
export function toWords(scope: unknown): string[] | undefined {
  const texts = typeof scope === "string" ? [scope] : scope;
  if (!isListOfText(texts)) return undefined;
  return texts.flatMap((text) => text.split(" ")).filter((word) => word !== "");
}

function isListOfText(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

/**
 * Whether a claim equals a value of the call. Only scalars can be equal. An integer equals its
 * canonical decimal string.
 */
export function matchesBound(claim: unknown, value: unknown): boolean {
  if (!isScalar(claim) || !isScalar(value)) return false;
  if (typeof claim === typeof value) return claim === value;
  if (typeof value === "string") return isExactInteger(claim) && String(claim) === value;
  // Parses the claim instead of printing the value: a caller may send an integer of any length.
  const held = typeof claim === "string" ? readInteger(claim) : claim;
  return isExactInteger(held) && isExactInteger(value) && BigInt(held) === BigInt(value);
}

/** The value of the claim, or `undefined`. */
export function findClaim(claims: Readonly<Record<string, unknown>>, { name, path }: ClaimName): unknown {
  if (Object.hasOwn(claims, name)) return claims[name];
  return path && readPath(claims, path, readOwn);
}

/** The value at `path`, or `undefined`. A path does not enter lists. */
export function readPath(
  root: unknown,
  path: readonly string[],
  read: (object: object, key: string) => unknown,
): unknown {
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

function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => isEqual(item, b[i]));
  if (typeof a === "object" && a !== null) {
    if (!isObject(b)) return false;
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    return keys.every((key) => Object.hasOwn(b, key) && isEqual((a as Record<string, unknown>)[key], b[key]));
  }
  return a === b;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean | bigint {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    typeof value === "bigint" ||
    (typeof value === "number" && Number.isFinite(value))
  );
}

function isExactInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** The integer of a canonical decimal string, or `undefined`. */
function readInteger(text: string): bigint | undefined {
  return /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}
