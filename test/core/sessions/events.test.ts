/** `onEvent`: what is told, in which shape, that no token is in it, and that no handler changes a verdict. */
import { inspect } from "node:util";
import type { AuthEvent, AuthManager, EventHandler } from "claimgate";
import { tamper } from "claimgate/testing";
import { describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import { down, openBench, refused, sidOf } from "./support.ts";

watchRejections();

describe("an event is told", () => {
  it("of a session that began, and of a token that was issued without one", async () => {
    const { auth, events } = openBench();
    const { authToken } = await auth.login(7);
    await auth.authToken("ada");
    await auth.refreshToken("ada");
    expect(events).toEqual([
      { type: "issued", subject: "7", sid: sidOf(authToken), tokens: "pair", at: NOW },
      { type: "issued", subject: "ada", sid: null, tokens: "auth", at: NOW },
      { type: "issued", subject: "ada", sid: null, tokens: "refresh", at: NOW },
    ]);
  });

  it("of a refresh, of one more who got the same, and of a reuse; the reuse once", async () => {
    const { auth, events, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    events.length = 0;
    const ofSession = { subject: "ada", sid: sidOf(refreshToken) };
    await auth.refresh(refreshToken);
    clock.set(NOW + 5.5);
    await auth.refresh(refreshToken);
    clock.set(NOW + 10);
    for (let times = 0; times < 3; times++) await refused(auth.refresh(refreshToken));
    expect(events).toEqual([
      { type: "refreshed", ...ofSession, repeated: false, at: NOW },
      { type: "refreshed", ...ofSession, repeated: true, at: NOW + 5.5 },
      { type: "reused", ...ofSession, at: NOW + 10 },
    ]);
  });

  it("of a reuse that a verification found", async () => {
    const { auth, events } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    events.length = 0;
    expect(await auth.verifyToken(refreshToken)).toBe(false);
    expect(await auth.verifyToken(refreshToken)).toBe(false);
    expect(events).toEqual([{ type: "reused", subject: "ada", sid: sidOf(refreshToken), at: NOW }]);
  });

  it("of a revocation, with the subject where it is known, and none of one that ended nothing", async () => {
    const { auth, events } = openBench();
    const sids: string[] = [];
    for (let times = 0; times < 5; times++) sids.push(sidOf((await auth.login("ada")).authToken));
    const byLogout = await auth.login("ada");
    events.length = 0;
    const [first = "", second = "", ...rest] = sids;
    const byToken = { token: byLogout.authToken };
    await auth.forRequest(byToken).logout();
    await auth.revoke({ session: first });
    await auth.revoke({ session: first });
    await auth.revoke({ session: second });
    await auth.revoke({ subject: "ada" });
    await auth.revoke({ subject: "ada" });
    expect(events).toEqual([
      { type: "revoked", subject: "ada", sids: [sidOf(byLogout.authToken)], at: NOW },
      { type: "revoked", subject: null, sids: [first], at: NOW },
      { type: "revoked", subject: null, sids: [second], at: NOW },
      { type: "revoked", subject: "ada", sids: expect.toSatisfy((ended: string[]) => sameSet(ended, rest)), at: NOW },
    ]);
  });

  it("of a caller who was refused: whose token it was where one was verified, and nobody's where none was", async () => {
    const { auth, events } = openBench();
    const { authToken } = await auth.login("ada");
    events.length = 0;
    await refused(auth.forRequest({ token: authToken }).require({ scope: "admin" }));
    await refused(auth.forRequest({ token: tamper(authToken) }).require());
    await refused(auth.forRequest().require());
    await refused(auth.forRequest().refresh());
    const nobody = { subject: null, sid: null, at: NOW };
    expect(events).toEqual([
      { type: "denied", reason: "SCOPE_INSUFFICIENT", status: 403, subject: "ada", sid: sidOf(authToken), at: NOW },
      { type: "denied", reason: "SIGNATURE_INVALID", status: 401, ...nobody },
      { type: "denied", reason: "TOKEN_MISSING", status: 401, ...nobody },
      { type: "denied", reason: "TOKEN_MISSING", status: 401, ...nobody },
    ]);
  });

  it("of a refusal once for each reason and request, and of none to who calls the manager", async () => {
    const { auth, events } = openBench();
    const { authToken } = await auth.login("ada");
    events.length = 0;
    const request = auth.forRequest({ token: authToken });
    for (let times = 0; times < 3; times++) {
      await refused(request.require({ scope: "admin" }));
      await refused(request.require({ claims: { plan: "pro" } }));
    }
    await request.require();
    await refused(auth.forRequest({ token: authToken }).require({ scope: "admin" }));
    await refused(auth.refresh(authToken));
    await refusalOf(auth.verify(tamper(authToken)));
    expect(events.map((event) => event.type === "denied" && event.reason)).toEqual([
      "SCOPE_INSUFFICIENT",
      "CLAIMS_INSUFFICIENT",
      "SCOPE_INSUFFICIENT",
    ]);
  });

  it("of a store that failed, with the operation and what it failed with, and of an authorize", async () => {
    const { auth, events, store } = openBench({ storeTimeout: 0.4, authorize: () => down() });
    await refused(auth.login("ada"));
    store.before = down;
    await refused(auth.sessions("ada"));
    await refused(auth.revoke({ subject: "ada" }));
    await refused(auth.revoke({ session: "a.b" }));
    const error: unknown = expect.objectContaining({ message: "connect ECONNREFUSED" });
    expect(events).toEqual([
      { type: "store-failed", operation: "authorize", error, at: NOW },
      { type: "store-failed", operation: "list", error, at: NOW },
      { type: "store-failed", operation: "endAll", error, at: NOW },
      { type: "store-failed", operation: "end", error, at: NOW },
    ]);
  });

  it("frozen, each by itself", async () => {
    const { auth, events } = openBench();
    await auth.login("ada");
    await auth.revoke({ subject: "ada" });
    expect(events.map((event) => Object.isFrozen(event))).toEqual([true, true]);
  });
});

/** Something of everything. Gives what came of each call, and every token there was. */
async function playAll(auth: AuthManager, advance: (seconds: number) => void) {
  const outcomes: string[] = [];
  const note = async (work: Promise<unknown>): Promise<void> => void outcomes.push(await outcomeOf(work));
  const first = await auth.login("ada", { scope: ["read"], claims: { plan: "pro" }, label: "laptop" });
  const other = await auth.login("ada");
  const single = await auth.authToken("ada");
  const live = await auth.refresh(first.refreshToken);
  const request = auth.forRequest({ headers: { authorization: `Bearer ${live.authToken}` } });
  await note(auth.refresh(first.refreshToken));
  await note(request.require({ scope: "read" }));
  await note(request.require({ scope: "write" }));
  await note(auth.forRequest({ token: live.refreshToken }).require());
  await note(auth.forRequest({ token: tamper(live.authToken) }).require());
  await note(auth.refresh(live.authToken));
  advance(10);
  await note(auth.refresh(first.refreshToken));
  await note(auth.refresh(live.refreshToken));
  await note(auth.forRequest({ token: live.refreshToken }).require({ type: "refresh" }));
  await note(auth.revoke({ token: other.refreshToken }));
  await note(auth.refresh(other.refreshToken));
  await note(auth.forRequest({ token: single.signed }).logout());
  const tokens = [first, other, live].flatMap(({ authToken, refreshToken }) => [authToken, refreshToken]);
  return { outcomes, tokens: [...tokens, single.signed] };
}

it("no event carries a token, or a part that makes one", async () => {
  const { auth, events, clock } = openBench();
  const { tokens } = await playAll(auth, (seconds) => clock.advance(seconds));
  const shown = `${JSON.stringify(events)}\n${inspect(events, { depth: 10, showHidden: true })}`;
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(["issued", "refreshed", "reused", "revoked", "denied"]),
  );
  expect(shown.includes("eyJ")).toBe(false);
  for (const part of tokens.flatMap((token) => [token, ...token.split(".")])) expect(shown.includes(part)).toBe(false);
});

describe("no verdict is changed by a handler that", () => {
  const handlers: ReadonlyArray<readonly [what: string, handler: EventHandler]> = [
    ["throws", () => down()],
    ["throws what is no error", () => throwUndefined()],
    ["rejects", async () => down()],
    ["never settles", () => new Promise(() => undefined)],
    ["gives a thenable that throws", () => thenable({ value: () => down() })],
    [
      "gives a thenable that rejects",
      () => thenable({ value: (_: unknown, reject: (error: Error) => void) => reject(new Error("1")) }),
    ],
    ["gives something whose then cannot be read", () => thenable({ get: () => down() })],
    ["changes what it is given", (event: AuthEvent) => Object.assign(event, { type: "issued" })],
  ];

  it.each(handlers)("%s", async (_, onEvent) => {
    const plain = openBench();
    const expected = await playAll(plain.auth, (seconds) => plain.clock.advance(seconds));
    const { auth, clock } = openBench({ onEvent });
    const { outcomes } = await playAll(auth, (seconds) => clock.advance(seconds));
    expect(outcomes).toEqual(expected.outcomes);
    expect(new Set(outcomes)).toContain("allowed");
    expect(new Set(outcomes)).toContain("TOKEN_REUSED");
  });
});

function sameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((item) => other.includes(item));
}

function throwUndefined(): never {
  throw undefined;
}

/** An object that can be waited for, in a way. */
function thenable(then: PropertyDescriptor): object {
  // oxlint-disable-next-line unicorn/no-thenable
  return Object.defineProperty({}, "then", then);
}
