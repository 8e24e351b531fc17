/** A store that fails or hangs: a 503, no partial effect, a safe retry. Invalid answers: no 503. */
import type { AuthManager, SessionRecord, SessionStore, StoreOperation } from "claimgate";
import { describe, expect, it, vi } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { refusalOf } from "../../support/refusal-of.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { watchRejections } from "../../support/watch-rejections.ts";
import {
  claimsOf,
  down,
  hanging,
  latch,
  type OperationName,
  openBench,
  REUSED,
  refused,
  sidOf,
  UNAVAILABLE,
} from "./support.ts";

watchRejections();

interface Call {
  readonly what: string;
  readonly operation: OperationName;
  readonly call: (auth: AuthManager, refreshToken: string) => Promise<unknown>;
}

const CALLS: readonly Call[] = [
  { what: "login", operation: "create", call: (auth) => auth.login("ada") },
  { what: "refresh", operation: "rotate", call: (auth, token) => auth.refresh(token) },
  { what: "revoke by token", operation: "end", call: (auth, token) => auth.revoke({ token }) },
  { what: "revoke by session", operation: "end", call: (auth, token) => auth.revoke({ session: sidOf(token) }) },
  { what: "revoke by subject", operation: "endAll", call: (auth) => auth.revoke({ subject: "ada" }) },
  { what: "sessions", operation: "list", call: (auth) => auth.sessions("ada") },
  { what: "ctx.auth.login", operation: "create", call: (auth) => auth.forRequest().login("ada") },
  { what: "ctx.auth.refresh", operation: "rotate", call: (auth, token) => auth.forRequest({ token }).refresh() },
  { what: "ctx.auth.logout", operation: "end", call: (auth, token) => auth.forRequest({ token }).logout() },
  {
    what: "a guard of type refresh",
    operation: "find",
    call: (auth, token) => auth.forRequest({ token }).require({ type: "refresh" }),
  },
];

describe.each(CALLS)("$what", ({ operation, call }) => {
  it.each([
    ["is down", down],
    ["rejects", async () => down()],
    ["does not answer", hanging],
  ])("rejects with 503 within storeTimeout when the store %s, has no effect, and succeeds afterwards", async (_, trouble) => {
    const { auth, store, another } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === operation ? trouble() : undefined);
    const startedAt = Date.now();
    expect(await refused(call(another({ storeTimeout: 0.3, refreshGrace: 0 }), refreshToken))).toEqual(UNAVAILABLE);
    // The bound leaves time for a busy machine.
    expect(Date.now() - startedAt).toBeLessThan(5000);
    store.before = () => undefined;
    expect(await auth.sessions("ada")).toHaveLength(1);
    expect(await outcomeOf(call(auth, refreshToken))).toBe("allowed");
  });

  it("succeeds when only the first attempt loses its connection, with two calls of the store", async () => {
    const { auth, store } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const before = store.count(operation);
    let isFirst = true;
    store.before = (name) => {
      if (name !== operation || !isFirst) return;
      isFirst = false;
      down();
    };
    expect(await outcomeOf(call(auth, refreshToken))).toBe("allowed");
    expect(store.count(operation) - before).toBe(2);
  });

  it("succeeds when only the first answer is lost after the operation", async () => {
    const { auth, store } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    let isFirst = true;
    store.after = (name) => {
      if (name !== operation || !isFirst) return;
      isFirst = false;
      down();
    };
    expect(await outcomeOf(call(auth, refreshToken))).toBe("allowed");
  });

  it("makes no third attempt", async () => {
    const { auth, store, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    const before = store.count(operation);
    store.before = (name) => (name === operation ? down() : undefined);
    await refused(call(another({ storeTimeout: 0.6 }), refreshToken));
    expect(store.count(operation) - before).toBe(2);
  });
});

