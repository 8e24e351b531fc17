/** The contract of session stores: the record of a session, and seven operations. */

/**
 * A session as a store keeps it: plain JSON, without tokens. Its texts are well-formed Unicode
 * without U+0000. Times are in seconds since 1970, by the manager's clock.
 */
export interface SessionRecord {
  /** The `sid` claim: a tag of the subject, a dot, and a unique part. */
  readonly id: string;
  /**
   * The `sub` claim of the tokens, at most 800 characters. `list` and `endAll` treat a number and
   * its decimal text as one subject.
   */
  readonly subject: string | number;
  /** 1 for a new session. Each successful `rotate` and `claim` adds 1; `claim` compares it. */
  readonly version: number;
  /** The `rid` claim of the current refresh token. */
  readonly rid: string;
  /** The `iat` claim of the current refresh token: the time of the last use. */
  readonly issuedAt: number;
  /** The `exp` claim of the current refresh token. */
  readonly expiresAt: number;
  /**
   * The previous refresh token and the time of its replacement; `null` before the first rotation.
   */
  readonly previous: { readonly rid: string; readonly replacedAt: number } | null;
  /**
   * The random name under which a call claimed the current refresh token for its client. While it
   * is `null`, the previous refresh token is still valid.
   */
  readonly claimedBy: string | null;
  /** The scope and the claims that the login granted. */
  readonly grant: { readonly scope?: unknown; readonly claims?: Readonly<Record<string, unknown>> };
  /** The label from the login, such as the name of a device; `null` without one. */
  readonly label: string | null;
  /**
   * Whether the cookies outlive the browser's session. A record of an older version may lack it;
   * that means `true`.
   */
  readonly remember: boolean;
  /** The time of the login. */
  readonly createdAt: number;
  /**
   * The latest end of the session, however often it is used; `null` if only the refresh token's
   * `exp` limits it.
   */
  readonly endsAt: number | null;
  /**
   * The time until which no other session may have this id, even after the end of this one; `null`
   * for a random id.
   */
  readonly reservedUntil: number | null;
  /** Whether the session has ended. A store keeps an ended session while its id is reserved. */
  readonly ended: boolean;
}

/**
 * The next refresh token of a session. Times are in seconds since 1970, by the manager's clock.
 */
export interface SessionRotation {
  /** The `rid` claim, unique among all refresh tokens. */
  readonly rid: string;
  /** The `iat` claim. */
  readonly issuedAt: number;
  /** The `exp` claim. The store reduces it to the session's `endsAt` if that is earlier. */
  readonly expiresAt: number;
  /** The time at which this token replaces the current refresh token. */
  readonly replacedAt: number;
}

/** The time and the deadline of one operation. */
export interface StoreOperation {
  /** The time in seconds since 1970, by the manager's clock. Sessions expire by it. */
  readonly now: number;
  /**
   * The deadline in milliseconds since 1970, by this machine's clock. The operation must not take
   * effect after it. The store checks it in the step that writes. A server with another clock
   * must correct the deadline by the difference.
   */
  readonly deadline: number;
}

/**
 * A store of sessions. Every operation is atomic: one that rejects has changed nothing, or has
 * taken effect as a whole.
 *
 * A manager may send an operation again after a lost connection. A repeated `create`, `rotate` or
 * `claim` must return the result of the first one, unless another call has changed the session.
 *
 * Every operation rejects with `DeadlineError` after its deadline. It may reject with `UnsentError`
 * if it could not be sent, and with any other error if the store failed. The manager wraps each of
 * these errors in a `SessionStoreError` (503). For an answer of another type than an operation has,
 * it throws a `TypeError` instead.
 *
 * Test an implementation with `sessionStoreSuite` of `claimgate/testing`.
 */
export interface SessionStore {
  /**
   * Adds a session. Returns `false` if another session has the id, or its id is still reserved.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  create(record: SessionRecord, operation: StoreOperation): Promise<boolean>;
  /**
   * Returns the session, also an ended one while its id is reserved. Returns `null` if the session
   * does not exist, or both its expiry and its reservation are past.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  find(id: string, operation: StoreOperation): Promise<SessionRecord | null>;
  /**
   * Replaces the current refresh token `rid` by `next`, unless the session has ended or expired, or
   * has another current token. Adds 1 to the version, sets `previous` to `rid` and
   * `next.replacedAt`, and sets `claimedBy` to `null`. Limits `expiresAt` to the session's
   * `endsAt`.
   *
   * Returns the session after the operation, as `find` does, whether the token was replaced or not.
   * The caller judges the state of `rid`.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  rotate(id: string, rid: string, next: SessionRotation, operation: StoreOperation): Promise<SessionRecord | null>;
  /**
   * Records the call that claims the current refresh token for its client: sets `claimedBy` and
   * adds 1 to the version. Returns `false` if the session has ended or expired, or has another
   * version. An exception: if the current token of a live session already has this `claimedBy`,
   * returns `true`.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  claim(id: string, version: number, claimedBy: string, operation: StoreOperation): Promise<boolean>;
  /**
   * Ends the session, also an expired one, because it may be valid by another server's clock.
   * Returns `false` if `find` would return `null`, or the session has ended before. The store keeps
   * an ended record until `reservedUntil`.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  end(id: string, operation: StoreOperation): Promise<boolean>;
  /**
   * Returns the sessions of a subject that have neither ended nor expired, the oldest first.
   * `subject` is the subject as text, also where `SessionRecord.subject` is a number.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  list(subject: string, operation: StoreOperation): Promise<readonly SessionRecord[]>;
  /**
   * Ends all sessions of a subject, as `end` does. Returns the ids of the sessions that had neither
   * ended nor expired. `subject` is the subject as text.
   *
   * @throws `DeadlineError` after the deadline
   * @throws `UnsentError` if the operation could not be sent
   */
  endAll(subject: string, operation: StoreOperation): Promise<readonly string[]>;
}

const OPERATIONS = [
  "create",
  "find",
  "rotate",
  "claim",
  "end",
  "list",
  "endAll",
] as const satisfies (keyof SessionStore)[];

/** Whether `value` has every operation of a session store. */
export function isSessionStore(value: unknown): value is SessionStore {
  const store = value as Partial<Record<string, unknown>> | null | undefined;
  return OPERATIONS.every((operation) => typeof store?.[operation] === "function");
}

/** A store operation that arrived after its deadline and has changed nothing. */
export class DeadlineError extends Error {
  override readonly name: string = "DeadlineError";

  constructor() {
    super("The operation arrived after its deadline");
  }
}

/**
 * A store operation that was not sent, so it can never take effect. The manager reports the failure
 * without waiting for the deadline.
 */
export class UnsentError extends Error {
  override readonly name: string = "UnsentError";
}

/** Returns the time after which a store may forget the session. */
export function keptUntil({ expiresAt, reservedUntil }: SessionRecord): number {
  return Math.max(expiresAt, reservedUntil ?? 0);
}
