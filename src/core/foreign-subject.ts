/** The subject of a trusted issuer's token: text that is made of nothing but text and exact numbers. */
import type { JwtPayload } from "./jwt/compact.ts";
import { InvalidSubjectError, InvalidTokenError } from "./jwt/errors.ts";
import { isPromise } from "./jwt/maybe-promise.ts";
import { readOwn } from "./rules/match.ts";
import { createWatch, type Values, type Watched } from "./watched-claims.ts";

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

function makeSubject(subject: (claims: JwtPayload) => unknown, payload: JwtPayload): string {
  const watch = createWatch(payload);
  const first = watch.open(NONE);
  const text = askWatched(subject, first);
  const run = (values: Values): unknown => tryText(subject, watch.open(values).claims);
  const entered = findEntered({ run, read: first.read, isOver: () => watch.steps() > MAX_STEPS });
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

function askWatched(subject: (claims: JwtPayload) => unknown, watched: Watched): unknown {
  try {
    return askClaims(subject, watched.claims, "subject");
  } finally {
    assertNotCopied(watched);
  }
}

// A fault of the author, whatever the token: no copy tells which claims are absent.
function assertNotCopied(watched: Watched): void {
  if (watched.wasCopied())
    throw new TypeError("subject must read each claim by its name: a copy of the claims hides those that are absent");
}

const NONE: Values = new Map();

// A function reads a handful of claims, and a token decides about the length of lists among them: so many reads take a few milliseconds.
const MAX_STEPS = 20_000;

/** The function, to be run with other values for some claims. */
interface Trial {
  /** The text, or `FAILED` where it throws. */
  readonly run: (values: Values) => unknown;
  /** The claims that it read, by path. */
  readonly read: Values;
  /** Whether it has been run, and has read, too often. */
  readonly isOver: () => boolean;
}

const FAILED = Symbol("failed");

function tryText(subject: (claims: JwtPayload) => unknown, claims: JwtPayload): unknown {
  try {
    return subject(claims);
  } catch {
    return FAILED;
  }
}

/** The path of a claim that is not text and became a part of the subject. Throws `InvalidSubjectError` for more claims than can be tried. */
function findEntered(trial: Trial): string | undefined {
  const paths = [...trial.read.keys()];
  const sound = paths.filter((path) => isSound(trial.read.get(path)));
  return paths.find((path) => !isSound(trial.read.get(path)) && enters(trial, path, sound));
}

/**
 * Whether a claim that is not text became a part of the text, in whatever way: other values of it give other texts, and no other claim stands in
 * for it now. In `uid ?? cid` without a `uid`, `cid` does.
 */
function enters(trial: Trial, path: string, sound: readonly string[]): boolean {
  const worked = PROBES.map((probe) => [probe, runWith(trial, [[path, probe]])] as const).filter(
    ([, text]) => text !== FAILED,
  );
  const [first] = worked;
  // None of them tells how it would be used.
  if (!first) return true;
  if (worked.every(([, text]) => text === first[1])) return false;
  const standsIn = (other: string): boolean =>
    matters(trial, other, []) && worked.some(([probe]) => !matters(trial, other, [[path, probe]]));
  return !sound.some(standsIn);
}

/** Whether the text is another where a claim that is text has other values, and the rest these. */
function matters(trial: Trial, path: string, values: readonly (readonly [string, unknown])[]): boolean {
  const text = runWith(trial, values);
  return othersOf(trial.read.get(path)).some((other) => {
    const changed = runWith(trial, [...values, [path, other]]);
    return changed !== FAILED && changed !== text;
  });
}

function runWith(trial: Trial, values: readonly (readonly [string, unknown])[]): unknown {
  if (trial.isOver())
    throw new InvalidSubjectError(
      "The subject is made of more claims than can be told apart, of which some are not text",
    );
  return trial.run(new Map(values));
}

// Pairs that differ in each part of them: functions cut text at its start, at its end, or at a mark, count with it, or take a member of it.
const PROBES: readonly unknown[] = [...probesOf("a".repeat(40), "1"), ...probesOf("b".repeat(41), "2")];

function probesOf(word: string, digit: string): unknown[] {
  return [
    word,
    digit.repeat(15),
    Number(digit.repeat(15)),
    `${word}|${word}|${word}`,
    `${word}@${word}.example`,
    `${word}:${word}:${word}`,
    `${word}/${word}/${word}`,
    `https://${word}.example/${word}?${word}=${word}`,
    [8, 4, 4, 4, 12].map((length) => digit.repeat(length)).join("-"),
    memberOf(word),
  ];
}

/** An object each of whose members is `text`, and a list of it. */
function memberOf(text: string): unknown {
  return new Proxy([text, text, text], {
    get: (list, key) => (typeof key === "string" && !(key in list) ? text : (Reflect.get(list, key) as unknown)),
  });
}

/** Values beside one that is text or a number: of the same form in all of its letters and digits, and a longer one. */
function othersOf(value: unknown): readonly unknown[] {
  if (typeof value === "number") return [value === 1 ? 2 : 1, value + 1_000_003];
  const text = String(value);
  const shifted = text.replace(/[0-9a-zA-Z]/g, (char) => NEXT[char] ?? char);
  return [shifted, `${text}~`, `${text}9z`];
}

const NEXT: Readonly<Record<string, string>> = Object.fromEntries(
  ["0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"].flatMap((row) =>
    Array.from(row, (char, i) => [char, row[(i + 1) % row.length] ?? char] as const),
  ),
);

function isSound(value: unknown): boolean {
  return typeof value === "string" || Number.isSafeInteger(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
