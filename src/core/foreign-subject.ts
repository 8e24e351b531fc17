/** The subject of a trusted issuer's token: text that is made of nothing but text and exact numbers. */
import type { JwtPayload } from "./jwt/compact.ts";
import { InvalidSubjectError, InvalidTokenError } from "./jwt/errors.ts";
import { isPromise } from "./jwt/maybe-promise.ts";
import { readOwn } from "./rules/match.ts";

/** The option `subject` of an entry of `trust`. */
export type SubjectOption = "verbatim" | ((claims: JwtPayload) => unknown);

/**
 * The subject that an entry makes of a token's claims. Throws `InvalidSubjectError` for a subject that is not text, and where a function reads a claim
 * that is neither text nor a safe integer: otherwise all users without that claim could be one user. Throws `TypeError` for a function that copies
 * the claims, or gives a promise.
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
  const fault = watched.fault();
  if (fault) throw fault;
  if (!isText(text)) throw new InvalidSubjectError("The subject is not text, or empty");
  // Of a value that is no claim, such as a member of another object.
  if (isOfNothing(text) && !watched.read.some(isOfNothing))
    throw new InvalidSubjectError('The subject holds "undefined" or "[object": some part of it is no text');
  return text;
}

/** Claims as the function sees them. */
interface Watched {
  readonly claims: JwtPayload;
  /** The text that was read. */
  readonly read: readonly string[];
  /** The first read that is not allowed. */
  fault(): Error | undefined;
}

/**
 * Claims of which only text and safe integers can be read, and the members of objects and lists by their names. Whether a claim is there can be asked
 * by `in` and `Object.hasOwn`. Everything else throws: a value of another kind would enter the subject, or decide about it, for all users who have it.
 */
function watchClaims(payload: JwtPayload): Watched {
  const read: string[] = [];
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
      const place = `${path}[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`;
      const value = Object.hasOwn(held, key) && !isStructure(held, key) ? readOwn(held, key as string) : undefined;
      if (typeof value === "object" && value !== null) return watch(value, place);
      if (typeof value === "string") read.push(value);
      if (typeof value === "string" || Number.isSafeInteger(value)) return value;
      return refuse(new InvalidSubjectError(`The claim ${place} ${describe(held, key)}`));
    };
    // Over an empty object: a proxy of what is frozen would have to show the very values in it.
    return new Proxy(Array.isArray(held) ? [] : {}, {
      get: (_, key) => show(key),
      has: (_, key) => Object.hasOwn(held, key),
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
  return { claims: watch(payload, "") as JwtPayload, read, fault: () => first };
}

/** Whether it is of the list itself, and no member: an empty list would have it too. */
function isStructure(held: object, key: PropertyKey): boolean {
  return Array.isArray(held) && key === "length";
}

function describe(held: object, key: PropertyKey): string {
  if (Array.isArray(held) && !Object.hasOwn(held, key))
    return 'is no member of the list: "subject" must read the members of a list by their index';
  if (isStructure(held, key))
    return 'is the length of a list: "subject" must read the members of a list by their index';
  const what = Object.hasOwn(held, key) ? "is neither text nor a safe integer" : "is absent";
  return `${what}, and "subject" reads it: the issuer must send it as text, or "subject" ask by "in" whether it is there`;
}

function isOfNothing(text: string): boolean {
  return /\bundefined\b|\[object /.test(text);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
