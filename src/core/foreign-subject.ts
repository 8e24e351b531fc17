/** The subject of a trusted issuer's token: text that is made of nothing but text and exact numbers. */
import type { JwtPayload } from "./jwt/compact.ts";
import { InvalidSubjectError, InvalidTokenError } from "./jwt/errors.ts";
import { isPromise } from "./jwt/maybe-promise.ts";
import { readOwn } from "./rules/match.ts";

/** The option `subject` of an entry of `trust`. */
export type SubjectOption = "verbatim" | ((claims: JwtPayload) => unknown);

/**
 * The subject that an entry makes of a token's claims. Throws `InvalidSubjectError` for a subject that is not text, and for one that a claim
 * entered which is neither text nor a safe integer: otherwise all users without that claim would be one user.
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

type Values = ReadonlyMap<string, unknown>;

// A function reads a handful of claims, or copies them all; more than these are not worth the runs that would tell what they do.
const MAX_FLAWED = 64;
const MAX_SOUND = 256;

function makeSubject(subject: (claims: JwtPayload) => unknown, payload: JwtPayload): string {
  const read = new Map<string, unknown>();
  const text = askClaims(subject, watchClaims(payload, read, NONE), "subject");
  const entered = findEntered(subject, payload, read);
  if (entered !== undefined)
    throw new InvalidSubjectError(
      `The claim ${entered} is absent, or neither text nor a safe integer, and would be a part of the subject; ` +
        'the issuer must send it, or "subject" ask by "in" whether it is there',
    );
  if (!isText(text)) throw new InvalidSubjectError("The subject is not text, or empty");
  // Such text comes from a value that is no claim, such as a member of another object.
  if (/\bundefined\b|\[object /.test(text))
    throw new InvalidSubjectError('The subject holds "undefined" or "[object": some part of it is no text');
  return text;
}

/** The path of a claim that is not text and became a part of the subject. Throws `InvalidSubjectError` for more claims than can be tried. */
function findEntered(subject: (claims: JwtPayload) => unknown, payload: JwtPayload, read: Values): string | undefined {
  const paths = [...read.keys()];
  const flawed = paths.filter((path) => !isSound(read.get(path)));
  if (flawed.length === 0) return undefined;
  const sound = paths.filter((path) => isSound(read.get(path)));
  if (flawed.length > MAX_FLAWED || sound.length > MAX_SOUND)
    throw new InvalidSubjectError("The subject is made of too many claims, of which some are not text");
  const trial: Trial = { run: (values) => tryText(subject, payload, values), read, sound };
  return flawed.find((path) => enters(trial, path));
}

interface Trial {
  /** The text with other values for some claims; a value of its own where it throws. */
  readonly run: (values: Values) => unknown;
  readonly read: Values;
  readonly sound: readonly string[];
}

const NONE: Values = new Map();

/**
 * Whether a claim that is not text became a part of the text, in whatever way: as text it would be one, and no other claim stands in for it
 * now. In `uid ?? cid` without a `uid`, `cid` does.
 */
function enters({ run, read, sound }: Trial, path: string): boolean {
  const asText = new Map([[path, "1"]]);
  if (run(asText) === run(new Map([[path, "2"]]))) return false;
  const matters = (other: string, values: Values): boolean =>
    run(new Map([...values, [other, anotherOf(read.get(other))]])) !== run(values);
  return !sound.some((other) => matters(other, NONE) && !matters(other, asText));
}

function tryText(subject: (claims: JwtPayload) => unknown, payload: JwtPayload, values: Values): unknown {
  try {
    return subject(watchClaims(payload, new Map(), values));
  } catch {
    // Equal to no other result: a trial that throws proves nothing.
    return {};
  }
}

/** A copy of the claims that notes each one that is read, by its path, and shows `values` in their place. Nothing can be written to it. */
function watchClaims(payload: JwtPayload, read: Map<string, unknown>, values: Values): JwtPayload {
  // A copy: a proxy of what is frozen has to show the very objects in it.
  return watch(structuredClone(payload), "") as JwtPayload;

  function watch(target: object, path: string): object {
    const show = (key: PropertyKey): unknown => {
      if (isConversion(key)) return refuseConversion;
      const value: unknown = Reflect.get(target, key, target);
      const isOwn = Object.hasOwn(target, key);
      if (typeof key === "symbol" || (!isOwn && value !== undefined)) return value;
      // By steps, so that the claim "a.b" is not the member "b" of "a".
      const place = `${path}[${JSON.stringify(key)}]`;
      if (typeof value === "object" && value !== null) return watch(value, place);
      read.set(place, value);
      return values.has(place) ? values.get(place) : value;
    };
    return new Proxy(target, {
      set: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
      get: (_, key) => show(key),
      getOwnPropertyDescriptor(_, key) {
        const descriptor = Reflect.getOwnPropertyDescriptor(target, key);
        // A list's length is fixed, and no claim.
        return descriptor?.configurable ? { ...descriptor, value: show(key) } : descriptor;
      },
    });
  }
}

function isConversion(key: PropertyKey): boolean {
  return key === Symbol.toPrimitive || key === "toString" || key === "toLocaleString" || key === "toJSON";
}

function refuseConversion(): never {
  throw new TypeError("A claim that is an object cannot be a part of the subject; name the member");
}

function anotherOf(value: unknown): unknown {
  return typeof value === "number" ? (value === 1 ? 2 : 1) : `${String(value)}~`;
}

function isSound(value: unknown): boolean {
  return typeof value === "string" || Number.isSafeInteger(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
