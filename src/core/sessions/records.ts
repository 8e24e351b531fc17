/** Records of sessions as they begin and go on. */

import type { RefreshReference } from "../auth/refresh-reference.ts";
import { type ResolvedConfig, requireOwn } from "../config/resolve-config.ts";
import type { SessionConfig } from "../config/session-options.ts";
import { makeRandomId } from "../stores/session-id.ts";
import type { SessionRecord, SessionRotation } from "../stores/session-store.ts";
import type { JWT } from "../tokens/token.ts";

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
    remember: true,
    createdAt: issuedAt,
    endsAt,
    reservedUntil: null,
    ended: false,
  };
}

/** The refresh token that a session is to have next. */
export function nextRotation(config: ResolvedConfig): SessionRotation {
  const replacedAt = config.now();
  const issuedAt = Math.floor(replacedAt);
  return { rid: makeRandomId(), issuedAt, expiresAt: issuedAt + requireOwn(config).refreshMaxAge, replacedAt };
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

/** When a new session and its refresh token begin and end. `sessionMaxAge` is in seconds. */
export function readTimes(config: ResolvedConfig, { sessionMaxAge }: Pick<SessionConfig, "sessionMaxAge">): Times {
  const issuedAt = Math.floor(config.now());
  const endsAt = Number.isFinite(sessionMaxAge) ? issuedAt + sessionMaxAge : null;
  const expiresAt = Math.min(issuedAt + requireOwn(config).refreshMaxAge, endsAt ?? Number.POSITIVE_INFINITY);
  return { issuedAt, expiresAt, endsAt };
}
