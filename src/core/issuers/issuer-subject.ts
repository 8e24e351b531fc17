/** Makes the subject of a trusted issuer's token, from text and exact integers only. */
import type { JwtPayload } from "../jwt/compact.ts";
import { InvalidSubjectError, InvalidTokenError } from "../jwt/errors.ts";
import { readOwn } from "../rules/find-claim.ts";
import { isPromise } from "../util/promises/maybe-promise.ts";

/** The option `subject` of an entry of `trust`. */
export type SubjectOption = "verbatim" | ((claims: JwtPayload) => unknown);

/**
 * The subject of a token by the option of its issuer. Throws `InvalidSubjectError` if it is not
 * text, or if a function reads a claim that is neither text nor a safe integer. Otherwise all users
 * without that claim could become one user.
 *
 * Throws `TypeError` for a function that copies the claims or returns a promise.
 */
export function readSubject(subject: SubjectOption, payload: JwtPayload): string | number {
  if (subject !== "verbatim") return makeSubject(subject, payload);
  const value = readOwn(payload, "sub");
  if (isText(value) || Number.isSafeInteger(value)) return value as string | number;
  throw new InvalidSubjectError(
    value === ""
      ? 'The token\'s "sub" is empty: set subject to a function that reads another claim'
      : 'The token\'s "sub" is neither text nor a safe integer',
  );
}

/** The result of `read`. Its errors reject the token; a promise is a `TypeError`. */
export function askClaims(read: (claims: JwtPayload) => unknown, claims: JwtPayload, option: string): unknown {
  let value: unknown;
  try {
    value = read(claims);
  } catch (cause) {
    throw new InvalidTokenError(`${option} cannot read the token`, { reason: "CLAIM_INVALID", cause });
  }
  if (!isPromise(value)) return value;
  value.then(undefined, () => undefined);
  throw new TypeError(`${option} must be synchronous, and returned a promise`);
}

function makeSubject(subject: (claims: JwtPayload) => unknown, payload: JwtPayload): string {
  const watched = watchClaims(payload);
  let text: unknown;
  try {
    text = askClaims(subject, watched.claims, "subject");
  } catch (error) {
    throw watched.fault() ?? error;
  }
  // The function may have caught the error.
  const fault = watched.fault() ?? watched.unread();
  if (fault) throw fault;
  if (!isText(text)) throw new InvalidSubjectError("The subject must be text that is not empty");
  // Such text comes from a value outside the claims, such as a member of another object.
  if (isOfNothing(text) && ![...watched.texts].some(isOfNothing))
    throw new InvalidSubjectError('The subject must not contain "undefined" or "[object": a part of it is not text');
  return text;
}

/** The claims for the function, with a record of its reads. */
interface Watched {
  readonly claims: JwtPayload;
  /** The texts that were read. */
  readonly texts: ReadonlySet<string>;
  /** The error of the first forbidden read. */
  fault(): Error | undefined;
  /** The error for an object or a list that was read without its members, as if it were text. */
  unread(): Error | undefined;
}

/**
 * Wraps claims so that a function can read text, safe integers and members by name, and can test
 * claims by `in` and `Object.hasOwn`. Any other read throws: a value such as `null` would give all
 * users who have it the same subject.
 */
function watchClaims(payload: JwtPayload): Watched {
  const texts = new Set<string>();
  const unread = new Set<string>();
  let first: Error | undefined;
  const refuse = (error: Error): never => {
    first ??= error;
    throw error;
  };
  const refuseCopy = (): never =>
    refuse(new TypeError("subject must read each claim by its name, and must not copy the claims"));
  const watch = (held: object, path: string): object => {
    const show = (key: PropertyKey): unknown => {
      unread.delete(path);
      const place = `${path}[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`;
      const value = isMember(held, key) ? readOwn(held, key as string) : undefined;
      if (typeof value === "object" && value !== null) {
        unread.add(place);
        return watch(value, place);
      }
      if (typeof value === "string") texts.add(value);
      if (typeof value === "string" || Number.isSafeInteger(value)) return value;
      return refuse(new InvalidSubjectError(describe(held, key, { path, place })));
    };
    // The target is empty, because a proxy of a frozen object must return its exact values.
    return new Proxy(Array.isArray(held) ? [] : {}, {
      get: (_, key) => show(key),
      has(_, key) {
        unread.delete(path);
        return Object.hasOwn(held, key);
      },
      getOwnPropertyDescriptor: (_, key) =>
        Object.hasOwn(held, key)
          ? { value: show(key), configurable: true, enumerable: true, writable: false }
          : undefined,
      ownKeys: refuseCopy,
      set: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
      setPrototypeOf: () => false,
      preventExtensions: () => false,
    });
  };
  return {
    claims: watch(payload, "") as JwtPayload,
    texts,
    fault: () => first,
    unread() {
      const [place] = unread;
      if (place === undefined) return undefined;
      return new InvalidSubjectError(
        `The claim ${place} must be text or a safe integer, and it is an object or a list: read its members in "subject"`,
      );
    },
  };
}

/** Whether the key is a claim or an entry, and not the length of a list. */
function isMember(held: object, key: PropertyKey): boolean {
  return Object.hasOwn(held, key) && !(Array.isArray(held) && key === "length");
}

const CONVERSIONS: readonly PropertyKey[] = ["toString", "toLocaleString", "toJSON", "valueOf"];

/** Explains why a member must not be read, and names the remedy. */
function describe(
  held: object,
  key: PropertyKey,
  { path, place }: { readonly path: string; readonly place: string },
): string {
  if (isMember(held, key)) {
    const value = readOwn(held, key as string);
    if (typeof value === "boolean")
      return `The claim ${place} is a boolean: check it in "require", and do not read it in "subject"`;
    return `The claim ${place} is ${value === null ? "null" : "not a safe integer"}, and "subject" reads it: the issuer must send text, or leave it out`;
  }
  if (typeof key === "symbol" || CONVERSIONS.includes(key))
    return `${path === "" ? "The whole of the claims" : `The claim ${path}`} is not text, and "subject" uses it as text: read a member by its name`;
  if (Array.isArray(held))
    return `The claim ${place} is not an entry of the list: read entries by their index, after a test by "in"`;
  return `The claim ${place} is absent, and "subject" reads it: the issuer must send it, or "subject" must test it by "in" first`;
}

function isOfNothing(text: string): boolean {
  return /\bundefined\b|\[object /.test(text);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
