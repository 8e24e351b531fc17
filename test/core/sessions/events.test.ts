/** `onEvent`: the events and their shape, no tokens in events, and handlers without influence. */
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

describe("onEvent", () => {
  it("reports the start of a session, and tokens issued without a session", async () => {
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

  it("reports a refresh, a repeated refresh, and a reuse only once", async () => {
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

  it("reports a reuse that a verification found", async () => {
    const { auth, events } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    await auth.refresh(refreshToken);
    events.length = 0;
    expect(await auth.verifyToken(refreshToken)).toBe(false);
    expect(await auth.verifyToken(refreshToken)).toBe(false);
    expect(events).toEqual([{ type: "reused", subject: "ada", sid: sidOf(refreshToken), at: NOW }]);
  });

  it("reports a revocation with its subject if known, and none that ended no session", async () => {
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

  it("reports a denied request with the subject of a verified token, or with null", async () => {
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

  it("reports a denial once per reason and request, and none for direct calls of the manager", async () => {
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

  it("reports a failed store operation with its error, and a failed authorize", async () => {
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

  it("passes frozen events", async () => {
    const { auth, events } = openBench();
    await auth.login("ada");
    await auth.revoke({ subject: "ada" });
    expect(events.map((event) => Object.isFrozen(event))).toEqual([true, true]);
  });
});

/** Makes a call of every kind; returns the outcomes and all tokens. */
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

it("no event contains a token or a part of it", async () => {
  const { auth, events, clock } = openBench();
  const { tokens } = await playAll(auth, (seconds) => clock.advance(seconds));
  const shown = `${JSON.stringify(events)}\n${inspect(events, { depth: 10, showHidden: true })}`;
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(["issued", "refreshed", "reused", "revoked", "denied"]),
  );
  expect(shown.includes("eyJ")).toBe(false);
  for (const part of tokens.flatMap((token) => [token, ...token.split(".")])) expect(shown.includes(part)).toBe(false);
});

describe("an event handler that", () => {
  const handlers: ReadonlyArray<readonly [what: string, handler: EventHandler]> = [
    ["throws", () => down()],
    ["throws undefined", () => throwUndefined()],
    ["rejects", async () => down()],
    ["never settles", () => new Promise(() => undefined)],
    ["returns a thenable that throws", () => thenable({ value: () => down() })],
    [
      "returns a thenable that rejects",
      () => thenable({ value: (_: unknown, reject: (error: Error) => void) => reject(new Error("1")) }),
    ],
    ["returns an object whose then throws", () => thenable({ get: () => down() })],
    ["changes the event", (event: AuthEvent) => Object.assign(event, { type: "issued" })],
  ];

  it.each(handlers)("%s changes no verdict", async (_, onEvent) => {
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

/** An object with a `then` property. */
function thenable(then: PropertyDescriptor): object {
  // oxlint-disable-next-line unicorn/no-thenable
  return Object.defineProperty({}, "then", then);
}
