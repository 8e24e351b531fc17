/** The rounds of the flatness drills: a login, a refresh, and one way to end the session. */
import { AuthManager, isAuthError, type SessionStore } from "claimgate";

/** Rounds on a manager. */
export interface Rounds {
  /** Runs one round. `"lapsed"`: a token expired before its end, which a real clock can cause. */
  play(round: number): Promise<"whole" | "lapsed">;
}

/** The clock and lifetime of the rounds. */
export interface RoundOptions {
  /** The current time in seconds. Default: the real time. */
  readonly now?: () => number;
  /** The lifetime of a session in seconds, without a refresh. */
  readonly lifetime: number;
}

/** Rounds on `store`: some subjects return again and again, others appear once. */
export function createRounds(store: SessionStore, { now, lifetime }: RoundOptions): Rounds {
  const auth = new AuthManager({
    issuer: "https://drill.example",
    algorithm: "HS256",
    secret: "the secret of many rounds of login and refresh",
    sessions: store,
    refreshGrace: 0,
    refreshMaxAge: lifetime,
    // A larger cache would fill up for ten thousand rounds, which this drill does not measure.
    cache: { max: 100 },
    adoptRefresh: true,
    storeTimeout: 30,
    ...(now ? { now } : {}),
  });

  const reuse = async (token: string): Promise<void> => {
    const error = await auth.refresh(token).then(
      () => new Error("A reused token was accepted"),
      (refused: unknown) => refused,
    );
    if (!isAuthError(error) || error.reason !== "TOKEN_REUSED") throw error;
  };

  const playWhole = async (round: number): Promise<void> => {
    const subject = round % 2 === 0 ? "regular" : `visitor-${round}`;
    const { refreshToken } = await auth.login(subject, { claims: { round }, label: "a device of some length" });
    const next = await auth.refresh(refreshToken);
    await auth.verify(next.authToken);
    // In half of the rounds the session expires; in the others it ends by a logout or a revocation.
    const way = round % 10;
    if (way === 2) await auth.revoke({ token: next.refreshToken });
    if (way === 3) await reuse(refreshToken);
    if (way === 4 || way === 5) {
      // A session adopted from a stateless token; the store keeps its id for the lifetime of that
      // token.
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
