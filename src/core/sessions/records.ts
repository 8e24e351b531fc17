/** Creates the records of new sessions and of rotations. */

import type { RefreshReference } from "../auth/refresh-reference.ts";
import { type ResolvedConfig, requireOwn } from "../config/resolve-config.ts";
import type { SessionConfig } from "../config/session-options.ts";
import { makeRandomId } from "../stores/session-id.ts";
import type { SessionRecord, SessionRotation } from "../stores/session-store.ts";
import type { JWT } from "../tokens/token.ts";

/** The record of a new session, with an empty grant. */
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

/** The next refresh token of a session. */
export function nextRotation(config: ResolvedConfig): SessionRotation {
  const replacedAt = config.now();
  const issuedAt = Math.floor(replacedAt);
  return { rid: makeRandomId(), issuedAt, expiresAt: issuedAt + requireOwn(config).refreshMaxAge, replacedAt };
}

/** The session of a refresh token without `sid`. The token counts as its previous token. */
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

/** The times of a refresh token and of its session. */
export interface Times {
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly endsAt: number | null;
}

/** The times of a new session and of its refresh token. `sessionMaxAge` is in seconds. */
export function readTimes(config: ResolvedConfig, { sessionMaxAge }: Pick<SessionConfig, "sessionMaxAge">): Times {
  const issuedAt = Math.floor(config.now());
  const endsAt = Number.isFinite(sessionMaxAge) ? issuedAt + sessionMaxAge : null;
  const expiresAt = Math.min(issuedAt + requireOwn(config).refreshMaxAge, endsAt ?? Number.POSITIVE_INFINITY);
  return { issuedAt, expiresAt, endsAt };
}
