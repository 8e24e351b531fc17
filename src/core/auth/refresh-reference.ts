/** Finds the session of a refresh token. */
import type { SessionConfig } from "../config/session-options.ts";
import { MissingRequiredClaimError, RevokedTokenError } from "../jwt/errors.ts";
import { adoptedSessionId } from "../stores/session-id.ts";
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
 * session that cannot be adopted.
 */
export async function refreshReference(token: JWT, { adoptRefresh }: SessionConfig): Promise<RefreshReference> {
  const { sid, rid } = token.claims;
  if (typeof rid !== "string" || rid === "") throw new MissingRequiredClaimError("rid");
  if (typeof sid === "string" && sid !== "") return { sid, rid, isAdopted: false };
  if (sid !== undefined || !adoptRefresh) throw new MissingRequiredClaimError("sid");
  return { sid: await adoptedSessionId(token.sub, rid), rid, isAdopted: true };
}

/** The refusal of a token whose session has ended. */
export function sessionEnded(): RevokedTokenError {
  return new RevokedTokenError("The token's session has ended");
}
