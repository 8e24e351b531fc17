/** Chooses among several refresh tokens of one browser. Looks them up without presenting them. */

import { refreshReference } from "../auth/refresh-reference.ts";
import { isFinal } from "../auth/token-text.ts";
import { refusal } from "../errors.ts";
import {
  type InvalidTokenError,
  isKeysError,
  isTokenError,
  type JWKSClientError,
  RevokedTokenError,
} from "../jwt/errors.ts";
import { refreshStateOf } from "../stores/refresh-state.ts";
import type { CallAccess } from "../stores/store-access.ts";
import type { SessionParts } from "./refresh.ts";

/** A token after the look-up: its live session, or its error. `isLive`: it is the current token. */
type Candidate =
  | { readonly token: string; readonly sid: string; readonly isLive: boolean }
  | { readonly token: string; readonly error: InvalidTokenError | JWKSClientError; readonly isReused: boolean };

/** The refresh tokens to present, or the reason for presenting none. */
export type Choice =
  | { readonly tokens: readonly string[] }
  | {
      readonly error: InvalidTokenError | JWKSClientError;
      /** Whether no token can ever become valid again. */
      readonly areFinal: boolean;
    };

// Any caller can forge a token with another reason, beside a token that was reused.
const MAY_LIVE: readonly string[] = ["TOKEN_NOT_YET_VALID", "KEYS_UNAVAILABLE"];

/**
 * Finds the tokens to present: the token of the live session, or else all reused tokens. Without
 * either, returns the error of a token that could become valid, or of the first.
 *
 * Rejects with `CREDENTIALS_AMBIGUOUS` for several live sessions, and with `SessionStoreError`.
 */
export function createChoice({
  config,
  sessions,
  store,
  verifier,
}: SessionParts): (tokens: readonly string[]) => Promise<Choice> {
  const { now } = config;

  const lookUp = async (token: string, call: CallAccess): Promise<Candidate> => {
    try {
      verifier.checkCookie(token);
      const { sid, rid, isAdopted } = await refreshReference(await verifier.read(token, { type: "refresh" }), sessions);
      const record = await call.find(sid);
      // The token creates its session when it is presented.
      if (record === null && isAdopted) return { token, sid, isLive: true };
      const state = refreshStateOf(record, rid, { now: now(), grace: sessions.refreshGrace });
      if (state === "live" || state === "unclaimed" || state === "replaced")
        return { token, sid, isLive: state === "live" };
      const error = new RevokedTokenError("The token's session has ended, or has another token");
      return { token, error, isReused: state === "reused" };
    } catch (error) {
      if (!isTokenError(error) && !isKeysError(error)) throw error;
      return { token, error, isReused: false };
    }
  };

  return async (tokens) => {
    const call = store.forCall();
    const candidates = await Promise.all(tokens.map((token) => lookUp(token, call)));
    const living = candidates.flatMap((candidate) => ("sid" in candidate ? candidate : []));
    if (new Set(living.map(({ sid }) => sid)).size > 1) throw refusal("CREDENTIALS_AMBIGUOUS");
    const chosen = living.find(({ isLive }) => isLive) ?? living[0];
    if (chosen) return { tokens: [chosen.token] };
    const refused = candidates.flatMap((candidate) => ("error" in candidate ? candidate : []));
    // Present reused tokens also beside invalid ones, which a sibling host may have set.
    const reused = refused.filter(({ isReused }) => isReused);
    if (reused.length > 0 && !refused.some(({ error }) => MAY_LIVE.includes(error.reason)))
      return { tokens: reused.map(({ token }) => token) };
    const later = refused.find(({ error, token }) => !isFinal(error.reason, token, config));
    const [first] = later ? [later] : refused;
    if (!first) throw new TypeError("There is no token to choose from");
    return { error: first.error, areFinal: !later };
  };
}
