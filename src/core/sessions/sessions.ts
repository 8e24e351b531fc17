/** Sessions: `login` begins them, `refresh` renews them and `revoke` ends them. */

import { withoutRights } from "../auth/ask-authorize.ts";
import { refreshReference, storableId } from "../auth/refresh-reference.ts";
import { type SessionConfig, STORE_REMEDY } from "../config/session-options.ts";
import { MissingConfigError } from "../errors.ts";
import { isKeysError, isTokenError, MissingRequiredClaimError } from "../jwt/errors.ts";
import type { Claims } from "../rules/rule.ts";
import { isAlive } from "../stores/refresh-state.ts";
import { makeSessionId, tagOf } from "../stores/session-id.ts";
import type { SessionRecord } from "../stores/session-store.ts";
import { checkStorable, checkStorableSubject, storableGrant } from "../stores/storable.ts";
import type { CallAccess, StoreAccess } from "../stores/store-access.ts";
import { storeMisuse } from "../stores/store-error.ts";
import type { JWT } from "../tokens/token.ts";
import { checkSubject, checkUserClaims, cloneClaims } from "../tokens/user-claims.ts";
import { checkOptionNames } from "../util/check-options.ts";
import { MAX_AGE_SECONDS } from "../util/seconds.ts";
import { type Choice, createChoice } from "./choice.ts";
import { adopt, newRecord, readTimes } from "./records.ts";
import { createRefresh, type SessionParts } from "./refresh.ts";
import { askRights, type CheckTokens, issueAuth, issuePair, type SessionTokens } from "./token-pair.ts";

/** The options of `login`. */
export interface LoginOptions<C = Claims> {
  /**
   * The `scope` of the session's auth tokens, any JSON.
   * @default none
   */
  readonly scope?: unknown;
  /**
   * Further claims of the auth tokens. The names `iss sub aud exp iat type scope sid rid cnf` are
   * rejected. The session holds scope and claims as JSON.
   * @default none
   */
  readonly claims?: Readonly<C>;
  /**
   * A name for the user's list of sessions, such as a device. 1 to 200 characters, as `length`
   * counts them, without U+0000 and without half of a surrogate pair.
   * @default none
   */
  readonly label?: string | undefined;
  /**
   * Whether the cookies outlive the browser's session. `false` applies to cookies of `refresh` too.
   * @default true
   */
  readonly remember?: boolean | undefined;
  /**
   * The most seconds that this session lasts. A whole number from 1 to the manager's
   * `sessionMaxAge`, or to 100,000,000,000.
   * @default the manager's `sessionMaxAge`
   */
  readonly sessionMaxAge?: number | undefined;
}

const LOGIN_OPTIONS = [
  "scope",
  "claims",
  "label",
  "remember",
  "sessionMaxAge",
] as const satisfies (keyof LoginOptions)[];

/** Throws `TypeError` for an unknown option of `login`. */
export function checkLoginOptions(options: object): void {
  checkOptionNames("login", options, LOGIN_OPTIONS);
}

/** A session for display to its user. Times are in seconds since 1970. */
export interface SessionInfo {
  /** The `sid` of its tokens. */
  readonly id: string;
  /** The subject, as text. */
  readonly subject: string;
  /** The label of the login; `null` without one. */
  readonly label: string | null;
  /** The time of the login. */
  readonly createdAt: number;
  /** The time of the last refresh, or of the login. */
  readonly lastUsedAt: number;
  /** The time at which the session ends without another refresh. */
  readonly expiresAt: number;
  /** The time at which the session ends in any case; `null` without `sessionMaxAge`. */
  readonly endsAt: number | null;
}

/**
 * The sessions that `revoke` ends: the session of a token (an expired one too), one session by its
 * id, or all sessions of a subject.
 */
export type RevokeTarget =
  | { readonly token: string | JWT }
  | { readonly session: string }
  | { readonly subject: string | number };

/** Begins, renews and ends sessions. */
export interface Sessions {
  login(subject: string | number, options: LoginOptions, checkTokens?: CheckTokens): Promise<SessionTokens>;
  refresh(token: string, checkTokens?: CheckTokens): Promise<SessionTokens>;
  /** Chooses the refresh tokens to present. Rejects like `createChoice`. */
  choose(tokens: readonly string[]): Promise<Choice>;
  revoke(target: { readonly token: string } | Exclude<RevokeTarget, { readonly token: unknown }>): Promise<void>;
  /**
   * Ends the session of each valid or expired token, and ignores invalid tokens. Rejects with
   * `SessionStoreError`, and with `JWKSClientError` if keys are unavailable.
   */
  endEach(tokens: readonly string[]): Promise<void>;
  list(subject: string | number): Promise<SessionInfo[]>;
}

const MAX_LABEL = 200;

/** The sessions of a manager without a store. Each call rejects with `MissingConfigError`. */
export function createNoSessions(): Sessions {
  return {
    login: refuseAll,
    refresh: refuseAll,
    choose: refuseAll,
    revoke: refuseAll,
    endEach: refuseAll,
    list: refuseAll,
  };
}

/**
 * Creates the sessions of a manager. Each call rejects with token errors, refusals of `authorize`,
 * `SessionStoreError`, or the `TypeError` for misuse of the store.
 */
