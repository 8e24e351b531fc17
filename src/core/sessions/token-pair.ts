/** Issues the tokens of a session with its rights. */

import { askForIssue, type IssueRights } from "../auth/ask-authorize.ts";
import { issueToken } from "../auth/issue-token.ts";
import type { ResolvedConfig } from "../config/resolve-config.ts";
import type { Emit } from "../events.ts";
import type { SessionRecord } from "../stores/session-store.ts";
import type { CallAccess } from "../stores/store-access.ts";
import type { MaybePromise } from "../util/promises/maybe-promise.ts";

/**
 * The tokens of a session, with their lifetimes.
 * @see RFC 6749, section 5.1
 */
export interface TokenPair {
  /** The signed auth token. */
  readonly authToken: string;
  /** The signed refresh token. */
  readonly refreshToken: string;
  /** Seconds that the auth token lives. */
  readonly expiresIn: number;
  /** Seconds that the refresh token lives. */
  readonly refreshExpiresIn: number;
}

/** The tokens of a session for delivery. */
export interface SessionTokens {
  readonly pair: TokenPair;
  /** Whether the cookies outlive the browser's session. */
  readonly remember: boolean;
}

/**
 * Throws for tokens that cannot reach the caller, before a session begins or a token is claimed.
 */
export type CheckTokens = (tokens: SessionTokens) => void;

/** The rights that the login granted. */
export function grantedRights({ grant: { scope, claims = {} } }: SessionRecord): IssueRights {
  return { scope, claims };
}

/** The current rights of the subject, from `authorize` or else from the login. */
export async function askRights(
  config: ResolvedConfig,
  record: SessionRecord,
  emit: Emit,
  call: CallAccess,
): Promise<IssueRights | null> {
  const { scope, claims } = grantedRights(record);
  if (!config.authorizeIssue) return { scope, claims };
  return askForIssue(config, config.authorizeIssue, emit, {
    subject: String(record.subject),
    held: { sid: record.id, scope, claims },
    timeoutMs: call.remainingMs(),
  });
}

/** The auth token of a session, and the seconds that it lives. */
export interface IssuedAuth {
  readonly signed: string;
  readonly expiresIn: number;
}

/** Signs an auth token of the session with these rights. */
export async function issueAuth(
  config: ResolvedConfig,
  { id: sid, subject, endsAt }: SessionRecord,
  rights: IssueRights,
): Promise<IssuedAuth> {
  const { scope, claims, maxAge = config.own?.authMaxAge ?? 0 } = rights;
  const iat = Math.floor(config.now());
  const exp = Math.min(iat + maxAge, endsAt ?? Number.POSITIVE_INFINITY);
  const { signed } = await issueToken(config, "auth", subject, { scope, claims, maxAge }, { sid, iat, exp });
  return { signed, expiresIn: exp - iat };
}

/** Signs the refresh token of the session, and returns it with the auth token. */
export async function issuePair(
  config: ResolvedConfig,
  { id: sid, rid, subject, issuedAt, expiresAt, remember }: SessionRecord,
  auth: MaybePromise<IssuedAuth>,
): Promise<SessionTokens> {
  const iat = Math.floor(config.now());
  const [{ signed, expiresIn }, refresh] = await Promise.all([
    auth,
    issueToken(config, "refresh", subject, {}, { sid, rid, iat: issuedAt, exp: expiresAt }),
  ]);
  const refreshExpiresIn = Math.max(0, expiresAt - iat);
  return { pair: { authToken: signed, refreshToken: refresh.signed, expiresIn, refreshExpiresIn }, remember };
}
