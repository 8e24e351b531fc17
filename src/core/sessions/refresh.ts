/** What `refresh` does: the live refresh token is replaced, and its successor given to whoever may have it. */
import { type IssueRights, withoutRights } from "../auth/ask-authorize.ts";
import { type RefreshReference, refreshReference, sessionEnded } from "../auth/refresh-reference.ts";
import type { SessionCheck } from "../auth/session-check.ts";
import type { Verifier } from "../auth/verifier.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { SessionConfig } from "../config/session-options.ts";
import type { Emit } from "../events.ts";
import { graceLeft, refreshStateOf } from "../stores/refresh-state.ts";
import { makeRandomId } from "../stores/session-id.ts";
import type { SessionRecord } from "../stores/session-store.ts";
import type { CallAccess, StoreAccess } from "../stores/store-access.ts";
import { SessionStoreError } from "../stores/store-error.ts";
import type { JWT } from "../tokens/token.ts";
import { adopt, nextRotation } from "./records.ts";
import { askRights, type CheckTokens, grantedRights, issuePair, type SessionTokens } from "./token-pair.ts";

/** What sessions are made from. */
export interface SessionParts {
  readonly config: ResolvedConfig;
  readonly sessions: SessionConfig;
  readonly store: StoreAccess;
  readonly verifier: Verifier;
  readonly check: SessionCheck;
  readonly emit: Emit;
}

/** Ends one session, and tells of it. */
export type EndSession = (sid: string, subject: string | null, access: StoreAccess) => Promise<void>;

// Each turn begins with another's success: with so many at once the store does not do what it says.
const MAX_TURNS = 100;

/**
 * Renews the session of a refresh token. Rejects with token errors, refusals of `authorize`, or
 * `SessionStoreError`.
 */
export function createRefresh(
  parts: SessionParts,
  endSession: EndSession,
): (text: string, checkTokens?: CheckTokens) => Promise<SessionTokens> {
  const { config, sessions, store, verifier, check, emit } = parts;
  const { now } = config;
  const { refreshGrace: grace } = sessions;

  /**
   * The session that was found, or that the token founds. Rejects where the token counts no more; a
   * reuse ends the session.
   */
  const judge = async (found: SessionRecord | null, presented: Presented): Promise<SessionRecord> => {
    const { token, reference, call } = presented;
    const record = found ?? (reference.isAdopted ? adopt(token, reference, config, sessions) : null);
    const state = refreshStateOf(record, reference.rid, { now: now(), grace });
    if (record === null || state === "ended") throw sessionEnded();
    if (state === "reused") {
      throw await check.endReused(token, record.id, call);
    }
    return record;
  };

  /**
   * What `authorize` says. Nothing is written before, so that what it does not say changes nothing.
   */
  const askFirst = async (presented: Presented): Promise<IssueRights> => {
    const { token, reference, call } = presented;
    const found = await call.find(reference.sid);
    const record = await judge(found, presented);
    const rights = await askRights(config, record, emit, call);
    if (rights !== null) return rights;
    // What another made of the token meanwhile ends too.
    if (found || !(await call.create({ ...record, ended: true }))) await endSession(record.id, token.sub, call);
    throw withoutRights();
  };

  /**
   * Whether the live token may be given to who presented the one before: to one of them, and within
   * the grace to the others by another way. What was replaced without an answer is claimed by who
   * comes back for it, so that a rotation nobody heard of is no reuse.
   */
  const claim = (record: SessionRecord, call: CallAccess): Promise<boolean> => {
    const claimBy = (access: StoreAccess): Promise<boolean> =>
      // The access has told of the failure. The rotation itself is known to have happened: to say
      // 503 now could lose the only token that counts.
      access.claim(record.id, record.version, makeRandomId()).catch(() => true);
    if (graceLeft(record, { now: now(), grace }) <= config.storeTimeout) return claimBy(call);
    // Until the grace is over a claim tells nobody apart, and by then this one has happened, or
    // never will: so nobody waits for it.
    void claimBy(store);
    return Promise.resolve(true);
  };

  return async (text, checkTokens) => {
    const token = await verifier.read(text, { type: "refresh" });
    const reference = await refreshReference(token, sessions);
    const call = store.forCall();
    const presented = { token, reference, call };
    const asked = config.authorizeIssue && (await askFirst(presented));
    const next = nextRotation(config);
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const found = await call.rotate(reference.sid, reference.rid, next);
      const record = await judge(found, presented);
      // Live still, and not replaced: by the time that the store was told, the session had expired.
      if (record.rid === reference.rid) continue;
      // A rotation whose tokens cannot be signed, or cannot reach the caller, is left unclaimed,
      // which is no reuse: the token before it counts as it did.
      const tokens = await issuePair(config, record, asked ?? grantedRights(record));
      checkTokens?.(tokens);
      if (!found && !(await call.create(record))) continue;
      if (record.claimedBy === null && !(await claim(record, call))) continue;
      emit(
        found
          ? { type: "refreshed", subject: token.sub, sid: record.id, repeated: record.rid !== next.rid }
          : { type: "issued", subject: token.sub, sid: record.id, tokens: "pair" },
      );
      return tokens;
    }
    throw new SessionStoreError("The session changed each time it was looked at");
  };
}

/** A refresh token, and the call it is presented in. */
interface Presented {
  readonly token: JWT;
  readonly reference: RefreshReference;
  readonly call: CallAccess;
}
