/** The subject of a trusted issuer's token: text that is made of nothing but text and exact numbers. */
import type { JwtPayload } from "../jwt/compact.ts";
import { InvalidSubjectError, InvalidTokenError } from "../jwt/errors.ts";
import { readOwn } from "../rules/match.ts";
import { isPromise } from "../util/maybe-promise.ts";

/** The option `subject` of an entry of `trust`. */
export type SubjectOption = "verbatim" | ((claims: JwtPayload) => unknown);

/**
 * The subject that an entry makes of a token's claims. Throws `InvalidSubjectError` for a subject
 * that is not text, and where a function reads a claim that is neither text nor a safe integer:
 * otherwise all users without that claim could be one user. Throws `TypeError` for a function that
 * copies the claims, or gives a promise.
 */
export function readSubject(subject: SubjectOption, payload: JwtPayload): string | number {
  if (subject !== "verbatim") return makeSubject(subject, payload);
  const value = readOwn(payload, "sub");
  if (isText(value) || Number.isSafeInteger(value)) return value as string | number;
  throw new InvalidSubjectError('The token\'s "sub" is neither text nor a safe integer');
}

/** What `read` gives. Its errors are faults of the token; a promise is a fault of its author. */
export function askClaims(read: (claims: JwtPayload) => unknown, claims: JwtPayload, option: string): unknown {
  let value: unknown;
  try {
    value = read(claims);
  } catch (cause) {
    throw new InvalidTokenError(`${option} could make nothing of the token`, { reason: "CLAIM_INVALID", cause });
  }
  if (!isPromise(value)) return value;
  value.then(undefined, () => undefined);
  throw new TypeError(`${option} gave a promise, and tokens are read synchronously`);
}

function makeSubject(subject: (claims: JwtPayload) => unknown, payload: JwtPayload): string {
  const watched = watchClaims(payload);
  let text: unknown;
  try {
    text = askClaims(subject, watched.claims, "subject");
  } catch (error) {
    throw watched.fault() ?? error;
  }
  // The function may have caught it.
  const fault = watched.fault() ?? watched.unread();
  if (fault) throw fault;
  if (!isText(text)) throw new InvalidSubjectError("The subject is not text, or empty");
  // Of a value that is no claim, such as a member of another object.
  if (isOfNothing(text) && ![...watched.texts].some(isOfNothing))
    throw new InvalidSubjectError('The subject holds "undefined" or "[object": some part of it is no text');
  return text;
}

/** Claims as the function sees them. */
interface Watched {
  readonly claims: JwtPayload;
  /** The texts that were read. */
  readonly texts: ReadonlySet<string>;
  /** The first read that is not allowed. */
  fault(): Error | undefined;
  /**
   * For the first object or list that was read, and no member of it: the function took it for text,
   * or decided by it.
   */
  unread(): Error | undefined;
}

/**
 * Claims of which only text and safe integers can be read, and the members of objects and lists by
 * their names. Whether a claim is there can be asked by `in` and `Object.hasOwn`. Everything else
 * throws: a value of another kind would enter the subject, or decide about it, for all users who
 * have it.
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
    refuse(
      new TypeError("subject must read each claim by its name: a copy of the claims does not tell which are absent"),
    );
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
    // Over an empty object: a proxy of what is frozen would have to show the very values in it.
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
        `The claim ${place} is an object or a list, of which "subject" reads no member; it must be text or a safe integer`,
      );
    },
  };
}

/** Whether it is a member, and not of the list itself: an empty list has a length too. */
function isMember(held: object, key: PropertyKey): boolean {
  return Object.hasOwn(held, key) && !(Array.isArray(held) && key === "length");
}

const CONVERSIONS: readonly PropertyKey[] = ["toString", "toLocaleString", "toJSON", "valueOf"];

/** Why a member must not be read, and the remedy. */
function describe(
  held: object,
  key: PropertyKey,
  { path, place }: { readonly path: string; readonly place: string },
): string {
  if (isMember(held, key)) {
    const value = readOwn(held, key as string);
    if (typeof value === "boolean")
      return `The claim ${place} is a boolean: ask for its value in "require", and do not read it in "subject"`;
    return `The claim ${place} is ${value === null ? "null" : "no safe integer"}, and "subject" reads it: the issuer must send text, or leave it out`;
  }
  if (typeof key === "symbol" || CONVERSIONS.includes(key))
    return `${path === "" ? "The whole of the claims" : `The claim ${path}`} is no text, and "subject" uses it as such: read a member of it by its name`;
  if (Array.isArray(held))
    return `The claim ${place} is no member of the list: "subject" must read members by their index, and ask by "in" whether they are there`;
  return `The claim ${place} is absent, and "subject" reads it: the issuer must send it, or "subject" ask by "in" whether it is there`;
}

function isOfNothing(text: string): boolean {
  return /\bundefined\b|\[object /.test(text);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