describe("a store that answers with", () => {
  const nonsense: ReadonlyArray<readonly [what: string, answer: (real: SessionRecord) => unknown]> = [
    ["undefined", () => undefined],
    ["text", () => "OK"],
    ["a number", () => 1],
    ["an empty object", () => ({})],
    ["a list of nonsense", () => [5]],
    ["a record without a version", (real) => ({ ...real, version: undefined })],
    ["a record whose expiry is not a number", (real) => ({ ...real, expiresAt: "9999999999" })],
    ["a record without a previous", (real) => ({ ...real, previous: undefined })],
    ["a record whose end is not a boolean", (real) => ({ ...real, ended: "" })],
    ["the record of another session", (real) => ({ ...real, id: "other.1" })],
  ];

  const play = async ({ operation, call }: Call, answer: (real: SessionRecord) => unknown): Promise<string> => {
    const { auth, store, clock } = openBench();
    const { refreshToken } = await auth.login("ada");
    const real = await store.find(sidOf(refreshToken), { now: NOW, deadline: Number.POSITIVE_INFINITY });
    if (!real) throw new Error("There is no session to start with");
    const mad: SessionStore = { ...bound(store), [operation]: async () => answer(real) };
    return outcomeOf(call(createAuth({ sessions: mad, now: clock.now, storeTimeout: 1 }).auth, refreshToken));
  };

  // The mistake is in the store's code: neither an outage nor a fault of the caller.
  it.each(nonsense)("%s makes every call reject with a TypeError", async (_, answer) => {
    const errors = await Promise.all(CALLS.map((call) => refusalOf(play(call, answer))));
    const expected = { name: "TypeError", message: expect.stringContaining("The session store") };
    expect(errors).toEqual(CALLS.map(() => expect.objectContaining(expected)));
  });

  it("the correct record makes every lookup succeed", async () => {
    const lookUps = CALLS.filter(({ operation }) => operation === "find");
    expect(await Promise.all(lookUps.map((call) => play(call, (real) => real)))).toEqual(lookUps.map(() => "allowed"));
  });

  it.each([undefined, true, "OK", {}])("%s makes sessionCheck reject with a TypeError", async (answer) => {
    const { auth, store, clock } = openBench();
    const { authToken } = await auth.login("ada");
    const mad = Object.assign(bound(store), { find: async () => answer });
    const { auth: confused } = createAuth({ sessions: mad, now: clock.now, sessionCheck: "always" });
    const fault = { name: "TypeError", message: "The session store returned a value that is not a session record" };
    expect(await refusalOf(confused.forRequest({ token: authToken }).require())).toMatchObject(fault);
    expect(await refusalOf(confused.verifyToken(authToken))).toMatchObject(fault);
  });

  it.each<[what: string, over: (store: SessionStore) => Partial<SessionStore>]>([
    ["the unchanged session to every rotation", ({ find }) => ({ rotate: (id, _, __, at) => find(id, at) })],
    ["false to every claim", () => ({ claim: async () => false })],
  ])("%s makes a refresh reject with a TypeError after a bounded time", async (_, over) => {
    const { auth, store, clock } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const stubborn: SessionStore = { ...bound(store), ...over(bound(store)) };
    const { auth: manager } = createAuth({ sessions: stubborn, now: clock.now, refreshGrace: 0 });
    expect(await refusalOf(manager.refresh(refreshToken))).toMatchObject({
      name: "TypeError",
      message: "The session store changed the session at each attempt: check its rotate and claim operations",
    });
    expect(await outcomeOf(auth.refresh(refreshToken))).toBe("allowed");
  });
});

describe("a login that was answered with 503", () => {
  it.each([
    ["the answer was lost", down],
    ["the answer never came", hanging],
  ])("leaves no session although the store created one (%s)", async (_, trouble) => {
    const { auth, store, another } = openBench();
    store.after = (name) => (name === "create" ? trouble() : undefined);
    expect(await refused(another({ storeTimeout: 0.4 }).login("ada"))).toEqual(UNAVAILABLE);
    await vi.waitFor(async () => expect(await auth.sessions("ada")).toEqual([]), { timeout: 10_000 });
    // The store did create a session.
    expect(store.count("end")).toBeGreaterThan(0);
    store.after = () => undefined;
    await auth.login("ada");
    expect(await auth.sessions("ada")).toHaveLength(1);
  });

  it("starts no session later, because the store rejects late operations", async () => {
    const { auth, store, another } = openBench();
    const held = latch();
    const results: unknown[] = [];
    store.before = async (name) => {
      if (name === "create") await held.opened;
    };
    expect(await refused(another({ storeTimeout: 0.3 }).login("ada"))).toEqual(UNAVAILABLE);
    store.before = () => undefined;
    store.after = (name) => results.push(name);
    held.open();
    expect(await auth.sessions("ada")).toEqual([]);
    await vi.waitFor(() => expect(store.count("end")).toBe(1));
    expect(results).not.toContain("create");
    expect(await auth.sessions("ada")).toEqual([]);
  });
});

