/** The only way to a store: every operation with a deadline, tried once more where a connection was lost, and every failure told apart from an answer. */
import { withDeadline } from "../util/deadline.ts";
import {
  DeadlineError,
  readRecord,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
  UnsentError,
} from "./session-store.ts";
import { SessionStoreError } from "./store-error.ts";

/** A store's operations, as they are called by its name. */
type OperationName = keyof SessionStore;

/** How a store is used. */
export interface AccessOptions {
  /** Seconds an operation may take. */
  readonly timeout: number;
  /** The manager's time, in seconds. */
  readonly now: () => number;
  /** Told of every operation that failed. */
  readonly onFailure: (operation: OperationName, error: SessionStoreError) => void;
}

/** A store's operations. Each rejects with `SessionStoreError` alone, within the timeout. */
export interface StoreAccess {
  create(record: SessionRecord): Promise<boolean>;
  find(id: string): Promise<SessionRecord | null>;
  rotate(id: string, rid: string, next: SessionRotation): Promise<SessionRecord | null>;
  claim(id: string, version: number, claimedBy: string): Promise<boolean>;
  end(id: string): Promise<boolean>;
  list(subject: string): Promise<readonly SessionRecord[]>;
  endAll(subject: string): Promise<readonly string[]>;
  /**
   * The same store for one call of several operations, which together take no longer than one may.
   */
  forCall(): CallAccess;
}

/** A store during one call. */
export interface CallAccess extends StoreAccess {
  /** Milliseconds that are left of the call. */
  remainingMs(): number;
}

// The last part of the time is for the answer's way back: what was written is then known, and not
// answered with a 503.
const PART_TO_WRITE_IN = 0.75;
const PAUSE_MS = 25;

const WRITES: readonly OperationName[] = ["create", "rotate", "claim", "end", "endAll"];
// These do harm when they come again after something else: a session that ended would be there
// again, and a new one would end.
const ONLY_ONCE: readonly OperationName[] = ["create", "endAll"];

/** Opens a store. */
export function openStore(store: SessionStore, options: AccessOptions): StoreAccess {
  return createAccess(store, options, Number.POSITIVE_INFINITY);
}

function createAccess(store: SessionStore, options: AccessOptions, callEndsAt: number): CallAccess {
  const { timeout, now, onFailure } = options;

  const run = async <T>(name: OperationName, work: (operation: StoreOperation) => Promise<T>): Promise<T> => {
    const startedAt = Date.now();
    const endsAt = Math.min(startedAt + timeout * 1000, callEndsAt);
    const deadline = startedAt + (endsAt - startedAt) * PART_TO_WRITE_IN;
    // What was sent before its connection was lost may have arrived, and be carried out until the
    // deadline.
    let mayComeLater = false;
    const attempt = async (): Promise<T> => {
      try {
        return await work({ now: now(), deadline });
      } catch (error) {
        mayComeLater ||= WRITES.includes(name) && !(error instanceof DeadlineError || error instanceof UnsentError);
        throw error;
      }
    };
    try {
      const answer = await withDeadline(
        attempt().catch(async (error: unknown) => {
          // A lost connection says nothing about the next one. Done twice in a row, an operation
          // does no harm.
          await pause(PAUSE_MS);
          if (Date.now() >= deadline) throw error;
          return attempt();
        }),
        endsAt - startedAt,
      );
      if (mayComeLater && ONLY_ONCE.includes(name)) await waitUntil(deadline);
      return answer;
    } catch (cause) {
      // What is answered with a 503 does not happen afterwards.
      if (mayComeLater) await waitUntil(deadline);
      const error = new SessionStoreError(`The session store did not answer (${name})`, { cause });
      onFailure(name, error);
      throw error;
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
    list: (subject) => run("list", async (operation) => (await store.list(subject, operation)).map(readRecord)),
    endAll: (subject) => run("endAll", async (operation) => readIds(await store.endAll(subject, operation))),
    forCall: () => createAccess(store, options, Date.now() + timeout * 1000),
    remainingMs: () => Math.max(0, callEndsAt - Date.now()),
  };
}

function readAnswer(answer: unknown, id: string): SessionRecord | null {
  if (answer === null) return null;
  const record = readRecord(answer);
  if (record.id !== id) throw new TypeError("The store gave another session than the one asked for");
  return record;
}

// What says neither yes nor no, such as a command's "OK", must not pass for a session that began.
function readFlag(answer: unknown): boolean {
  if (typeof answer !== "boolean") throw new TypeError("The store answered neither true nor false");
  return answer;
}

function readIds(answer: unknown): readonly string[] {
  if (!Array.isArray(answer) || !answer.every((id) => typeof id === "string"))
    throw new TypeError("The store did not answer with the ids of sessions");
  return answer;
}

async function waitUntil(time: number): Promise<void> {
  // A timer may be a little early.
  for (let left = time - Date.now(); left > 0; left = time - Date.now()) await pause(Math.ceil(left));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}
