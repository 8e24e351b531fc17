/** Revocations take effect at once in their process, whatever `sessionCheck` has cached or asks. */
import { describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { type Bench, down, latch, openBench, REVOKED, refused, sidOf } from "../sessions/support.ts";

watchRejections();

const always = { sessionCheck: "always" } as const;

describe("a revocation", () => {
  const ways: ReadonlyArray<
    readonly [way: string, end: (bench: Bench, pair: { authToken: string; refreshToken: string }) => Promise<unknown>]
  > = [
    ["by token", ({ auth }, { authToken }) => auth.revoke({ token: authToken })],
    ["by session", ({ auth }, { authToken }) => auth.revoke({ session: sidOf(authToken) })],
    ["by subject", ({ auth }) => auth.revoke({ subject: "ada" })],
    ["by logout", ({ auth }, { authToken }) => auth.forRequest({ token: authToken }).logout()],
    [
      "by a reused refresh token",
      async ({ auth, clock }, { refreshToken }) => {
        await auth.refresh(refreshToken);
        clock.advance(10);
        return refused(auth.refresh(refreshToken));
      },
    ],
    [
      "by a guard that found a reused refresh token",
      async ({ auth, clock }, { refreshToken }) => {
        await auth.refresh(refreshToken);
        clock.advance(10);
        return refused(auth.forRequest({ token: refreshToken }).require({ type: "refresh" }));
      },
    ],
  ];

  it.each(ways)("%s takes effect at once in the same process, despite cached answers", async (_, end) => {
    const bench = openBench({ ...always, sessionCheckTtl: 600 });
    const { auth } = bench;
    const pair = await auth.login("ada");
    const bob = await auth.login("bob");
    const request = auth.forRequest({ token: pair.authToken });
    await request.require();
    await auth.verify(pair.authToken);
    await auth.verify(bob.authToken);
    await end(bench, pair);
    // No lookup is needed: the process itself ended the session.
    expect(request.token).toBeNull();
    expect(await outcomeOf(auth.verify(pair.authToken))).toBe("TOKEN_REVOKED");
    expect(await auth.verifyToken(pair.authToken)).toBe(false);
    expect(await refused(request.require())).toEqual(REVOKED);
    expect(await refused(auth.forRequest({ token: pair.authToken }).require())).toEqual(REVOKED);
    expect(await outcomeOf(auth.verify(bob.authToken))).toBe("allowed");
  });

  it("by an authorize function that returns null takes effect at once", async () => {
    let rights: object | null = {};
    const { auth } = openBench({ ...always, sessionCheckTtl: 600, authorize: () => rights });
    const { authToken, refreshToken } = await auth.login("ada");
    await auth.verify(authToken);
    rights = null;
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
  });

  it("in another process takes effect after at most sessionCheckTtl", async () => {
    const { auth, another, clock } = openBench();
    const { authToken } = await auth.login("ada");
    const elsewhere = another({ ...always, sessionCheckTtl: 5 });
    const fresh = another({ ...always, sessionCheckTtl: 5 });
    await elsewhere.verify(authToken);
    await auth.revoke({ token: authToken });
    expect(await outcomeOf(fresh.verify(authToken))).toBe("TOKEN_REVOKED");
    clock.set(NOW + 4.9);
    expect(await outcomeOf(elsewhere.verify(authToken))).toBe("allowed");
    clock.set(NOW + 5);
    expect(await outcomeOf(elsewhere.verify(authToken))).toBe("TOKEN_REVOKED");
  });

  it.each([
    ["session", (sid: string) => ({ session: sid })],
    ["subject", () => ({ subject: "ada" })],
  ] as const)("by %s is not undone by the late answer of an earlier lookup", async (_, target) => {
    const { auth, store } = openBench({ ...always, sessionCheckTtl: 600 });
    const { authToken } = await auth.login("ada");
    const [asked, answered] = [latch(), latch()];
    let isFirst = true;
    store.after = async (name) => {
      if (name !== "find" || !isFirst) return;
      isFirst = false;
      asked.open();
      await answered.opened;
    };
    const early = outcomeOf(auth.verify(authToken));
    await asked.opened;
    await auth.revoke(target(sidOf(authToken)));
    // A call after the revocation starts its own lookup.
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
    answered.open();
    // The earlier call began before the session ended, so it may accept.
    expect(await early).toBe("allowed");
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
  });

  it("by subject takes effect at once when the store's first answer, with the session ids, was lost", async () => {
    const { auth, store } = openBench({ ...always, sessionCheckTtl: 600 });
    const { authToken } = await auth.login("ada");
    await auth.verify(authToken);
    let isFirst = true;
    store.after = (name) => {
      if (name !== "endAll" || !isFirst) return;
      isFirst = false;
      down();
    };
    await auth.revoke({ subject: "ada" });
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
  });

  it("by subject is not undone by an earlier lookup when the answer with the session ids was lost", async () => {
    const { auth, store } = openBench({ ...always, sessionCheckTtl: 600 });
    const { authToken } = await auth.login("ada");
    const [asked, answered] = [latch(), latch()];
    const isFirst = { find: true, endAll: true };
    store.after = async (name) => {
      if ((name !== "find" && name !== "endAll") || !isFirst[name]) return;
      isFirst[name] = false;
      if (name === "endAll") down();
      asked.open();
      await answered.opened;
    };
    const early = outcomeOf(auth.verify(authToken));
    await asked.opened;
    await auth.revoke({ subject: "ada" });
    answered.open();
    expect(await early).toBe("allowed");
    expect(await outcomeOf(auth.verify(authToken))).toBe("TOKEN_REVOKED");
  });

  it("by subject does not affect a session that starts during the revocation", async () => {
    const { auth, store } = openBench({ ...always, sessionCheckTtl: 600 });
    const old = await auth.login("ada");
    await auth.verify(old.authToken);
    let fresh = "";
    store.after = async (name) => {
      if (name !== "endAll") return;
      fresh = (await auth.login("ada")).authToken;
      await auth.verify(fresh);
    };
    await auth.revoke({ subject: "ada" });
    expect(await outcomeOf(auth.verify(old.authToken))).toBe("TOKEN_REVOKED");
    expect(await outcomeOf(auth.verify(fresh))).toBe("allowed");
  });
});
