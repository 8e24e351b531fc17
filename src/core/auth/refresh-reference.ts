/** Finds the session of a refresh token. */
import type { SessionConfig } from "../config/session-options.ts";
import { InvalidSubjectError, InvalidTokenError, MissingRequiredClaimError, RevokedTokenError } from "../jwt/errors.ts";
import { adoptedSessionId } from "../stores/session-id.ts";
import { isStorable, isStorableSubject } from "../stores/storable.ts";
import type { JWT } from "../tokens/token.ts";

/** A session and one of its refresh tokens. */
export interface RefreshReference {
  readonly sid: string;
  readonly rid: string;
  /** Whether the session does not exist before the first refresh. */
  readonly isAdopted: boolean;
}

/**
 * The session of a refresh token. Rejects with `MissingRequiredClaimError` for a token without a
 * session that cannot be adopted, and with `CLAIM_INVALID` for texts that no session can have.
 */
export async function refreshReference(token: JWT, { adoptRefresh }: SessionConfig): Promise<RefreshReference> {
  const { sid, rid } = token.claims;
  if (typeof rid !== "string" || rid === "") throw new MissingRequiredClaimError("rid");
  storableId(rid, "rid");
  if (typeof sid === "string" && sid !== "") return { sid: storableId(sid, "sid"), rid, isAdopted: false };
  if (sid !== undefined || !adoptRefresh) throw new MissingRequiredClaimError("sid");
  if (!isStorableSubject(token.claims.sub))
    throw new InvalidSubjectError('The token\'s "sub" is too long for a session, or no text that a store can keep');
  return { sid: await adoptedSessionId(token.sub, rid), rid, isAdopted: true };
}

/**
 * The id in a claim. Throws `InvalidTokenError` (`CLAIM_INVALID`) for a text that no session has,
 * because a store would fail on it.
 */
export function storableId(id: string, claim: "sid" | "rid"): string {
  if (isStorable(id)) return id;
  throw new InvalidTokenError(`The token's "${claim}" is not an id of a session`, { reason: "CLAIM_INVALID" });
}

/** The refusal of a token whose session has ended. */
export function sessionEnded(): RevokedTokenError {
  return new RevokedTokenError("The token's session has ended");
}
