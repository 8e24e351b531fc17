/** Records and comparisons for the cases of the session store suite. */
import { makeSessionId } from "../core/stores/session-id.ts";
import type { SessionRecord, SessionRotation, SessionStore, StoreOperation } from "../core/stores/session-store.ts";

/**
 * The cases by name. The name states the required behaviour. A case rejects with an `Error` that
 * names the difference.
 */
export type Cases = Readonly<Record<string, (store: SessionStore) => Promise<void>>>;

/**
 * Makes the record of a new session with a random subject, for tests of a session store.
 *
 * @param over members that replace the defaults
 *
 * @example
 * ```ts
 * import { makeSessionRecord } from "claimgate/testing";
 *
 * const record = await makeSessionRecord({ subject: "alice" });
 * ```
 */
export async function makeSessionRecord(over: Partial<SessionRecord> = {}): Promise<SessionRecord> {
  const subject = over.subject ?? `subject-${crypto.randomUUID()}`;
  const now = seconds();
  return {
    id: await makeSessionId(subject),
    subject,
    version: 1,
    rid: "rid-1",
    issuedAt: now,
    expiresAt: now + 600,
    previous: null,
    claimedBy: "login",
    // Values that a store changes if it parses and writes JSON carelessly.
    grant: {
      scope: { admin: true, list: ["a", 1, null], none: [] },
      claims: { team: "ö€😀", deep: { er: [{}] }, large: 9_007_199_254_740_991, small: 0.1 },
    },
    label: "A laptop",
    remember: true,
    createdAt: now,
    endsAt: null,
    reservedUntil: null,
    ended: false,
    ...over,
  };
}

/** Returns a rotation of the record's session to the refresh token `rid`. */
export function nextOf({ issuedAt, expiresAt }: SessionRecord, rid: string): SessionRotation {
  return { rid, issuedAt: issuedAt + 5, expiresAt: expiresAt + 5, replacedAt: issuedAt + 5.125 };
}

/** Returns the record after a rotation. */
export function rotated(
  record: SessionRecord,
  { rid, issuedAt, expiresAt, replacedAt }: SessionRotation,
): SessionRecord {
  const previous = { rid: record.rid, replacedAt };
  return { ...record, version: record.version + 1, rid, issuedAt, expiresAt, previous, claimedBy: null };
}

/** Returns the current time in whole seconds. */
export function seconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Returns an operation at `now`, in seconds, with a deadline in five seconds. */
export function soon(now: number = seconds()): StoreOperation {
  return { now, deadline: Date.now() + 5000 };
}

/** Throws an error that names `what` unless `work` rejects. */
export async function fails(work: Promise<unknown>, what: string): Promise<void> {
  const failed = await work.then(
    () => false,
    () => true,
  );
  if (!failed) throw new Error(`${what}: must reject`);
}

/** Throws an error that names `what` unless both values are the same JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, b] = [canonical(actual), canonical(expected)];
  if (a !== b) throw new Error(`${what}: expected ${b}, got ${a}`);
}

/** Returns JSON with sorted keys, because a database may return them in another order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    Object.prototype.toString.call(held) === "[object Object]"
      ? Object.fromEntries(Object.entries(held as object).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
}
