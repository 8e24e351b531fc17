/** The only access to a session store: adds a deadline, one retry, and two kinds of error. */
import { withDeadline } from "../util/promises/deadline.ts";
import { readRecord } from "./read-record.ts";
import {
  DeadlineError,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
  UnsentError,
} from "./session-store.ts";
import { isStoreMisuse, SessionStoreError, storeMisuse } from "./store-error.ts";

/** The name of a store's operation. */
type OperationName = keyof SessionStore;

/** The options of the access to a store. */
export interface AccessOptions {
  /** The most seconds that an operation may take. */
  readonly timeout: number;
  /** The manager's time, in seconds since 1970. */
  readonly now: () => number;
  /** Called for every failed operation with the error of the store. */
  readonly onFailure: (operation: OperationName, cause: unknown) => void;
}

/**
 * The operations of a store. Each rejects within the timeout: with `SessionStoreError`, or with the
 * `TypeError` for a store or client that is used wrongly.
 */
export interface StoreAccess {
  create(record: SessionRecord): Promise<boolean>;
  find(id: string): Promise<SessionRecord | null>;
  rotate(id: string, rid: string, next: SessionRotation): Promise<SessionRecord | null>;
  claim(id: string, version: number, claimedBy: string): Promise<boolean>;
  end(id: string): Promise<boolean>;
  list(subject: string): Promise<readonly SessionRecord[]>;
  endAll(subject: string): Promise<readonly string[]>;
  /** Returns the same store for one call. All operations of the call share one timeout. */
  forCall(): CallAccess;
}

/** A store during one call. */
export interface CallAccess extends StoreAccess {
  /** Returns the milliseconds that are left of the call. */
  remainingMs(): number;
}

// The rest of the time is for the reply to arrive. Otherwise a write could succeed although its
// caller gets a 503.
const PART_TO_WRITE_IN = 0.75;
const PAUSE_MS = 25;

const WRITES: readonly OperationName[] = ["create", "rotate", "claim", "end", "endAll"];
// A delayed first attempt of these must not run after another operation: `create` would restore an
// ended session, and `endAll` would end a new one.
const ONLY_ONCE: readonly OperationName[] = ["create", "endAll"];

/** Returns the access to `store`. */
export function openStore(store: SessionStore, options: AccessOptions): StoreAccess {
  return createAccess(store, options, Number.POSITIVE_INFINITY);
}

function createAccess(store: SessionStore, options: AccessOptions, callEndsAt: number): CallAccess {
  const { timeout, now, onFailure } = options;

  const run = async <T>(name: OperationName, work: (operation: StoreOperation) => Promise<T>): Promise<T> => {
    const startedAt = Date.now();
    const endsAt = Math.min(startedAt + timeout * 1000, callEndsAt);
    const deadline = startedAt + (endsAt - startedAt) * PART_TO_WRITE_IN;
    // Whether the store may still carry out a write, until the deadline: it may have received the
    // write before the connection was lost.
    let mayComeLater = false;
    const attempt = async (): Promise<T> => {
      try {
        return await work({ now: now(), deadline });
      } catch (error) {
        mayComeLater ||= WRITES.includes(name) && !isSettled(error);
        throw error;
      }
    };
    try {
      const answer = await withDeadline(
        attempt().catch(async (error: unknown) => {
          if (isStoreMisuse(error)) throw error;
          // The next connection may work. An operation run twice in a row has the effect of one.
          await pause(PAUSE_MS);
          if (Date.now() >= deadline) throw error;
          return attempt();
        }),
        endsAt - startedAt,
      );
      if (mayComeLater && ONLY_ONCE.includes(name)) await waitUntil(deadline);
      return answer;
    } catch (cause) {
      // A 503 is final: the store must not carry out the write after it.
      if (mayComeLater) await waitUntil(deadline);
      onFailure(name, cause);
      if (isStoreMisuse(cause)) throw cause;
      throw new SessionStoreError(`The session store failed or did not answer in time (${name})`, { cause });
    }
  };

  return {
    create: (record) => run("create", async (operation) => readFlag(await store.create(record, operation))),
    find: (id) => run("find", async (operation) => readAnswer(await store.find(id, operation), id)),
    rotate: (id, rid, next) =>
      run("rotate", async (operation) => readAnswer(await store.rotate(id, rid, next, operation), id)),
    claim: (id, version, claimedBy) =>
      run("claim", async (operation) => readFlag(await store.claim(id, version, claimedBy, operation))),
    end: (id) => run("end", async (operation) => readFlag(await store.end(id, operation))),
    list: (subject) => run("list", async (operation) => readRecords(await store.list(subject, operation))),
    endAll: (subject) => run("endAll", async (operation) => readIds(await store.endAll(subject, operation))),
    forCall: () => createAccess(store, options, Date.now() + timeout * 1000),
    remainingMs: () => Math.max(0, callEndsAt - Date.now()),
  };
}

/** Whether the store cannot carry out the operation later: it never began, or it has ended. */
function isSettled(error: unknown): boolean {
  return error instanceof DeadlineError || error instanceof UnsentError || isStoreMisuse(error);
}

function readAnswer(answer: unknown, id: string): SessionRecord | null {
  if (answer === null) return null;
  const record = readRecord(answer);
  if (record.id !== id) throw storeMisuse("The session store must return the session with the given id");
  return record;
}

// A truthy reply, such as the "OK" of a command, must not count as a created session.
function readFlag(answer: unknown): boolean {
  if (typeof answer !== "boolean")
    throw storeMisuse("The session store must return true or false from create, claim and end");
  return answer;
}

function readRecords(answer: unknown): readonly SessionRecord[] {
  if (!Array.isArray(answer)) throw storeMisuse("The session store must return a list of sessions from list");
  return answer.map(readRecord);
}

function readIds(answer: unknown): readonly string[] {
  if (!Array.isArray(answer) || !answer.every((id) => typeof id === "string"))
    throw storeMisuse("The session store must return a list of session ids from endAll");
  return answer;
}

async function waitUntil(time: number): Promise<void> {
  // A timer may fire a little early.
  for (let left = time - Date.now(); left > 0; left = time - Date.now()) await pause(Math.ceil(left));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
