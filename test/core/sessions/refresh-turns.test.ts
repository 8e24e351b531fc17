/** The turns of a refresh: what it finds in the store, and writes that have no effect. */
import { type AuthManager, memorySessionStore, type SessionStore } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { type Bench, claimsOf, down, flaskToken, openBench, REVOKED, refused, sidOf } from "./support.ts";

watchRejections();

/** Lets another caller begin the session of `token`, just before the bench creates it. */
function adoptMeanwhile({ store, another }: Bench, token: string): void {
  let isFirst = true;
  store.before = async (name) => {
    if (name !== "create" || !isFirst) return;
    isFirst = false;
    await another({ adoptRefresh: true }).refresh(token);
  };
}

describe("a refresh token whose session is over", () => {
  it("is rejected after the session was ended", async () => {
    const { auth } = openBench();
    const { refreshToken } = await auth.login("ada");
    await auth.revoke({ session: sidOf(refreshToken) });
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
  });

  it("is rejected after the session expired, though leeway keeps the token valid", async () => {
    const { auth, clock } = openBench({ refreshMaxAge: 100, leeway: 50 });
    const { refreshToken } = await auth.login("ada");
    clock.advance(99);
    expect(await outcomeOf(auth.forRequest({ token: refreshToken }).require({ type: "refresh" }))).toBe("allowed");
    clock.advance(2);
    expect(await refused(auth.refresh(refreshToken))).toEqual(REVOKED);
  });
});

describe("a claim", () => {
  it("that fails after the rotation leaves the caller its new tokens", async () => {
    const { auth, store } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => name === "claim" && down();
    const next = await auth.refresh(refreshToken);
    expect(claimsOf(next.refreshToken)["rid"]).not.toBe(claimsOf(refreshToken)["rid"]);
    expect(store.count("rotate")).toBe(1);
  });

  it("happens once for each rotation, however often the previous token comes again", async () => {
    const { auth, store } = openBench();
    const { refreshToken } = await auth.login("ada");
    for (let use = 0; use < 3; use++) expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
    expect(store.count("claim")).toBe(1);
  });
});

describe("a store whose answers never change", () => {
  const managerOf = (over: (store: SessionStore) => Partial<SessionStore>): AuthManager => {
    const store = memorySessionStore();
    return createAuth({ sessions: { ...store, ...over(store) }, refreshGrace: 0, adoptRefresh: true }).auth;
  };

  it.each<[what: string, over: (store: SessionStore) => Partial<SessionStore>]>([
    ["the unchanged session", ({ find }) => ({ rotate: (id, _, __, operation) => find(id, operation) })],
    ["a claim by another caller", () => ({ claim: async () => false })],
  ])("makes a refresh reject as misuse of the store: %s", async (_, over) => {
    const auth = managerOf(over);
    const { refreshToken } = await auth.login("ada");
    expect(await refusalOf(auth.refresh(refreshToken))).toMatchObject({
      name: "TypeError",
      message: "The session store changed the session at each attempt: check its rotate and claim operations",
    });
  });

  it("makes the refresh of an adopted token reject as misuse: a session that another caller created", async () => {
    const auth = managerOf(() => ({ create: async () => false }));
    expect(await refusalOf(auth.refresh(flaskToken()))).toMatchObject({ name: "TypeError" });
  });
});

describe("an adopted token", () => {
  it("starts its session with the event of a login", async () => {
    const { auth, events } = openBench({ adoptRefresh: true });
    const { refreshToken } = await auth.refresh(flaskToken());
    const sid = sidOf(refreshToken);
    expect(events).toEqual([{ type: "issued", subject: "ada", sid, tokens: "pair", at: NOW }]);
    expect(await auth.sessions("ada")).toMatchObject([{ id: sid }]);
  });

  it("continues in the session that another caller started meanwhile", async () => {
    const bench = openBench({ adoptRefresh: true });
    const { auth } = bench;
    const token = flaskToken();
    adoptMeanwhile(bench, token);
    const { refreshToken } = await auth.refresh(token);
    expect(await auth.sessions("ada")).toMatchObject([{ id: sidOf(refreshToken) }]);
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });

  it("of a subject without rights is used up, without a session and without the event of an end", async () => {
    let rights: object | null = null;
    const { auth, events } = openBench({ adoptRefresh: true, authorize: () => rights });
    const token = flaskToken();
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    rights = {};
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    expect(await auth.sessions("ada")).toEqual([]);
    expect(events.map(({ type }) => type)).not.toContain("revoked");
  });

  it("of a subject without rights ends the session that another caller started meanwhile", async () => {
    const bench = openBench({ adoptRefresh: true, authorize: () => null });
    const { auth, events } = bench;
    const token = flaskToken();
    adoptMeanwhile(bench, token);
    expect(await refused(auth.refresh(token))).toEqual(REVOKED);
    expect(await auth.sessions("ada")).toEqual([]);
    expect(events.map(({ type }) => type)).toContain("revoked");
  });
});
