/** The theft drill, for a few seconds on each store, and the best-known orders in full. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeWithService } from "../../support/describe-with-service.ts";
import { type DrilledStore, STORE_KINDS } from "./drilled-stores.ts";
import { theftDrills } from "./theft.ts";
import { scriptsOf } from "./theft-model.ts";
import { serverDoors } from "./theft-servers.ts";
import { type DoorAnswer, managerDoors, type OpenDoors, openStage, type Stage, type Tokens } from "./theft-stage.ts";

const REUSED = { refused: "401 TOKEN_REUSED" };
const REVOKED = { refused: "401 TOKEN_REVOKED" };

describe("the drill of thefts", () => {
  it("covers every store and both transports", () => {
    expect(theftDrills.map(({ store }) => store)).toEqual([
      ...STORE_KINDS.map(({ store }) => store),
      "memory, tRPC and Yoga",
      "Redis (redis), tRPC and Yoga",
    ]);
  });

  it("plays every sequence of up to ten steps", () => {
    expect([1, 2, 3].map((length) => scriptsOf(length).length)).toEqual([10, 110, 1110]);
  });
});

for (const { store, probe, run } of theftDrills) {
  describeWithService(`theft on ${store}`, probe, () => {
    it("rejects the second user of a token in every sequence, and ends the session for both", {
      timeout: 120_000,
    }, async () => {
      const result = await run("short");
      expect(result.violations).toEqual([]);
      expect(result).toMatchObject({ drill: "theft", store });
    });
  });
}

for (const kind of STORE_KINDS) {
  describeWithService(`a stolen refresh token, on ${kind.store}`, kind.probe, () =>
    describeOrders(kind.open, managerDoors),
  );
}
describe("a stolen refresh token, over tRPC by the attacker and over GraphQL by the victim", () => {
  describeOrders(async () => memoryKind().open(), serverDoors);
});

function memoryKind() {
  const [memory] = STORE_KINDS;
  if (memory?.store !== "memory") throw new TypeError("The first kind of store is not the one in memory");
  return memory;
}

function describeOrders(openStore: () => Promise<DrilledStore>, openDoors: OpenDoors): void {
  let opened: DrilledStore;
  let strict: Stage;
  let lenient: Stage;
  beforeAll(async () => {
    opened = await openStore();
    strict = await openStage(opened.store, openDoors, { grace: 0 });
    lenient = await openStage(opened.store, openDoors, {});
  }, 60_000);
  afterAll(async () => {
    await Promise.all([strict.close(), lenient.close()]);
    await opened.close();
  });

  /** A login with a stolen refresh token, and another login of the same subject. */
  const steal = async ({ auth }: Stage) => {
    const subject = `subject-${crypto.randomUUID()}`;
    const stolen = await auth.login(subject);
    return { stolen, other: await auth.login(subject) };
  };
  const expectDead = async ({ doors }: Stage, { other }: { other: Tokens }, ...tokens: Tokens[]): Promise<void> => {
    for (const door of [doors.A, doors.V]) {
      for (const { authToken, refreshToken } of tokens) {
        expect(await door.refresh(refreshToken)).toEqual(REVOKED);
        expect(await door.guard(refreshToken)).toEqual(REVOKED);
        expect(await door.enter(authToken)).toEqual(REVOKED);
      }
    }
    expect(await doors.V.enter(other.authToken)).toBe("in");
    expect(await doors.V.guard(other.refreshToken)).toBe("in");
  };

  it.each([
    ["A", "V"],
    ["V", "A"],
  ] as const)("without a grace, ends for both when %s refreshes first and %s refreshes second", async (first, second) => {
    const theft = await steal(strict);
    const { doors } = strict;
    const mine = tokensOf(await doors[first].refresh(theft.stolen.refreshToken));
    expect(await doors[first].enter(mine.authToken)).toBe("in");
    expect(await doors[second].refresh(theft.stolen.refreshToken)).toEqual(REUSED);
    await expectDead(strict, theft, theft.stolen, mine);
  });

  it("without a grace, is rejected for one of two concurrent refreshes, and the other's tokens are revoked", async () => {
    const theft = await steal(strict);
    const { A, V } = strict.doors;
    const answers = await Promise.all([A, V].map((door) => door.refresh(theft.stolen.refreshToken)));
    const [refused, ...others] = answers.filter((answer) => answer !== "in" && "refused" in answer);
    expect([refused, others]).toEqual([REUSED, []]);
    const [winner, ...more] = answers.filter((answer) => answer !== "in" && "refreshToken" in answer);
    expect(more).toEqual([]);
    await expectDead(strict, theft, theft.stolen, tokensOf(winner ?? "in"));
  });

  it("without a grace, is detected by the victim's old token after two refreshes of the attacker", async () => {
    const theft = await steal(strict);
    const { A, V } = strict.doors;
    const once = tokensOf(await A.refresh(theft.stolen.refreshToken));
    const twice = tokensOf(await A.refresh(once.refreshToken));
    expect(await V.refresh(theft.stolen.refreshToken)).toEqual(REUSED);
    await expectDead(strict, theft, theft.stolen, once, twice);
  });

  it("without a grace, is detected by a guard for refresh tokens as by refresh", async () => {
    const theft = await steal(strict);
    const { A, V } = strict.doors;
    expect(await A.guard(theft.stolen.refreshToken)).toBe("in");
    const mine = tokensOf(await V.refresh(theft.stolen.refreshToken));
    expect(await V.guard(mine.refreshToken)).toBe("in");
    expect(await A.guard(theft.stolen.refreshToken)).toEqual(REUSED);
    await expectDead(strict, theft, theft.stolen, mine);
  });

  it("within the grace, gives both the same successor, and reuse of the successor is detected", async () => {
    const theft = await steal(lenient);
    const { doors, pass } = lenient;
    const a = tokensOf(await doors.A.refresh(theft.stolen.refreshToken));
    await pass(9);
    const v = tokensOf(await doors.V.refresh(theft.stolen.refreshToken));
    expect(claimsOf(v)).toEqual(claimsOf(a));
    expect(await doors.A.guard(theft.stolen.refreshToken)).toBe("in");
    const next = tokensOf(await doors.V.refresh(v.refreshToken));
    expect(claimsOf(next)).not.toEqual(claimsOf(v));
    await pass(10);
    expect(await doors.A.refresh(a.refreshToken)).toEqual(REUSED);
    await expectDead(lenient, theft, theft.stolen, a, v, next);
  });

  it("within the grace, is rejected once its successor was used", async () => {
    const theft = await steal(lenient);
    const { A, V } = lenient.doors;
    const a = tokensOf(await A.refresh(theft.stolen.refreshToken));
    const next = tokensOf(await A.refresh(a.refreshToken));
    expect(await V.refresh(theft.stolen.refreshToken)).toEqual(REUSED);
    await expectDead(lenient, theft, theft.stolen, a, next);
  });

  it("after the grace, ends for both at the second use, at refresh and at a guard", async () => {
    for (const at of ["refresh", "guard"] as const) {
      const theft = await steal(lenient);
      const { doors, pass } = lenient;
      const a = tokensOf(await doors.A.refresh(theft.stolen.refreshToken));
      await pass(10);
      expect(await doors.V[at](theft.stolen.refreshToken)).toEqual(REUSED);
      await expectDead(lenient, theft, theft.stolen, a);
    }
  });

  it("can be refreshed without end when only the victim uses it", async () => {
    for (const stage of [strict, lenient]) {
      const { stolen } = await steal(stage);
      let mine: Tokens = stolen;
      for (let n = 0; n < 5; n++) {
        mine = tokensOf(await stage.doors.V.refresh(mine.refreshToken));
        expect(await stage.doors.V.enter(mine.authToken)).toBe("in");
        await stage.pass(n * 5);
      }
    }
  });
}

function tokensOf(answer: DoorAnswer): Tokens {
  if (answer === "in" || "refused" in answer) throw new Error(`There are no tokens in ${JSON.stringify(answer)}`);
  return answer;
}

function claimsOf({ refreshToken }: Tokens): unknown {
  const payload = Buffer.from(refreshToken.split(".")[1] ?? "", "base64url").toString();
  const { sid, rid, iat, exp } = JSON.parse(payload) as Record<string, unknown>;
  return { sid, rid, iat, exp };
}
