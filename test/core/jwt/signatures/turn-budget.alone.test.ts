/** The budget of synchronous signatures in a turn of the event loop. The clock is a fake. */
import nodeCrypto from "node:crypto";
import { AuthManager, type AuthManagerConfig } from "claimgate";
import type { Algorithm } from "claimgate/jwt";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ISSUER, NOW, SECRET } from "../../../support/create-auth.ts";
import { base64url, goodClaims } from "../../../support/forge.ts";
import { refusalOf } from "../../../support/refusal-of.ts";
import { pairOf, signerOf } from "./signers.ts";
import { newQueue, nextTurn, openNow } from "./support.ts";

const DATA = "eyJhbGciOiJFUzI1NiJ9.e30";
/** Every signature takes so long. Four of them spend the budget. */
const STEP = 0.25;

let clock = 0;
beforeEach(async () => {
  vi.spyOn(performance, "now").mockImplementation(() => (clock += STEP));
  await nextTurn();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const key = openNow(pairOf("ES256").privateKey, "ES256", "sign");
const publicKey = openNow(pairOf("ES256").publicKey, "ES256", "verify");
const bad = new Uint8Array(64).fill(1);

/** Whether each of `count` calls in this turn is synchronous. */
function callsOf(count: number, call: () => unknown): boolean[] {
  return Array.from({ length: count }, () => !(settled(call()) instanceof Promise));
}

function settled(result: unknown): unknown {
  if (result instanceof Promise) result.catch(() => {});
  return result;
}

const sign = (): unknown => key.sign(DATA, newQueue());
const fail = (): unknown => publicKey.verify(DATA, bad, newQueue());
const SPENT = [true, true, true, true, false, false];

describe("the budget of a turn", () => {
  it("makes signatures after about a millisecond promises, and the next turn synchronous again", async () => {
    expect(callsOf(6, sign)).toEqual(SPENT);
    await Promise.resolve();
    expect(callsOf(1, sign)).toEqual([false]);
    await nextTurn();
    expect(callsOf(6, sign)).toEqual(SPENT);
  });

  it("gives promises the same signatures and verdicts", async () => {
    const eddsa = openNow(pairOf("EdDSA").privateKey, "EdDSA", "sign");
    const signature = await eddsa.sign(DATA, newQueue());
    callsOf(4, sign);
    const later = eddsa.sign(DATA, newQueue());
    expect(later).toBeInstanceOf(Promise);
    expect(await later).toEqual(signature);
    const verifier = openNow(pairOf("EdDSA").publicKey, "EdDSA", "verify");
    callsOf(4, sign);
    const verdicts = [signature, bad].map((one) => verifier.verify(DATA, one, newQueue()));
    expect(verdicts.map((verdict) => verdict instanceof Promise)).toEqual([true, true]);
    expect(await Promise.all(verdicts)).toEqual([true, false]);
  });

  it("counts verifications that fail", () => {
    expect(callsOf(6, fail)).toEqual(SPENT);
  });

  it("counts signatures that throw", () => {
    vi.spyOn(nodeCrypto, "verify").mockImplementation(() => {
      throw new Error("boom");
    });
    const errors: unknown[] = [];
    const thrown = callsOf(6, () => {
      try {
        return fail();
      } catch (error) {
        return void errors.push(error);
      }
    });
    expect(thrown).toEqual(SPENT);
    expect(errors).toEqual(Array(4).fill(expect.objectContaining({ name: "InvalidKeyError" })));
  });

  it("is shared by all algorithms and keys of the process", () => {
    const others = (["EdDSA", "RS256", "PS512"] as const).map((algorithm) =>
      openNow(pairOf(algorithm).publicKey, algorithm, "verify"),
    );
    const verify = others.map((other) => () => other.verify(DATA, new Uint8Array(other.length), newQueue()));
    expect(verify.flatMap((call) => callsOf(1, call))).toEqual([true, true, true]);
    expect(callsOf(2, sign)).toEqual([true, false]);
    expect(verify.flatMap((call) => callsOf(1, call))).toEqual([false, false, false]);
  });

  it("does not count HMACs, and does not limit them", () => {
    const secret = openNow(SECRET, "HS256", "sign");
    const hmac = (): unknown => secret.sign(DATA, newQueue());
    expect(callsOf(20, hmac)).toEqual(Array(20).fill(true));
    expect(callsOf(6, sign)).toEqual(SPENT);
    expect(callsOf(20, hmac)).toEqual(Array(20).fill(true));
  });

  it("does not count signatures by callback", () => {
    const slow = openNow(pairOf("ES384").publicKey, "ES384", "verify");
    expect(callsOf(20, () => slow.verify(DATA, new Uint8Array(96), newQueue()))).toEqual(Array(20).fill(false));
    expect(callsOf(6, sign)).toEqual(SPENT);
  });

  it("begins anew under fake timers", async () => {
    vi.useFakeTimers({ toFake: ["setImmediate", "setTimeout"] });
    expect(callsOf(6, sign)).toEqual(SPENT);
    await nextTurn();
    expect(callsOf(6, sign)).toEqual(SPENT);
  });

  it("ends a turn under fake timers that replace the module's function, as those of sinon do", async () => {
    vi.spyOn(process.getBuiltinModule("node:timers"), "setImmediate").mockImplementation(
      () => ({}) as NodeJS.Immediate,
    );
    expect(callsOf(6, sign)).toEqual(SPENT);
    await nextTurn();
    expect(callsOf(6, sign)).toEqual(SPENT);
  });

  it("is not spent by signatures that take no time, as under a fake clock", () => {
    vi.useFakeTimers();
    expect(callsOf(20, sign)).toEqual(Array(20).fill(true));
  });
});

describe("the verifications of managers", () => {
  const create = (config: object): AuthManager =>
    new AuthManager({ issuer: ISSUER, now: () => NOW, ...config } as AuthManagerConfig);
  const publicKeys = (count: number): object => ({
    keys: Array.from({ length: count }, (_, i) => ({
      kid: `k${i}`,
      algorithm: "ES256" satisfies Algorithm,
      publicKey: nodeCrypto.generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey,
    })),
  });
  const data = `${base64url('{"alg":"ES256"}')}.${base64url(JSON.stringify(goodClaims()))}`;
  const forged = `${data}.${base64url(signerOf("ES256").sign(data))}`;

  it("count every key that a token is tried with", async () => {
    const auth = create(publicKeys(4));
    await auth.ready();
    await nextTurn();
    const refused = refusalOf(auth.verify(forged));
    // The four tries of one token.
    expect(callsOf(1, sign)).toEqual([false]);
    expect(await refused).toMatchObject({ reason: "SIGNATURE_INVALID" });
  });

  it("share one budget, and accept a token on either side of it", async () => {
    const managers = [0, 1].map(() =>
      create({ algorithm: "ES256", publicKey: pairOf("ES256").publicKey, cache: false }),
    );
    await Promise.all(managers.map((auth) => auth.ready()));
    await nextTurn();
    const verified = vi.spyOn(nodeCrypto, "verify");
    const tokens = await Promise.all([0, 1, 2].flatMap(() => managers.map((auth) => auth.verify(forged))));
    expect(tokens.map(({ sub }) => sub)).toEqual(Array(6).fill("ada"));
    const ways = verified.mock.calls.map((call) => typeof (call as readonly unknown[]).at(-1) !== "function");
    expect(ways).toEqual(SPENT);
  });
});
