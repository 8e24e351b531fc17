/** Compiles a required value into a comparison with the value of a claim, without coercion. */
import { type HeldClaims, isObject } from "./find-claim.ts";

/** Whether the value of a claim satisfies the required value. */
export type Match = (held: unknown) => boolean;

type Test<T> = (held: T) => boolean;

/** Compares a claim with `required`. A claim contains a required list or object. */
export function matchValue(required: unknown): Match {
  if (Array.isArray(required)) return matchList(required);
  return isObject(required) ? matchMembers(required, matchValue) : matchScalar(required);
}

/**
 * Compares the scope of a token with the required one. A required text or list of texts stands for
 * its words, which the claim must have in a string or in a list of strings.
 * @see RFC 6749, section 3.3
 */
export function matchScope(required: unknown): Match {
  const texts = typeof required === "string" ? [required] : required;
  if (!isListOfText(texts)) return matchValue(required);
  const words = texts.flatMap((text) => text.split(" ")).filter((word) => word !== "");
  return every(words.map(matchWord));
}

/**
 * Whether a claim equals a value of the call. Only scalars can be equal. An integer equals its
 * canonical decimal string. A number beyond 2^53 - 1 equals nothing.
 */
export function matchesBound(claim: unknown, value: unknown): boolean {
  if (!isScalar(claim) || !isScalar(value)) return false;
  if (typeof claim === typeof value) return claim === value;
  if (typeof value === "string") return isExactInteger(claim) && String(claim) === value;
  // Parses the claim instead of printing the value: a caller may send an integer of any length.
  const held = typeof claim === "string" ? readInteger(claim) : claim;
  return isExactInteger(held) && isExactInteger(value) && BigInt(held) === BigInt(value);
}

function matchScalar(required: unknown): Match {
  return (held) => held === required;
}

function matchList(required: readonly unknown[]): Match {
  const items = every(required.map(matchItem));
  return (held) => Array.isArray(held) && items(held);
}

/** Whether a list contains an item that equals `required`. */
function matchItem(required: unknown): Test<readonly unknown[]> {
  if (isPrimitive(required)) return (held) => held.includes(required);
  const isEqual = equal(required);
  return (held) => held.some(isEqual);
}

/** One test that passes if all `tests` pass, in their order. */
function every<T>(tests: readonly Test<T>[]): Test<T> {
  const [first, second] = tests;
  if (!first) return () => true;
  if (!second) return first;
  if (tests.length === 2) return (held) => first(held) && second(held);
  return (held) => {
    for (const test of tests) if (!test(held)) return false;
    return true;
  };
}

/** Compares the members that `required` has, and ignores others. */
function matchMembers(required: HeldClaims, compile: (required: unknown) => Match): Match {
  const entries = Object.entries(required);
  const [first, second] = entries;
  // One closure without others is much cheaper: each of them is a few cache lines.
  if (first && entries.length <= 2 && entries.every(([, value]) => isPrimitive(value)))
    return second ? matchTwo(...first, ...second) : matchOne(...first);
  const members = every(entries.map(([key, value]) => matchMember(key, compile(value))));
  return (held) => isObject(held) && members(held);
}

function matchOne(key: string, required: unknown): Match {
  return (held) => isObject(held) && holdsMember(held, key, required);
}

function matchTwo(key: string, required: unknown, otherKey: string, otherRequired: unknown): Match {
  return (held) => isObject(held) && holdsMember(held, key, required) && holdsMember(held, otherKey, otherRequired);
}

function holdsMember(held: HeldClaims, key: string, required: unknown): boolean {
  return Object.hasOwn(held, key) && held[key] === required;
}

function matchMember(key: string, matches: Match): Test<HeldClaims> {
  return (held) => Object.hasOwn(held, key) && matches(held[key]);
}

/** Compares a value with `required`, which it must equal in every item and member. */
function equal(required: unknown): Match {
  if (Array.isArray(required)) {
    const items = every(required.map(equalAt));
    return (held) => Array.isArray(held) && held.length === required.length && items(held);
  }
  if (!isObject(required)) return matchScalar(required);
  const { length } = Object.keys(required);
  const members = matchMembers(required, equal);
  return (held) => members(held) && Object.keys(held as object).length === length;
}

function equalAt(required: unknown, index: number): Test<readonly unknown[]> {
  const isEqual = equal(required);
  return (held) => isEqual(held[index]);
}

function matchWord(word: string): Match {
  return (held) => (typeof held === "string" ? holdsWord(held, word) : isListOfText(held) && listHoldsWord(held, word));
}

function listHoldsWord(texts: readonly string[], word: string): boolean {
  for (const text of texts) if (holdsWord(text, word)) return true;
  return false;
}

// Searches in place, without a split: every use of a token runs this.
function holdsWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const end = at + word.length;
    if ((at === 0 || text[at - 1] === " ") && (end === text.length || text[end] === " ")) return true;
  }
  return false;
}

// A loop, because `every` skips the holes of a sparse list.
function isListOfText(value: unknown): value is string[] {
  if (!Array.isArray(value)) return false;
  for (const text of value) if (typeof text !== "string") return false;
  return true;
}

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function isScalar(value: unknown): value is string | number | boolean | bigint {
  return (
    typeof value === "string" ||
    typeof value === "boolean" ||
    typeof value === "bigint" ||
    (typeof value === "number" && isExact(value))
  );
}

// JSON.parse reads 9007199254740993 as 9007199254740992: two users would be equal.
function isExact(value: number): boolean {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER;
}

function isExactInteger(value: unknown): value is number | bigint {
  return typeof value === "bigint" || Number.isSafeInteger(value);
}

/** The integer of a canonical decimal string, or `undefined`. */
function readInteger(text: string): bigint | undefined {
  return /^(0|-?[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}
