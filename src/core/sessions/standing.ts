/** What a session's record says of a refresh token that is presented. */
import type { SessionRecord } from "./store.ts";

/**
 * `live`: the session's own. `unclaimed`: replaced by one that nobody is known to have been given, so it still counts. `replaced`: replaced
 * within the grace. `reused`: superseded. `ended`: of no session (any more).
 */
export type RefreshStanding = "live" | "unclaimed" | "replaced" | "reused" | "ended";

/** How the refresh token `rid` stands; `now` and `grace` are in seconds. */
export function standingOf(
  record: SessionRecord | null,
  rid: string,
  { now, grace }: { readonly now: number; readonly grace: number },
): RefreshStanding {
  if (!isAlive(record, now)) return "ended";
  if (record.rid === rid) return "live";
  const { previous, claimedBy } = record;
  if (previous?.rid !== rid) return "reused";
  if (claimedBy === null) return "unclaimed";
  return grace > 0 && now - previous.replacedAt < grace ? "replaced" : "reused";
}

/** Whether the session has neither ended nor expired. */
export function isAlive(record: SessionRecord | null, now: number): record is SessionRecord {
  return record !== null && !record.ended && now < record.expiresAt;
}