describe("a refresh that was answered with 503", () => {
  it.each([
    ["the answer was lost", down],
    ["the answer never came", hanging],
  ])("is not a reuse when it is repeated after its rotation, also without a grace period (%s)", async (_, trouble) => {
    const { auth, store, another, events } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const strict = another({ storeTimeout: 0.4, refreshGrace: 0 });
    store.after = (name) => (name === "rotate" ? trouble() : undefined);
    // After the first call, the token has already been rotated.
    for (let times = 0; times < 3; times++) expect(await refused(strict.refresh(refreshToken))).toEqual(UNAVAILABLE);
    store.after = () => undefined;
    const live = await auth.refresh(refreshToken);
    // The previous call rotated the token.
    expect(events.at(-1)).toMatchObject({ type: "refreshed", repeated: true });
    // The successor has now been claimed, so the next use is a reuse.
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
    expect(await outcomeOf(auth.refresh(live.refreshToken))).toBe("TOKEN_REVOKED");
  });

  it("rotates nothing later, because the store rejects late operations", async () => {
    const { auth, store, another } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const held = latch();
    store.before = async (name) => {
      if (name === "rotate") await held.opened;
    };
    expect(await refused(another({ storeTimeout: 0.3, refreshGrace: 0 }).refresh(refreshToken))).toEqual(UNAVAILABLE);
    store.before = () => undefined;
    const live = await auth.refresh(refreshToken);
    held.open();
    await auth.sessions("ada");
    expect(await outcomeOf(auth.refresh(live.refreshToken))).toBe("allowed");
  });

  it("ends no session when the reuse cannot be stored", async () => {
    const { auth, store, another, events } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    const live = await auth.refresh(refreshToken);
    store.before = (name) => (name === "end" ? down() : undefined);
    expect(await refused(another({ storeTimeout: 0.3, refreshGrace: 0 }).refresh(refreshToken))).toEqual(UNAVAILABLE);
    expect(events.filter(({ type }) => type === "reused")).toEqual([]);
    store.before = () => undefined;
    expect(await outcomeOf(auth.refresh(live.refreshToken))).toBe("allowed");
  });

  it("returns tokens when the rotation is known and only its claim failed", async () => {
    const { auth, store, another } = openBench({ refreshGrace: 0 });
    const { refreshToken } = await auth.login("ada");
    store.before = (name) => (name === "claim" ? down() : undefined);
    const pair = await another({ storeTimeout: 1, refreshGrace: 0 }).refresh(refreshToken);
    store.before = () => undefined;
    expect(sidOf(pair.refreshToken)).toBe(sidOf(refreshToken));
    // The previous token gets the same successor, once.
    const again = await auth.refresh(refreshToken);
    expect(claimsOf(again.refreshToken)).toEqual(claimsOf(pair.refreshToken));
    expect(await refused(auth.refresh(refreshToken))).toEqual(REUSED);
  });
});

describe("a store operation", () => {
  it.each([
    0.5, 2, 60,
  ])("has a deadline of at most three quarters of storeTimeout (%d s), and the manager's clock", async (storeTimeout) => {
    const { auth, store, clock } = openBench({ storeTimeout });
    const { refreshToken } = await auth.login("ada");
    clock.advance(5);
    const next = await auth.refresh(refreshToken);
    await auth.verify(next.refreshToken, { type: "refresh" });
    await auth.sessions("ada");
    await auth.revoke({ token: next.refreshToken });
    await auth.revoke({ subject: "ada" });
    expect(new Set(store.asked.map(({ name }) => name))).toEqual(
      new Set(["create", "find", "rotate", "claim", "list", "end", "endAll"]),
    );
    for (const { operation, at } of store.asked) {
      expect(Object.keys(operation).toSorted()).toEqual(["deadline", "now"]);
      expect(operation.deadline).toBeLessThanOrEqual(at + storeTimeout * 750);
    }
    expect(store.asked.map(({ operation }) => operation.now - clock.now())).toEqual(
      store.asked.map(({ name }) => (name === "create" ? -5 : 0)),
    );
  });

  it("shares the time of its call with the other operations of the call", async () => {
    const { auth, store, another } = openBench();
    const { refreshToken } = await auth.login("ada");
    const slow = another({ storeTimeout: 20, authorize: () => ({}) });
    const asked: Array<{ name: OperationName; operation: StoreOperation; at: number }> = store.asked;
    asked.length = 0;
    // Slow, but within the time.
    store.before = () => new Promise((resolve) => setTimeout(resolve, 50));
    await slow.refresh(refreshToken);
    expect(asked.map(({ name }) => name)).toEqual(["find", "rotate", "claim"]);
    const [first] = asked;
    for (const { operation } of asked) expect(operation.deadline).toBeLessThan((first?.at ?? 0) + 20_000);
    const deadlines = asked.map(({ operation, at }) => operation.deadline - at);
    // Each operation has three quarters of the remaining time.
    expect(deadlines).toEqual(deadlines.toSorted((a, b) => b - a));
  });
});

it("an error has the store's error as its cause, and nothing of it in its message", async () => {
  const { auth, store } = openBench();
  store.before = () => {
    throw new Error("password of the database");
  };
  const error = await refusalOf(auth.sessions("ada"));
  expect(error).toMatchObject({
    message: "The session or the rights of the token cannot be looked up now",
    cause: { name: "SessionStoreError", cause: { message: "password of the database" } },
  });
  const { message, cause } = error as Error & { cause: Error };
  expect(`${message} ${cause.message}`).not.toContain("password");
});

function bound(store: SessionStore): SessionStore {
  return {
    create: (...given) => store.create(...given),
    find: (...given) => store.find(...given),
    rotate: (...given) => store.rotate(...given),
    claim: (...given) => store.claim(...given),
    end: (...given) => store.end(...given),
    list: (...given) => store.list(...given),
    endAll: (...given) => store.endAll(...given),
  };
}
