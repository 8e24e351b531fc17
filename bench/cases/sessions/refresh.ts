/** Refreshes sessions, each with its current token, and counts the commands to the store. */
import assert from "node:assert/strict";
import { AuthManager } from "claimgate";
import { measure } from "../../harness/measure.ts";
import type { Sample, Work } from "../../harness/types.ts";
import { type OpenStore, openStore, type StoreName } from "./stores.ts";

/** More sessions than concurrent refreshes, so that no session refreshes twice at once. */
const SESSIONS = 256;
const OPTIONS = {
  issuer: "https://api.example.com",
  algorithm: "HS256",
  secret: new Uint8Array(32).fill(7),
} as const;

export async function loadRefresh(name: StoreName, inFlight: number): Promise<Work> {
  const open = await openStore(name);
  const auth = new AuthManager({ ...OPTIONS, sessions: open.store });
  const logins = Array.from({ length: SESSIONS }, (_, index) => auth.login(`user-${index}`, { scope: { read: true } }));
  const tokens = (await Promise.all(logins)).map(({ refreshToken }) => refreshToken);
  let turn = 0;
  const call = async (): Promise<void> => {
    turn = (turn + 1) % SESSIONS;
    const own = turn;
    const pair = await auth.refresh(tokens[own] as string);
    tokens[own] = pair.refreshToken;
  };
  return {
    inFlight,
    call,
    ...(open.about === undefined ? {} : { about: open.about }),
    slice: (ms) => (inFlight === 1 ? countedSlice(open, call, ms) : countedTogether(open, { call, inFlight }, ms)),
    prove: () => prove(open),
    close: () => open.close(),
  };
}

export async function loadPing(name: StoreName): Promise<Work> {
  const open = await openStore(name);
  return { call: () => open.ping(), close: () => open.close() };
}

/**
 * Refreshes one session at a time: a refresh waits for the commands answered before it resolves.
 */
async function countedSlice(open: OpenStore, call: () => Promise<void>, ms: number): Promise<Sample> {
  const { counter, serverCpuUs } = open;
  const sentBefore = counter.sent;
  const serverBefore = serverCpuUs?.() ?? 0;
  let awaited = 0;
  const work: Work = {
    async call() {
      const before = counter.answered;
      await call();
      awaited += counter.answered - before;
      // Commands after the answer must not count for the next refresh.
      await counter.idle();
    },
  };
  const sample = await measure(work, ms);
  const extra = {
    "refreshes/s": perSecond(sample),
    "round trips before the answer": awaited / sample.calls,
    "all round trips": (counter.sent - sentBefore) / sample.calls,
    ...(serverCpuUs ? { "server CPU µs": (serverCpuUs() - serverBefore) / sample.calls } : {}),
  };
  return { ...sample, extra };
}

async function countedTogether({ counter }: OpenStore, work: Work, ms: number): Promise<Sample> {
  const sentBefore = counter.sent;
  const sample = await measure(work, ms);
  await counter.idle();
  const extra = {
    "refreshes/s": perSecond(sample),
    "all round trips": (counter.sent - sentBefore) / sample.calls,
  };
  return { ...sample, extra };
}

function perSecond({ calls, ns }: Sample): number {
  return calls / (ns / 1e9);
}

/**
 * Throws unless a refresh returns a valid token, a reused token ends the session, and any other
 * token is rejected.
 */
async function prove({ store }: OpenStore): Promise<void> {
  const auth = new AuthManager({ ...OPTIONS, sessions: store, refreshGrace: 0 });
  const first = await auth.login("ada", { scope: { read: true } });
  const second = await auth.refresh(first.refreshToken);
  assert.deepEqual((await auth.verify(second.authToken)).scope, { read: true });
  const third = await auth.refresh(second.refreshToken);
  await assert.rejects(auth.refresh(third.authToken), { reason: "TOKEN_TYPE_INVALID" });
  await assert.rejects(auth.refresh(second.refreshToken), { reason: "TOKEN_REUSED" });
  await assert.rejects(auth.refresh(third.refreshToken), { reason: "TOKEN_REVOKED" });
}
