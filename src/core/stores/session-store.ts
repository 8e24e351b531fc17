/** The contract between sessions and what keeps them: a record, and seven operations on it. */
import * as z from "zod";

/**
 * A session, as a store keeps it: plain JSON, without any token. Times are in seconds since 1970,
 * by the manager's clock.
 */
export interface SessionRecord {
  /** The `sid` claim: a tag of the subject (see `tagOf`), a dot, and what makes it unique. */
  readonly id: string;
  /**
   * As it stands in the tokens. A number and its decimal text are one subject to `list` and
   * `endAll`.
   */
  readonly subject: string | number;
  /** 1 for a new session, and one more with every `rotate` and `claim`: what `claim` compares. */
  readonly version: number;
  /** The `rid` of the live refresh token. */
  readonly rid: string;
  /** The `iat` of the live refresh token: when the session was last used. */
  readonly issuedAt: number;
  /** The `exp` of the live refresh token. */
  readonly expiresAt: number;
  /**
   * The refresh token before the live one, and when it was replaced; `null` before the first
   * rotation.
   */
  readonly previous: { readonly rid: string; readonly replacedAt: number } | null;
  /**
   * Who was given the live token, by a random name; `null` while nobody is known to have been:
   * until then the one before it still counts.
   */
  readonly claimedBy: string | null;
  /** What the login granted. */
  readonly grant: { readonly scope?: unknown; readonly claims?: Readonly<Record<string, unknown>> };
  /** What the login called it, such as a device; `null` where it gave no name. */
  readonly label: string | null;
  /**
   * Whether its cookies outlive the browser's session. Absent in records of before, which then
   * means `true`.
   */
  readonly remember: boolean;
  readonly createdAt: number;
  /**
   * When the session ends however often it is used; `null` where only the refresh token's `exp`
   * counts.
   */
  readonly endsAt: number | null;
  /**
   * Until when nothing else may have its id, after its end too; `null` for sessions whose ids come
   * by chance.
   */
  readonly reservedUntil: number | null;
  /** An ended session whose id is still reserved. */
  readonly ended: boolean;
}

/**
 * A refresh token that is to take the place of a session's live one. Times are in seconds since
 * 1970, by the manager's clock.
 */
export interface SessionRotation {
  /** Its `rid`, which no other ever has. */
  readonly rid: string;
  /** Its `iat`. */
  readonly issuedAt: number;
  /** Its `exp`, but for a session that ends earlier: then it is the session's `endsAt`. */
  readonly expiresAt: number;
  /** When the one before it was replaced. */
  readonly replacedAt: number;
}

/** What an operation may count on. */
export interface StoreOperation {
  /** The time by the manager's clock, in seconds: what expires, expires by it. */
  readonly now: number;
  /**
   * Milliseconds since 1970 by this machine's clock, after which the operation must not take
   * effect. A store checks it in the same step as it writes, and by a clock that it can compare
   * with this one.
   */
  readonly deadline: number;
}

/**
 * Keeps sessions. Every operation is atomic. One that cannot be carried out, or not before its
 * deadline, rejects, and has changed nothing or has taken effect as a whole. `create`, `rotate` and
 * `claim` that come a second time, as after a lost connection, answer as the first did: a `false`
 * means that another was there. `sessionStoreSuite` of `claimgate/testing` holds a store to this.
 */
export interface SessionStore {
  /**
   * Adds a session; `false` where its id is taken, or reserved, by another record than this very
   * one.
   */
  create(record: SessionRecord, operation: StoreOperation): Promise<boolean>;
  /**
   * The session, or an ended one whose id is reserved; `null` where there is none, or where all of
   * it has expired.
   */
  find(id: string, operation: StoreOperation): Promise<SessionRecord | null>;
  /**
   * Where `rid` is the live refresh token of a session that has neither ended nor expired, puts
   * `next` in its place: the version goes up by one, `previous` is `rid` with `next.replacedAt`,
   * `claimedBy` is `null`, and `expiresAt` is no later than the record's `endsAt`. Else it changes
   * nothing. Gives the session as it is then, as `find` does: what that means for `rid` is not the
   * store's affair.
   */
  rotate(id: string, rid: string, next: SessionRotation, operation: StoreOperation): Promise<SessionRecord | null>;
  /**
   * Notes who was given the live refresh token: `claimedBy`, and a version that is one more.
   * `false` unless the session has neither ended nor expired, and is of this version or claimed
   * under this very name.
   */
  claim(id: string, version: number, claimedBy: string, operation: StoreOperation): Promise<boolean>;
  /**
   * Ends the session, also where it has expired by `operation.now`: by another server's clock it
   * may have not. `false` where there is none to end, or only one that has expired. Until
   * `reservedUntil` an ended record stays in its place.
   */
  end(id: string, operation: StoreOperation): Promise<boolean>;
  /**
   * The subject's sessions that have neither ended nor expired, the earliest first. The subject is
   * given as text.
   */
  list(subject: string, operation: StoreOperation): Promise<readonly SessionRecord[]>;
  /**
   * Ends all sessions of the subject, given as text, as `end` does, and gives the ids of those that
   * had not expired.
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

/** Whether a value has every operation of a store. */
export function isSessionStore(value: unknown): value is SessionStore {
  const store = value as Partial<Record<string, unknown>> | null | undefined;
  return OPERATIONS.every((operation) => typeof store?.[operation] === "function");
}

/** An operation came after its deadline, and has changed nothing. */
export class DeadlineError extends Error {
  override readonly name: string = "DeadlineError";

  constructor() {
    super("The operation came after its deadline");
  }
}

/**
 * An operation was not even sent, and so can never take effect: a store that says so is answered
 * for at once.
 */
export class UnsentError extends Error {
  override readonly name: string = "UnsentError";
}

/** When the last trace of a session may go. */
export function keptUntil({ expiresAt, reservedUntil }: SessionRecord): number {
  return Math.max(expiresAt, reservedUntil ?? 0);
}

const seconds = z.number().finite();
const recordSchema = z.object({
  id: z.string().min(1),
  subject: z.union([z.string().min(1), z.number().int()]),
  version: z.number().int().positive(),
  rid: z.string().min(1),
  issuedAt: seconds,
  expiresAt: seconds,
  previous: z.object({ rid: z.string().min(1), replacedAt: seconds }).nullable(),
  claimedBy: z.string().min(1).nullable(),
  grant: z.object({ scope: z.unknown().optional(), claims: z.record(z.string(), z.unknown()).optional() }),
  label: z.string().nullable(),
  remember: z.boolean().default(true),
  createdAt: seconds,
  endsAt: seconds.nullable(),
  reservedUntil: seconds.nullable(),
  ended: z.boolean(),
});

/**
 * A record as a store gave it back. Throws `TypeError` for what is none: nobody is let in by it.
 */
export function readRecord(value: unknown): SessionRecord {
  const result = recordSchema.safeParse(value);
  if (!result.success) throw new TypeError("The store holds something that is no session");
  // What zod calls optional is absent here: records are JSON, where nothing is undefined.
  return result.data as SessionRecord;
}
