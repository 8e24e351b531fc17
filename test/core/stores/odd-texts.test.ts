/** Texts that a database cannot keep have the same outcome on every store. */
import { type AuthEvent, memorySessionStore } from "claimgate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createAuth } from "../../support/create-auth.ts";
import type { OpenStore } from "../../support/open-stores.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { describeOnEveryStore, flaskToken } from "../sessions/support.ts";

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ["U+0000", "\0"],
  ["half of a surrogate pair", "\ud800"],
  ["a long text", Array.from({ length: 1000 }, (_, i) => String.fromCharCode(0x4e00 + ((i * 7919) % 20_000))).join("")],
];

describeOnEveryStore((open) => {
  let opened: OpenStore;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened.close());

  describe.each(TEXTS)("%s", (_, text) => {
    it("has the outcome that it has on the memory store, with a token or a TypeError, and no failure", async () => {
      const outcomesOn = async (store: OpenStore["store"]): Promise<unknown[]> => {
        const failures: AuthEvent[] = [];
        const { auth } = createAuth({
          sessions: store,
          adoptRefresh: true,
          now: () => Date.now() / 1000,
          // The rights replace those of the login, which the store still holds.
          authorize: () => ({ scope: "read", claims: { team: "a" } }),
          onEvent: (event) => void (event.type === "store-failed" && failures.push(event)),
        });
        const exp = Math.floor(Date.now() / 1000) + 60;
        const attempts = [
          () => auth.login(text),
          () => auth.login("ada", { label: text }),
          () => auth.login("ada", { scope: text }),
          () => auth.login("ada", { claims: { team: text } }),
          () => auth.sessions(text),
          () => auth.revoke({ subject: text }),
          () => auth.revoke({ session: text }),
          () => auth.refresh(flaskToken({ exp, sub: text })),
          () => auth.refresh(flaskToken({ exp, rid: `${text}${crypto.randomUUID()}` })),
          () => auth.refresh(flaskToken({ exp, sid: text })),
        ];
        const outcomes: unknown[] = [];
        for (const attempt of attempts) {
          const outcome = await attempt().then(
            () => "done",
            (error: { message: string; reason?: string }) => error.reason ?? error.message,
          );
          outcomes.push(outcome);
        }
        return [...outcomes, failures];
      };
      const outcomes = await outcomesOn(opened.store);
      expect(outcomes).toEqual(await outcomesOn(memorySessionStore()));
      expect(outcomes).not.toContain("STORE_UNAVAILABLE");
      expect(outcomes.at(-1)).toEqual([]);
    });
  });

  it("of authorize reach the tokens and not the store", async () => {
    const { auth } = createAuth({
      sessions: opened.store,
      now: () => Date.now() / 1000,
      authorize: () => ({ scope: "\0", claims: { "\ud800": "\udc00" } }),
    });
    const { refreshToken } = await auth.login(crypto.randomUUID());
    const { authToken } = await auth.refresh(refreshToken);
    expect((await auth.verify(authToken)).claims).toMatchObject({ scope: "\0", "\ud800": "\udc00" });
    expect(await refusalOf(auth.login("ada", { label: "\0" }))).toBeInstanceOf(TypeError);
  });
});
