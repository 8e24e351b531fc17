/** The memory of idle streams and long connections does not grow. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { initTRPC } from "@trpc/server";
import { type AuthContext, memorySessionStore } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { authErrorFormatter, authProcedures, createTRPCContext } from "claimgate/trpc";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { guardStream } from "../../src/core/request/guarded-stream.ts";
import { createAuth, NOW } from "../support/create-auth.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const heapNow = (): number => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};

const t = initTRPC.context<AuthContext>().create({ errorFormatter: authErrorFormatter });
const { protectedProcedure } = authProcedures(t.procedure);
const socket = { readyState: 1, send: () => undefined };

/** A source without events that can be ended. */
const idle = (): AsyncIterable<number> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => new Promise(() => undefined),
    return: async () => ({ done: true, value: undefined }),
  }),
});

describe("an idle stream", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  const ROUNDS = 10_000;
  // The faulty version kept 480 bytes per recheck.
  const SLACK_BYTES_A_ROUND = 60;

  /** The growth of the heap over `ROUNDS` ticks, after a warm-up. */
  const growthOver = async (tick: () => Promise<unknown>): Promise<number> => {
    for (let round = 0; round < ROUNDS / 10; round++) await tick();
    const before = heapNow();
    for (let round = 0; round < ROUNDS; round++) await tick();
    return heapNow() - before;
  };

  it("keeps its memory constant over 10,000 rechecks", async () => {
    let rechecks = 0;
    const stream = guardStream(idle(), {
      recheck: () => void rechecks++,
      recheckInMs: () => 1000,
      run: (step) => step(),
      onRefusal: () => "end",
    });
    const pending = stream.next();
    expect(await growthOver(() => vi.advanceTimersByTimeAsync(1000))).toBeLessThan(ROUNDS * SLACK_BYTES_A_ROUND);
    expect(rechecks).toBe(ROUNDS * 1.1);
    await stream.return?.();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await pending).toEqual({ done: true, value: undefined });
  });

  it("keeps its memory constant behind a guard with repeated session lookups", async () => {
    const clock = createTestClock(NOW);
    const sessions = memorySessionStore();
    const { auth } = createAuth({
      now: clock.now,
      sessions,
      sessionCheck: "always",
      sessionCheckTtl: 1,
      authMaxAge: 1e6,
    });
    const { authToken } = await auth.login("ada");
    const router = t.router({ feed: protectedProcedure.subscription(() => idle()) });
    const req = { headers: { authorization: `Bearer ${authToken}` } };
    const caller = t.createCallerFactory(router)(await createTRPCContext(auth)({ req, res: socket }));
    const stream = ((await caller.feed()) as AsyncIterable<number>)[Symbol.asyncIterator]();
    const pending = stream.next();
    const growth = await growthOver(async () => {
      clock.advance(1);
      await vi.advanceTimersByTimeAsync(1000);
    });
    expect(growth).toBeLessThan(ROUNDS * SLACK_BYTES_A_ROUND);
    await auth.revoke({ subject: "ada" });
    clock.advance(2);
    const refused = pending.catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(3000);
    expect(await refused).toMatchObject({ cause: { reason: "TOKEN_REVOKED" } });
  });

  it("passes on an event that arrives during a recheck, and no event after its end", async () => {
    let release: (value: number) => void = () => undefined;
    const source = (async function* () {
      yield await new Promise<number>((resolve) => {
        release = resolve;
      });
    })();
    let recheck = (): unknown => undefined;
    const stream = guardStream(source, {
      recheck: () => recheck(),
      recheckInMs: () => 1000,
      run: (step) => step(),
      onRefusal: () => "end",
    });
    const first = stream.next();
    // The event arrives during a recheck.
    recheck = () => {
      release(7);
      return Promise.resolve();
    };
    await vi.advanceTimersByTimeAsync(1000);
    recheck = () => undefined;
    await vi.advanceTimersByTimeAsync(0);
    expect(await first).toEqual({ done: false, value: 7 });
    const last = stream.next();
    await vi.advanceTimersByTimeAsync(0);
    expect(await last).toEqual({ done: true, value: undefined });
  });
});

it("a connection keeps no tokens that were refreshed on it", async () => {
  const { auth } = createAuth({ sessions: memorySessionStore(), cache: { max: 10 } });
  // Procedures outside authProcedures use the connection's own context.
  const router = t.router({
    refresh: t.procedure
      .input(String)
      .mutation(({ ctx, input }) => ctx.auth.refresh({ token: input, deliver: "body" })),
  });
  const caller = t.createCallerFactory(router)(await createTRPCContext(auth)({ req: { headers: {} }, res: socket }));
  let { refreshToken } = await auth.login("ada", { claims: { pad: "x".repeat(50) } });
  const renew = async (): Promise<void> => {
    ({ refreshToken } = await caller.refresh(refreshToken));
  };
  const growths: number[] = [];
  for (let part = 0; part < 5; part++) {
    const before = heapNow();
    for (let round = 0; round < 600; round++) await renew();
    growths.push(heapNow() - before);
  }
  // A refresh token has about 400 characters. The first rounds fill the bounded caches.
  expect(Math.min(...growths.slice(1))).toBeLessThan(600 * 250);
});
