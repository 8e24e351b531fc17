/** Sessions in the memory of one process, for development, tests and single-process servers. */
import { deepFreeze } from "../util/freeze.ts";
import { isAlive } from "./refresh-state.ts";
import {
  DeadlineError,
  keptUntil,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
} from "./session-store.ts";

const SWEEP_AT_LEAST_EVERY = 64;
// The clocks of several managers may differ: a session that has expired by one clock may be valid
// by another.
const MAX_CLOCK_SKEW_SECONDS = 60;

/**
 * Creates a store whose sessions end with the process. It removes expired sessions during other
 * operations.
 *
 * Each operation of the store rejects with `DeadlineError` after its deadline.
 *
 * @example
 * ```ts
 * import { AuthManager, memorySessionStore } from "claimgate";
 *
 * const auth = new AuthManager({
 *   issuer: "https://api.example",
 *   algorithm: "HS256",
 *   secret: crypto.getRandomValues(new Uint8Array(32)),
 *   sessions: memorySessionStore(),
 * });
 * ```
 */
export function memorySessionStore(): SessionStore {
  const records = new Map<string, SessionRecord>();
  const idsBySubject = new Map<string, Set<string>>();
  let operationsSinceSweep = 0;

  const put = (record: SessionRecord): void => {
    // Frozen, because callers get the very records of the store.
    records.set(record.id, Object.freeze(record));
    const subject = String(record.subject);
    const ids = idsBySubject.get(subject);
    if (ids) ids.add(record.id);
    else idsBySubject.set(subject, new Set([record.id]));
  };

  const remove = ({ id, subject }: SessionRecord): void => {
    records.delete(id);
    const ids = idsBySubject.get(String(subject));
    ids?.delete(id);
    if (ids?.size === 0) idsBySubject.delete(String(subject));
  };

  // On average this costs one look-up per operation, however many sessions there are.
  const sweep = (now: number): void => {
    if (++operationsSinceSweep < Math.max(records.size, SWEEP_AT_LEAST_EVERY)) return;
    operationsSinceSweep = 0;
    for (const record of records.values()) if (keptUntil(record) + MAX_CLOCK_SKEW_SECONDS <= now) remove(record);
  };

  const begin = ({ now, deadline }: StoreOperation): void => {
    if (Date.now() >= deadline) throw new DeadlineError();
    sweep(now);
  };

  const holding = (id: string, now: number): SessionRecord | null => {
    const record = records.get(id);
    return record && keptUntil(record) > now ? record : null;
  };

  const endRecord = (record: SessionRecord): void => {
    if (record.reservedUntil === null) remove(record);
    else put({ ...record, ended: true });
  };

  const allOf = (subject: string): SessionRecord[] =>
    [...(idsBySubject.get(subject) ?? [])].flatMap((id) => records.get(id) ?? []);

  const liveOf = (subject: string, now: number): SessionRecord[] =>
    allOf(subject).filter((record) => isAlive(record, now));

  return {
    async create(record, operation) {
      begin(operation);
      const held = holding(record.id, operation.now);
      if (held) return isSame(held, record);
      // A copy, so that later changes by the caller do not reach the store.
      put(deepFreeze(structuredClone(record)));
      return true;
    },
    async find(id, operation) {
      begin(operation);
      return holding(id, operation.now);
    },
    async rotate(id, rid, next, operation) {
      begin(operation);
      const held = holding(id, operation.now);
      if (!isAlive(held, operation.now) || held.rid !== rid) return held;
      const record = rotated(held, next);
      put(record);
      return record;
    },
    async claim(id, version, claimedBy, operation) {
      begin(operation);
      const held = holding(id, operation.now);
      if (!isAlive(held, operation.now)) return false;
      if (held.version !== version) return held.claimedBy === claimedBy;
      put({ ...held, version: version + 1, claimedBy });
      return true;
    },
    async end(id, operation) {
      begin(operation);
      const held = records.get(id);
      if (!held || held.ended) return false;
      endRecord(held);
      return keptUntil(held) > operation.now;
    },
    async list(subject, operation) {
      begin(operation);
      return liveOf(subject, operation.now).toSorted((a, b) => a.createdAt - b.createdAt);
    },
    async endAll(subject, operation) {
      begin(operation);
      const live = liveOf(subject, operation.now);
      for (const record of allOf(subject)) endRecord(record);
      return live.map(({ id }) => id);
    },
  };
}

function rotated(record: SessionRecord, { rid, issuedAt, expiresAt, replacedAt }: SessionRotation): SessionRecord {
  return {
    ...record,
    version: record.version + 1,
    rid,
    issuedAt,
    expiresAt: Math.min(expiresAt, record.endsAt ?? expiresAt),
    previous: Object.freeze({ rid: record.rid, replacedAt }),
    claimedBy: null,
  };
}

// An equal record means that the manager sent the same `create` again.
function isSame(a: SessionRecord, b: SessionRecord): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
