/** Replaces the current refresh token of a session by the next one. */
import { withoutRights } from "../auth/ask-authorize.ts";
import { type RefreshReference, refreshReference, sessionEnded } from "../auth/refresh-reference.ts";
import type { SessionCheck } from "../auth/session-check.ts";
import type { Verifier } from "../auth/verifier.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { SessionConfig } from "../config/session-options.ts";
import type { Emit } from "../events.ts";
import { graceLeft, refreshStateOf } from "../stores/refresh-state.ts";
import type { SessionRecord } from "../stores/session-store.ts";
import type { CallAccess, StoreAccess } from "../stores/store-access.ts";
import { storeMisuse } from "../stores/store-error.ts";
import type { JWT } from "../tokens/token.ts";
import { adopt, nextRotation } from "./records.ts";
import {
  askRights,
  type CheckTokens,
  grantedRights,
  type IssuedAuth,
  issueAuth,
  issuePair,
  type SessionTokens,
} from "./token-pair.ts";

/** The parts that sessions need. */
export interface SessionParts {
  readonly config: ResolvedConfig;
  readonly sessions: SessionConfig;
  readonly store: StoreAccess;
  readonly verifier: Verifier;
  readonly check: SessionCheck;
  readonly emit: Emit;
}

/** Ends one session, and emits the event. */
export type EndSession = (sid: string, subject: string | null, access: StoreAccess) => Promise<void>;

// Another caller wins each turn. After so many turns, the store is at fault.
const MAX_TURNS = 100;

/**
 * Creates the function that renews the session of a refresh token. It rejects with token errors,
 * refusals of `authorize`, `SessionStoreError`, or the `TypeError` for misuse of the store.
 */
export function createRefresh(
  parts: SessionParts,
  endSession: EndSession,
): (text: string, checkTokens?: CheckTokens) => Promise<SessionTokens> {
  const { config, sessions, store, verifier, check, emit } = parts;
  const { now } = config;
  const { refreshGrace: grace } = sessions;

  /** The session found, or the new session of an adopted token. A reuse ends the session. */
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
   * Calls `authorize`, and signs its rights, before anything is written: a failure changes nothing.
   */
  const askFirst = async (presented: Presented): Promise<IssuedAuth> => {
    const { token, reference, call } = presented;
    const found = await call.find(reference.sid);
    const record = await judge(found, presented);
    const rights = await askRights(config, record, emit, call);
    if (rights !== null) return issueAuth(config, record, rights);
    // Another caller may have created the session meanwhile: end it too.
    if (found || !(await call.create({ ...record, ended: true }))) await endSession(record.id, token.sub, call);
    throw withoutRights();
  };

  /**
   * Whether this caller may have the current token. One caller can claim it. An unclaimed token
   * went to no caller, so that a lost answer does not count as reuse.
   */
  const claim = (record: SessionRecord, call: CallAccess): Promise<boolean> => {
    const claimBy = (access: StoreAccess): Promise<boolean> =>
      // The store access has emitted the failure. The rotation has happened, and a 503 now could
      // lose the only valid token.
      access.claim(record.id, record.version, crypto.randomUUID()).catch(() => true);
    if (graceLeft(record, { now: now(), grace }) <= config.storeTimeout) return claimBy(call);
    // A claim matters only after the grace. This one settles before that, so do not wait for it.
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
      // The token is still current: by the time of the rotation, the session had expired.
      if (record.rid === reference.rid) continue;
      // If signing or delivery fails here, the rotation stays unclaimed, and the previous token
      // stays valid.
      const tokens = await issuePair(config, record, asked ?? issueAuth(config, record, grantedRights(record)));
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
    throw storeMisuse("The session store changed the session at each attempt: check its rotate and claim operations");
  };
}

/** A refresh token and the call that presents it. */
interface Presented {
  readonly token: JWT;
  readonly reference: RefreshReference;
  readonly call: CallAccess;
}
