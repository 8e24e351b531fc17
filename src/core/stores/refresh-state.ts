/** What a session's record says of a refresh token that is presented. */
import type { SessionRecord } from "./session-store.ts";

/**
 * `live`: the session's own. `unclaimed`: replaced by one that nobody is known to have been given,
 * so it still counts. `replaced`: replaced within the grace. `reused`: superseded. `ended`: of no
 * session (any more).
 */
export type RefreshState = "live" | "unclaimed" | "replaced" | "reused" | "ended";

/** How the refresh token `rid` stands; `now` and `grace` are in seconds. */
export function refreshStateOf(
  record: SessionRecord | null,
  rid: string,
  { now, grace }: { readonly now: number; readonly grace: number },
): RefreshState {
  if (!isAlive(record, now)) return "ended";
  if (record.rid === rid) return "live";
  const { previous, claimedBy } = record;
  if (previous?.rid !== rid) return "reused";
  if (claimedBy === null) return "unclaimed";
  return graceLeft(record, { now, grace }) > 0 ? "replaced" : "reused";
}

/**
 * Seconds that are left of the grace in which the token before the live one still counts; 0 or less
 * where it is over. A replacement in the future, by the clock of another server, is as far away as
 * one in the past: the grace is no longer for a clock that is ahead.
 */
export function graceLeft(
  { previous }: SessionRecord,
  { now, grace }: { readonly now: number; readonly grace: number },
): number {
  return previous === null ? 0 : grace - Math.abs(now - previous.replacedAt);
}

/** Whether the session has neither ended nor expired. */
export function isAlive(record: SessionRecord | null, now: number): record is SessionRecord {
  return record !== null && !record.ended && now < record.expiresAt;
}
