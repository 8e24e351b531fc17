/** Checks at each verification that the session of the token is live. */
import { LRUCache } from "lru-cache";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { SessionConfig } from "../config/session-options.ts";
import type { Emit } from "../events.ts";
import { areFormerKeys } from "../issuers/former-issuers.ts";
import { MissingRequiredClaimError, RevokedTokenError } from "../jwt/errors.ts";
import { isAlive, refreshStateOf } from "../stores/refresh-state.ts";
import { tagIn } from "../stores/session-id.ts";
import type { StoreAccess } from "../stores/store-access.ts";
import type { JWT } from "../tokens/token.ts";
import type { TokenContent } from "../tokens/token-content.ts";
import { isPromise, type MaybePromise, promisesAreShared } from "../util/promises/maybe-promise.ts";
import { refreshReference, sessionEnded, storableId } from "./refresh-reference.ts";

/** The check of sessions for the verifier, with its cache. */
export interface SessionCheck {
  /**
   * Accepts a token of a live session, synchronously if the answer is cached. `request` presents
   * the token. Throws or rejects with `RevokedTokenError` (`TOKEN_REVOKED`, `TOKEN_REUSED`),
   * `MissingRequiredClaimError`, `SessionStoreError` or the `TypeError` for misuse of the store.
   */
  check(token: JWT, request?: Presenter): MaybePromise<void>;
  /** Whether the cache says that the session has ended. Calls no store. */
  isKnownToHaveEnded(token: JWT): boolean;
  /**
   * Seconds after which a stream must check its token again; `Infinity` if sessions are not
   * checked.
   */
  readonly interval: number;
  /**
   * Ends the session of a reused refresh token, emits the event, and returns the refusal.
   */
  endReused(token: JWT, sid: string, access: StoreAccess): Promise<RevokedTokenError>;
  /** Marks sessions as ended in the cache. */
  markEnded(ids: readonly string[]): void;
  /** Forgets live sessions whose ids have this tag, because they may have ended. */
  forgetTag(tag: string): void;
}

/** A request that presents a token. */
export interface Presenter {
  /**
   * Whether the request itself has replaced the refresh token. Waits for a refresh that is running.
   */
  wasRotated(token: string): Promise<boolean>;
  /**
   * The running verifications of its connection. All operations of the connection share them.
   */
  readonly running?: Map<string, Promise<TokenContent>> | undefined;
}

/** The check of a manager without sessions. It accepts every token. */
export const NO_SESSIONS: SessionCheck = Object.freeze({
  check: () => undefined,
  isKnownToHaveEnded: () => false,
  endReused: async () => sessionEnded(),
  interval: Number.POSITIVE_INFINITY,
  markEnded: () => undefined,
  forgetTag: () => undefined,
});

interface Known {
  readonly stands: boolean;
  readonly at: number;
}

const MAX_KNOWN = 10_000;

/** Creates a check with its own cache. */
export function createSessionCheck(
  config: ResolvedConfig,
  sessions: SessionConfig,
  store: StoreAccess,
  emit: Emit,
): SessionCheck {
  const { now } = config;
  const { sessionCheck, sessionCheckTtl, refreshGrace } = sessions;
  const known = new LRUCache<string, Known>({ max: MAX_KNOWN });
  const asking = new Map<string, Promise<boolean>>();

  const recall = (sid: string): boolean | undefined => {
    const answer = known.get(sid);
    // A clock that was set back must not extend the life of an answer.
    return answer && now() >= answer.at && now() - answer.at < sessionCheckTtl ? answer.stands : undefined;
  };

  const ask = (sid: string): Promise<boolean> => {
    const before = promisesAreShared() && sessionCheckTtl > 0 ? asking.get(sid) : undefined;
    if (before) return before;
    const at = now();
    const mine = store.find(sid).then(
      (record) => {
        const stands = isAlive(record, now());
        // An answer from before the end of the session in this process must not be cached.
        if (asking.get(sid) === mine) {
          asking.delete(sid);
          known.set(sid, { stands, at });
        }
        return stands;
      },
      (error: unknown) => {
        if (asking.get(sid) === mine) asking.delete(sid);
        throw error;
      },
    );
    asking.set(sid, mine);
    return mine;
  };

  const checkAuth = (token: JWT): MaybePromise<void> => {
    if (sessionCheck === "refresh") return;
    const { sid } = token.claims;
    if (typeof sid !== "string") throw new MissingRequiredClaimError("sid");
    const stands = recall(sid) ?? ask(storableId(sid, "sid"));
    return isPromise(stands) ? stands.then(refuseEnded) : refuseEnded(stands);
  };

  const checkRefresh = async (token: JWT, request: Presenter | undefined): Promise<void> => {
    const { sid, rid, isAdopted } = await refreshReference(token, sessions);
    const record = await store.find(sid);
    // An adopted token is valid until its first refresh creates the session.
    if (isAdopted && record === null) return;
    const state = refreshStateOf(record, rid, { now: now(), grace: refreshGrace });
    if (state === "ended") throw sessionEnded();
    if (state === "reused" && !(await request?.wasRotated(token.signed))) {
      throw await check.endReused(token, sid, store);
    }
  };

  const { own } = config;
  const isOwn = (token: JWT): boolean => {
    const keys = token["~content"]?.standing?.keys;
    return keys === own?.keys || (own !== undefined && areFormerKeys(own, keys));
  };

  const check: SessionCheck = {
    check(token, request) {
      // A token of another issuer has no session here.
      if (!isOwn(token)) return undefined;
      return token.tokenType === "refresh" ? checkRefresh(token, request) : checkAuth(token);
    },
    isKnownToHaveEnded: (token) =>
      sessionCheck === "always" && isOwn(token) && recall(String(token.claims.sid)) === false,
    interval: sessionCheck === "always" ? sessionCheckTtl : Number.POSITIVE_INFINITY,
    async endReused(token, sid, access) {
      await access.end(sid);
      check.markEnded([sid]);
      emit({ type: "reused", subject: token.sub, sid });
      return new RevokedTokenError("The refresh token was used already, and its session has ended", {
        reason: "TOKEN_REUSED",
      });
    },
    markEnded(ids) {
      for (const sid of ids) {
        known.set(sid, { stands: false, at: now() });
        asking.delete(sid);
      }
    },
    forgetTag(tag) {
      const isOf = (sid: string): boolean => tagIn(sid) === tag;
      for (const [sid, { stands }] of known.entries()) if (stands && isOf(sid)) known.delete(sid);
      for (const sid of asking.keys()) if (isOf(sid)) asking.delete(sid);
    },
  };
  return check;
}

function refuseEnded(stands: boolean): void {
  if (!stands) throw sessionEnded();
}
