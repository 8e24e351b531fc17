/** Asks the store, when a token is verified, whether the token's session stands. */
import { LRUCache } from "lru-cache";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { SessionConfig } from "../config/session-options.ts";
import type { Emit } from "../events.ts";
import { MissingRequiredClaimError, RevokedTokenError } from "../jwt/errors.ts";
import { isAlive, refreshStateOf } from "../stores/refresh-state.ts";
import { tagIn } from "../stores/session-id.ts";
import type { StoreAccess } from "../stores/store-access.ts";
import type { JWT } from "../tokens/token.ts";
import type { TokenContent } from "../tokens/token-content.ts";
import { isPromise, type MaybePromise, promisesAreShared } from "../util/maybe-promise.ts";
import { refreshReference, sessionEnded } from "./refresh-reference.ts";

/** What is known of sessions while tokens are verified. */
export interface SessionCheck {
  /**
   * Lets pass a token whose session stands, at once where that is known. `request` is the one that
   * presents it. Throws or rejects with `RevokedTokenError` (`TOKEN_REVOKED`, `TOKEN_REUSED`),
   * `MissingRequiredClaimError` or `SessionStoreError`.
   */
  check(token: JWT, request?: Presenter): MaybePromise<void>;
  /** Whether the token's session is known to have ended. Asks nobody. */
  isKnownToHaveEnded(token: JWT): boolean;
  /**
   * Seconds after which a token is worth checking again; `Infinity` where nothing is checked
   * between.
   */
  readonly interval: number;
  /**
   * Ends the session of a superseded refresh token that was presented, reports the reuse, and gives
   * the refusal.
   */
  endReused(token: JWT, sid: string, access: StoreAccess): Promise<RevokedTokenError>;
  /** These sessions have ended: what was known of them is no longer true. */
  markEnded(ids: readonly string[]): void;
  /** Sessions whose ids have this tag may have ended: each is asked about again. */
  forgetTag(tag: string): void;
}

/** A request that presents a token. */
export interface Presenter {
  /**
   * Whether it has replaced the refresh token itself: asked last, as it may be doing that at the
   * moment.
   */
  wasRotated(token: string): Promise<boolean>;
  /**
   * The verifications that have begun on its connection: its operations, which are requests of
   * their own, share them.
   */
  readonly running?: Map<string, Promise<TokenContent>> | undefined;
}

/** What a manager without sessions checks: nothing. */
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

/** A check with a memory of its own. */
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
    // A clock that was put back makes nothing fresh.
    return answer && now() >= answer.at && now() - answer.at < sessionCheckTtl ? answer.stands : undefined;
  };

  const ask = (sid: string): Promise<boolean> => {
    const before = promisesAreShared() && sessionCheckTtl > 0 ? asking.get(sid) : undefined;
    if (before) return before;
    const at = now();
    const mine = store.find(sid).then(
      (record) => {
        const stands = isAlive(record, now());
        // One that was asked before the session ended here must not be believed afterwards.
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
    const stands = recall(sid) ?? ask(sid);
    return isPromise(stands) ? stands.then(refuseEnded) : refuseEnded(stands);
  };

  const checkRefresh = async (token: JWT, request: Presenter | undefined): Promise<void> => {
    const { sid, rid, isAdopted } = await refreshReference(token, sessions);
    const record = await store.find(sid);
    // Not made yet: the token stands for itself.
    if (isAdopted && record === null) return;
    const state = refreshStateOf(record, rid, { now: now(), grace: refreshGrace });
    if (state === "ended") throw sessionEnded();
    if (state === "reused" && !(await request?.wasRotated(token.signed))) {
      throw await check.endReused(token, sid, store);
    }
  };

  const isOwn = (token: JWT): boolean => token["~content"]?.standing?.keys === config.own?.keys;

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