export function createSessions(parts: SessionParts): Sessions {
  const { config, sessions, store, verifier, check, emit } = parts;
  const { now } = config;

  const login: Sessions["login"] = async (subject, options, checkTokens) => {
    const call = store.forCall();
    const { scope, label = null, remember = true } = options;
    checkSubject(subject);
    checkStorableSubject(subject);
    // The checks read the copy: a Proxy could answer a check otherwise than its copy.
    const claims = cloneClaims(options.claims ?? {});
    const grant = storableGrant(scope === undefined ? { claims } : { ...cloneClaims({ scope }), claims });
    checkUserClaims(grant.claims, "claims");
    if (typeof remember !== "boolean") throw new TypeError("remember must be true or false");
    const sessionMaxAge = readSessionMaxAge(options, sessions);
    if (label !== null && (typeof label !== "string" || label === "" || label.length > MAX_LABEL))
      throw new TypeError(`label must be a string of 1 to ${MAX_LABEL} characters: shorten it, or leave it out`);
    if (label !== null) checkStorable("label", label);
    const record: SessionRecord = {
      ...newRecord(await makeSessionId(subject), subject, readTimes(config, { sessionMaxAge })),
      grant,
      label,
      remember,
    };
    const rights = await askRights(config, record, emit, call);
    if (rights === null) throw withoutRights();
    const tokens = await issuePair(config, record, issueAuth(config, record, rights));
    checkTokens?.(tokens);
    if (!(await create(record, call)))
      throw storeMisuse("The session store must create a session with a new id: check its create operation");
    emit({ type: "issued", subject: String(subject), sid: record.id, tokens: "pair" });
    return tokens;
  };

  /** Adds the record. After a failure, ends a record that the store may have added. */
  const create = async (record: SessionRecord, call: CallAccess): Promise<boolean> => {
    try {
      return await call.create(record);
    } catch (error) {
      void store.end(record.id).catch(() => undefined);
      throw error;
    }
  };

  const endOne = async (sid: string, subject: string | null, access: StoreAccess = store): Promise<void> => {
    const hasEnded = await access.end(sid);
    check.markEnded([sid]);
    if (hasEnded) emit({ type: "revoked", subject, sids: [sid] });
  };

  const readToEnd = (text: string): Promise<JWT> => verifier.read(text, { type: "any", ignoreTimes: true });

  const revokeToken = async (token: JWT): Promise<void> => {
    const { sid } = token.claims;
    if (typeof sid === "string") return endOne(storableId(sid, "sid"), token.sub);
    if (token.tokenType !== "refresh") throw new MissingRequiredClaimError("sid");
    const reference = await refreshReference(token, sessions);
    const record = adopt(token, reference, config, sessions);
    if (!(await store.create({ ...record, ended: true }))) return endOne(record.id, token.sub);
    emit({ type: "revoked", subject: token.sub, sids: [record.id] });
  };

  return {
    login,
    refresh: createRefresh(parts, endOne),
    choose: createChoice(parts),
    async revoke(target) {
      const kind = kindOf(target);
      if (kind === "token") return revokeToken(await readToEnd((target as { token: string }).token));
      if (kind === "session") return endOne((target as { session: string }).session, null);
      const subject = String((target as { subject: string | number }).subject);
      const tag = await tagOf(subject);
      const sids = await store.endAll(subject);
      check.markEnded(sids);
      check.forgetTag(tag);
      if (sids.length > 0) emit({ type: "revoked", subject, sids });
    },
    async endEach(tokens) {
      const ended = new Set<unknown>();
      let unknown: unknown;
      for (const text of tokens) {
        try {
          const token = await readToEnd(text);
          // The second token of a session needs no second call.
          if (token.sid !== undefined && ended.has(token.sid)) continue;
          await revokeToken(token);
          ended.add(token.sid);
        } catch (error) {
          // A failure for one token must not keep the other sessions alive.
          if (isKeysError(error)) unknown ??= error;
          else if (!isTokenError(error)) throw error;
        }
      }
      if (unknown !== undefined) throw unknown;
    },
    async list(subject) {
      checkSought(subject);
      const at = now();
      const records = await store.list(String(subject));
      return records.filter((record) => isAlive(record, at)).map(toInfo);
    },
  };
}

function toInfo({ id, subject, label, createdAt, issuedAt, expiresAt, endsAt }: SessionRecord): SessionInfo {
  return { id, subject: String(subject), label, createdAt, lastUsedAt: issuedAt, expiresAt, endsAt };
}

function readSessionMaxAge({ sessionMaxAge }: LoginOptions, { sessionMaxAge: most }: SessionConfig): number {
  if (sessionMaxAge === undefined) return most;
  if (!Number.isSafeInteger(sessionMaxAge) || sessionMaxAge <= 0 || sessionMaxAge > MAX_AGE_SECONDS)
    throw new TypeError(`sessionMaxAge must be a whole number of seconds from 1 to ${MAX_AGE_SECONDS}`);
  if (sessionMaxAge > most)
    throw new TypeError(`sessionMaxAge must not be more than the manager's, which is ${most} seconds`);
  return sessionMaxAge;
}

function kindOf(target: unknown): "token" | "session" | "subject" {
  const keys = typeof target === "object" && target !== null ? Object.keys(target) : [];
  const [kind] = keys;
  if (keys.length !== 1 || (kind !== "token" && kind !== "session" && kind !== "subject"))
    throw new TypeError("revoke takes exactly one of { token }, { session } and { subject }");
  const value = (target as Record<string, unknown>)[kind];
  if (kind === "subject") checkSought(value);
  else if (typeof value !== "string" || value === "")
    throw new TypeError(`revoke: ${kind} must be a string that is not empty`);
  else if (kind === "session") checkStorable("revoke: session", value);
  return kind;
}

// Without the limit of a new session: an earlier version may have begun one with a longer subject.
function checkSought(subject: unknown): void {
  checkSubject(subject);
  checkStorable("The subject of a session", String(subject));
}

async function refuseAll(): Promise<never> {
  throw new MissingConfigError("sessions", undefined, STORE_REMEDY);
}
