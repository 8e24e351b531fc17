/** The state of a presented refresh token, by the record of its session. */
import type { SessionRecord } from "./session-store.ts";

/**
 * The state of a refresh token.
 *
 * - `live`: the current token of the session.
 * - `unclaimed`: the previous token, still valid because no client is known to have the current
 *   one.
 * - `replaced`: the previous token, within the grace period.
 * - `reused`: an older token, or the previous one after the grace period.
 * - `ended`: the session has ended or expired, or does not exist.
 */
export type RefreshState = "live" | "unclaimed" | "replaced" | "reused" | "ended";

/** Returns the state of the refresh token `rid`. `now` and `grace` are in seconds. */
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
 * Returns the seconds left of the grace period of the previous token; 0 or less after its end. The
 * time of the replacement may lie in the future, by the clock of another server. Then its distance
 * counts as well, so that a clock that is ahead does not prolong the grace period.
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
