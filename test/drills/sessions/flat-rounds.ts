/** The rounds of the flatness drills: a login, a refresh, and one of the ways in which a session goes. */
import { AuthManager, isAuthError, type SessionStore } from "claimgate";

/** Rounds on a manager. */
export interface Rounds {
  /**
   * One of them. `"lapsed"`: a token expired before the round was over, as can happen by a real
   * clock.
   */
  play(round: number): Promise<"whole" | "lapsed">;
}

/** How they are played. */
export interface RoundOptions {
  /** The time in seconds. Default: the real one. */
  readonly now?: () => number;
  /** Seconds that a session lives unless it is refreshed. */
  readonly lifetime: number;
}

/** Rounds on `store`, of subjects of which some come again and again, and others once. */
export function createRounds(store: SessionStore, { now, lifetime }: RoundOptions): Rounds {
  const auth = new AuthManager({
    issuer: "https://drill.example",
    algorithm: "HS256",
    secret: "the secret of many rounds of login and refresh",
    sessions: store,
    refreshGrace: 0,
    refreshMaxAge: lifetime,
    // Else it fills up with verified tokens for ten thousand rounds, which is not what is measured.
    cache: { max: 100 },
    adoptRefresh: true,
    storeTimeout: 30,
    ...(now ? { now } : {}),
  });

  const reuse = async (token: string): Promise<void> => {
    const error = await auth.refresh(token).then(
      () => new Error("A token that was used already was let in"),
      (refused: unknown) => refused,
    );
    if (!isAuthError(error) || error.reason !== "TOKEN_REUSED") throw error;
  };

  const playWhole = async (round: number): Promise<void> => {
    const subject = round % 2 === 0 ? "regular" : `visitor-${round}`;
    const { refreshToken } = await auth.login(subject, { claims: { round }, label: "a device of some length" });
    const next = await auth.refresh(refreshToken);
    await auth.verify(next.authToken);
    // By turns it expires, which half of them do, or ends as sessions do.
    const way = round % 10;
    if (way === 2) await auth.revoke({ token: next.refreshToken });
    if (way === 3) await reuse(refreshToken);
    if (way === 4 || way === 5) {
      // A session that is made of a token, and whose id is kept for as long as that token lives.
      const { refreshToken: made } = await auth.refresh(await auth.refreshToken(subject));
      if (way === 5) await auth.revoke({ token: made });
    }
    if (way === 7) await auth.revoke({ subject });
  };

  return {
    async play(round) {
      try {
        await playWhole(round);
        return "whole";
      } catch (error) {
        if (!isAuthError(error) || !["TOKEN_EXPIRED", "TOKEN_REVOKED"].includes(error.reason)) throw error;
        return "lapsed";
      }
    },
  };
}
