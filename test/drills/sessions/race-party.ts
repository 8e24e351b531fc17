/** A participant of the race drill, in this process or in a worker's. */
import { AuthManager, isAuthError, type SessionStore } from "claimgate";

const ISSUER = "https://drill.example";
const SECRET = "the secret that both processes of the race share";

/** The result of a refresh: the claims of the new refresh token, or the refusal. */
export type Outcome = Successor | Refused;

/** The tokens of a refresh. */
export interface Successor {
  readonly token: string;
  readonly authToken: string;
  readonly sid: string;
  readonly rid: string;
  readonly iat: number;
  readonly exp: number;
}

/** A refusal, such as `"401 TOKEN_REUSED"`. */
export interface Refused {
  readonly refused: string;
}

/** The settings of the managers of a race. */
export interface RaceOptions {
  /** Seconds; absent for the default. */
  readonly refreshGrace?: number;
}

/** A manager, and the events of its refreshes. */
export interface Party {
  readonly auth: AuthManager;
  refresh(token: string): Promise<Outcome>;
  /** Presents the token `count` times concurrently. */
  refreshMany(token: string, count: number): Promise<Outcome[]>;
  /** The number of events about a rotation, and about its repetition. */
  counts(): { readonly rotations: number; readonly repetitions: number };
}

/** A manager of the race on `store`. */
export function createParty(store: SessionStore, options: RaceOptions): Party {
  let rotations = 0;
  let repetitions = 0;
  const auth = new AuthManager({
    issuer: ISSUER,
    algorithm: "HS256",
    secret: SECRET,
    sessions: store,
    // Long, because the drill is about races: a busy machine is not an outage.
    storeTimeout: 30,
    ...options,
    onEvent(event) {
      if (event.type !== "refreshed") return;
      if (event.repeated) repetitions++;
      else rotations++;
    },
  });
  const refresh = async (token: string): Promise<Outcome> => {
    try {
      const { authToken, refreshToken } = await auth.refresh(token);
      return { token: refreshToken, authToken, ...readReference(refreshToken) };
    } catch (error) {
      if (!isAuthError(error)) throw error;
      return { refused: `${error.status} ${error.reason}` };
    }
  };
  return {
    auth,
    refresh,
    refreshMany: (token, count) => Promise.all(Array.from({ length: count }, () => refresh(token))),
    counts: () => ({ rotations, repetitions }),
  };
}

/** The claims of a refresh token that identify it. */
export function readReference(token: string): Pick<Successor, "sid" | "rid" | "iat" | "exp"> {
  const { sid, rid, iat, exp } = AuthManager.convertToken(token).claims;
  return { sid: String(sid), rid: String(rid), iat, exp };
}

/** Whether a refresh returned tokens. */
export function isSuccessor(outcome: Outcome): outcome is Successor {
  return "token" in outcome;
}
