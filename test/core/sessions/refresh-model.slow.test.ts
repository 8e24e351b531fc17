/** The law of refresh tokens: every verdict equals the verdict of a naive model. */

import { type AuthManager, memorySessionStore, type TokenPair } from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { outcomeOf } from "../../support/verdict-of.ts";
import { claimsOf, sidOf } from "./support.ts";

const RUNS = 300;
const REFRESH_MAX_AGE = 60;

/** The model of a session: its refresh tokens and their expiry. */
interface Blackboard {
  readonly subject: string;
  readonly endsAt: number;
  /** The `exp` of each of its refresh tokens, oldest first. */
  readonly expiries: number[];
  replacedAt: number;
  hasEnded: boolean;
}

/** An issued token pair: its session, and its position in that session. */
interface Held {
  readonly session: Blackboard;
  readonly generation: number;
  readonly pair: TokenPair;
}

type Action =
  | { readonly do: "login"; readonly subject: string }
  | { readonly do: "refresh" | "verify" | "revoke" | "end"; readonly pick: number }
  | { readonly do: "revokeAll"; readonly subject: string }
  | { readonly do: "wait"; readonly seconds: number };

const subject = fc.constantFrom("ada", "bob");
const pick = fc.nat(1000);
const actions: fc.Arbitrary<Action[]> = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.record({ do: fc.constant("login" as const), subject }) },
    { weight: 12, arbitrary: fc.record({ do: fc.constant("refresh" as const), pick }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("verify" as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("revoke" as const, "end" as const), pick }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("revokeAll" as const), subject }) },
    {
      weight: 5,
      arbitrary: fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(0.5, 1, 4.5, 5, 10, 25, 60) }),
    },
  ),
  { minLength: 5, maxLength: 40, size: "max" },
);
const settings = fc.record({
  refreshGrace: fc.constantFrom(0, 5, 10, 30),
  sessionMaxAge: fc.constantFrom(undefined, 90),
});

it(`${RUNS} random lives of sessions get the verdicts of the naive model`, async () => {
  const seen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(settings, actions, async ({ refreshGrace, sessionMaxAge }, life) => {
      const clock = createTestClock(NOW);
      const { auth } = createAuth({
        sessions: memorySessionStore(),
        now: clock.now,
        refreshMaxAge: REFRESH_MAX_AGE,
        refreshGrace,
        ...(sessionMaxAge === undefined ? {} : { sessionMaxAge }),
      });
      const boards: Blackboard[] = [];
      const held: Held[] = [];
      await play({ auth, clock, boards, held, refreshGrace, sessionMaxAge, seen }, [
        { do: "login", subject: "ada" },
        ...life,
      ]);
      // The remaining sessions are the same, too.
      for (const name of ["ada", "bob"]) {
        const standing = boards.filter((board) => board.subject === name && stands(board, clock.now()));
        expect(new Set((await auth.sessions(name)).map(({ id }) => id))).toEqual(
          new Set(standing.map((board) => sidOf(held.find(({ session }) => session === board)?.pair.authToken ?? ""))),
        );
      }
    }),
    // Every run has the same seed; MODEL_SEED sets another.
    { numRuns: RUNS, seed: Number(process.env["MODEL_SEED"] ?? 42) },
  );
  for (const verdict of ["live", "again", "TOKEN_REUSED", "TOKEN_REVOKED", "TOKEN_EXPIRED"])
    expect([verdict, (seen.get(verdict) ?? 0) > 100]).toEqual([verdict, true]);
}, 120_000);

interface Stage {
  readonly auth: AuthManager;
  readonly clock: TestClock;
  readonly boards: Blackboard[];
  readonly held: Held[];
  readonly refreshGrace: number;
  readonly sessionMaxAge: number | undefined;
  readonly seen: Map<string, number>;
}

async function play(stage: Stage, life: readonly Action[]): Promise<void> {
  const { auth, clock, boards, held, seen } = stage;
  for (const action of life) {
    const one = "pick" in action ? held[action.pick % held.length] : undefined;
    if (action.do === "wait") clock.advance(action.seconds);
    if (action.do === "login") {
      const endsAt =
        stage.sessionMaxAge === undefined ? Number.POSITIVE_INFINITY : Math.floor(clock.now()) + stage.sessionMaxAge;
      const session: Blackboard = { subject: action.subject, endsAt, expiries: [], replacedAt: 0, hasEnded: false };
      session.expiries.push(nextExpiry(session, clock.now()));
      boards.push(session);
      held.push({ session, generation: 0, pair: await auth.login(action.subject) });
    }
    if (action.do === "revokeAll") {
      await auth.revoke({ subject: action.subject });
      for (const board of boards) if (board.subject === action.subject) board.hasEnded = true;
    }
    if (!one) continue;
    if (action.do === "revoke" || action.do === "end") {
      const { authToken, refreshToken } = one.pair;
      await auth.revoke(action.do === "revoke" ? { token: refreshToken } : { session: sidOf(authToken) });
      one.session.hasEnded = true;
    }
    if (action.do === "verify") {
      const expected = verdictOf(one, stage);
      agree(await outcomeOf(auth.verify(one.pair.refreshToken, { type: "refresh" })), expected);
    }
    if (action.do === "refresh") {
      const expected = verdictOf(one, stage);
      seen.set(expected, (seen.get(expected) ?? 0) + 1);
      let pair: TokenPair | undefined;
      agree(await outcomeOf(auth.refresh(one.pair.refreshToken).then((given) => (pair = given))), expected);
      if (pair) note(one, pair, expected, stage);
    }
  }
}

function agree(answer: string, expected: string): void {
  expect(answer).toBe(expected === "live" || expected === "again" ? "allowed" : expected);
}

/** Compares the pair with the earlier pairs, and adds it to the model. */
function note({ session }: Held, pair: TokenPair, expected: string, { clock, held }: Stage): void {
  if (expected === "live") {
    session.expiries.push(nextExpiry(session, clock.now()));
    session.replacedAt = clock.now();
  }
  const generation = session.expiries.length - 1;
  const claims = claimsOf(pair.refreshToken);
  expect(claims["exp"]).toBe(session.expiries[generation]);
  const alike = held.filter((other) => other.session === session && other.generation === generation);
  for (const other of alike) expect(claimsOf(other.pair.refreshToken)).toEqual(claims);
  const rids = held.filter((other) => !alike.includes(other)).map((other) => claimsOf(other.pair.refreshToken)["rid"]);
  expect(rids).not.toContain(claims["rid"]);
  held.push({ session, generation, pair });
}

/** The expected verdict on a token presented now. A reuse ends its session. */
function verdictOf({ session, generation }: Held, { clock, refreshGrace }: Stage): string {
  const now = clock.now();
  const newest = session.expiries.length - 1;
  if ((session.expiries[generation] ?? 0) <= now) return "TOKEN_EXPIRED";
  if (!stands(session, now)) return "TOKEN_REVOKED";
  if (generation === newest) return "live";
  if (generation === newest - 1 && now < session.replacedAt + refreshGrace) return "again";
  session.hasEnded = true;
  return "TOKEN_REUSED";
}

function stands({ expiries, hasEnded }: Blackboard, now: number): boolean {
  return !hasEnded && now < (expiries.at(-1) ?? NOW);
}

function nextExpiry({ endsAt }: Blackboard, now: number): number {
  return Math.min(Math.floor(now) + REFRESH_MAX_AGE, endsAt);
}
