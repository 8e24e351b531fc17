/** Records of sessions as they begin and go on. */
import type { ResolvedConfig } from "./config.ts";
import type { RefreshReference } from "./session-check.ts";
import type { SessionConfig } from "./session-config.ts";
import { makeRandomId } from "./sessions/session-id.ts";
import type { SessionRecord } from "./sessions/store.ts";
import type { JWT } from "./token.ts";

/** A new session, which grants nothing yet. */
export function newRecord(id: string, subject: string | number, { issuedAt, expiresAt, endsAt }: Times): SessionRecord {
  return {
    id,
    subject,
    version: 1,
    rid: makeRandomId(),
    issuedAt,
    expiresAt,
    previous: null,
    claimedBy: "login",
    grant: {},
    label: null,
    createdAt: issuedAt,
    endsAt,
    reservedUntil: null,
    ended: false,
  };
}

/** The session with its next refresh token, which nobody has claimed yet. */
export function rotate(record: SessionRecord, config: ResolvedConfig, sessions: SessionConfig): SessionRecord {
  const { issuedAt, expiresAt } = readTimes(config, sessions, record);
  return {
    ...record,
    version: record.version + 1,
    rid: makeRandomId(),
    issuedAt,
    expiresAt,
    previous: { rid: record.rid, replacedAt: config.now() },
    claimedBy: null,
  };
}

/** The session that a refresh token without `sid` founds: the token is its first predecessor. */
export function adopt(
  token: JWT,
  { sid, rid }: RefreshReference,
  config: ResolvedConfig,
  sessions: SessionConfig,
): SessionRecord {
  return {
    ...newRecord(sid, token.claims.sub, readTimes(config, sessions)),
    previous: { rid, replacedAt: config.now() },
    claimedBy: null,
    reservedUntil: token.exp + config.leeway,
  };
}

/** When a refresh token begins and ends, and when its session does. */
export interface Times {
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly endsAt: number | null;
}

/** When the next refresh token begins and ends. */
export function readTimes(config: ResolvedConfig, { sessionMaxAge }: SessionConfig, before?: SessionRecord): Times {
  const issuedAt = Math.floor(config.now());
  const endsAt = before ? before.endsAt : Number.isFinite(sessionMaxAge) ? issuedAt + sessionMaxAge : null;
  const expiresAt = Math.min(issuedAt + (config.own?.refreshMaxAge ?? 0), endsAt ?? Number.POSITIVE_INFINITY);
  return { issuedAt, expiresAt, endsAt };
}
