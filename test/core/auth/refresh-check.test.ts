/** The session look-up of refresh tokens outside of a refresh: current, adopted, reused. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { flaskToken, openBench, sidOf } from "../sessions/support.ts";

watchRejections();

const REFRESH = { type: "refresh" } as const;

describe("a refresh token that is to be adopted", () => {
  it("is valid until its first refresh starts its session, and follows that session then", async () => {
    const { auth, clock } = openBench({ adoptRefresh: true });
    const token = flaskToken();
    for (let use = 0; use < 2; use++) expect(await outcomeOf(auth.verify(token, REFRESH))).toBe("allowed");
    const next = await auth.refresh(token);
    expect(await outcomeOf(auth.verify(token, REFRESH))).toBe("allowed");
    expect(await outcomeOf(auth.verify(next.refreshToken, REFRESH))).toBe("allowed");
    clock.advance(10);
    expect(await outcomeOf(auth.verify(token, REFRESH))).toBe("TOKEN_REUSED");
    expect(await outcomeOf(auth.verify(next.refreshToken, REFRESH))).toBe("TOKEN_REVOKED");
  });

  it("is rejected once its session has ended", async () => {
    const { auth } = openBench({ adoptRefresh: true });
    const token = flaskToken();
    const { refreshToken } = await auth.refresh(token);
    await auth.revoke({ session: sidOf(refreshToken) });
    expect(await outcomeOf(auth.verify(token, REFRESH))).toBe("TOKEN_REVOKED");
  });
});

describe("a refresh token of a session", () => {
  it("is rejected when the store does not know its session, also by a manager that adopts", async () => {
    for (const config of [{}, { adoptRefresh: true }]) {
      const { refreshToken } = await openBench(config).auth.login("ada");
      const { auth } = openBench(config);
      expect(await outcomeOf(auth.verify(refreshToken, REFRESH))).toBe("TOKEN_REVOKED");
    }
  });

  it("that was used already is rejected with that reason in words, and ends its session", async () => {
    const { auth, clock, events } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    clock.advance(10);
    expect(await refusalOf(auth.verify(refreshToken, REFRESH))).toMatchObject({
      name: "RevokedTokenError",
      reason: "TOKEN_REUSED",
      message: "The refresh token was used already, and its session has ended",
    });
    expect(events.at(-1)).toMatchObject({ type: "reused", subject: "ada", sid: sidOf(refreshToken) });
    expect(await auth.sessions("ada")).toEqual([]);
  });
});
