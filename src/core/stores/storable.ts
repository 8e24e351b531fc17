/** Decides what a session may hold, the same for every store. */
import { withErrorContext } from "../util/error-context.ts";
import type { SessionRecord } from "./session-store.ts";

// PostgreSQL has no U+0000. Half of a surrogate pair has no UTF-8: two subjects would become one.
const UNSTORABLE = /[\0\p{Surrogate}]/u;
// PostgreSQL limits an entry of an index to 2704 bytes, and a character may have three.
const MAX_SUBJECT = 800;

const NOT_TEXT = "must not contain U+0000 or half of a surrogate pair, which databases cannot keep";
const TEXT_REMEDY = 'clean it with text.toWellFormed().replaceAll("\\0", "")';

/** Whether every store can keep the text. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

/** Whether every store can keep the sessions of the subject. */
export function isStorableSubject(subject: string | number): boolean {
  return typeof subject === "number" || (subject.length <= MAX_SUBJECT && isStorable(subject));
}

/** Throws `TypeError` for a text that a store cannot keep. `what` names it. */
export function checkStorable(what: string, text: string): void {
  if (!isStorable(text)) throw new TypeError(`${what} ${NOT_TEXT}: ${TEXT_REMEDY}`);
}

/** Throws `TypeError` for a subject whose sessions a store cannot keep. */
export function checkStorableSubject(subject: string | number): void {
  if (typeof subject === "number") return;
  if (subject.length > MAX_SUBJECT)
    throw new TypeError(
      `The subject of a session must have at most ${MAX_SUBJECT} characters: pass a shorter id of the user`,
    );
  checkStorable("The subject of a session", subject);
}

/**
 * The grant as JSON, as every store returns it. Throws `TypeError` for what is not JSON, and for a
 * text or a name that a store cannot keep, with its path.
 */
export function storableGrant(grant: SessionRecord["grant"]): SessionRecord["grant"] {
  const copy = withErrorContext(
    () => JSON.parse(JSON.stringify(grant)) as SessionRecord["grant"],
    (cause) =>
      new TypeError("scope and claims must be JSON: pass text instead of a BigInt, and nest them less deeply", {
        cause,
      }),
  );
  // `readRecord` drops it, because a careless copy makes it the prototype.
  if (Object.hasOwn(copy.claims ?? {}, "__proto__"))
    throw new TypeError("claims.__proto__ cannot be a claim of a session: rename it");
  checkTexts(copy);
  return copy;
}

/** A value in a grant, and the way to it. */
interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
}

function checkTexts(grant: object): void {
  // Without recursion, because the grant may be as deep as JSON.parse allows.
  const rest: Place[] = [{ value: grant, key: "", parent: undefined }];
  for (let place = rest.pop(); place; place = rest.pop()) {
    const { value } = place;
    if (typeof value === "string") {
      if (!isStorable(value)) checkStorable(pathOf(place), value);
    } else if (typeof value === "object" && value !== null) {
      const isList = Array.isArray(value);
      for (const key of Object.keys(value)) {
        if (!isList && !isStorable(key)) throw new TypeError(`The names in ${pathOf(place)} ${NOT_TEXT}: rename them`);
        rest.push({ value: (value as Record<string, unknown>)[key], key, parent: place });
      }
    }
  }
}

const MAX_NAMES = 8;

/** The path of a place, such as `claims.team.0`. A longer one ends with an ellipsis. */
function pathOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place | undefined = place; at?.parent; at = at.parent) names.push(at.key);
  names.reverse();
  return `${names.slice(0, MAX_NAMES).join(".")}${names.length > MAX_NAMES ? "…" : ""}`;
}
