/** The queue of signatures on libuv's threads: at most 64 at once for a manager, in order. */
import nodeCrypto from "node:crypto";
import { AuthManager } from "claimgate";
import { decode } from "claimgate/jwt";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ISSUER, NOW } from "../../../support/create-auth.ts";
import { base64url, goodClaims } from "../../../support/forge.ts";
import { outcomeOf } from "../../../support/verdict-of.ts";
import { watchRejections } from "../../../support/watch-rejections.ts";
import { pairOf, signerOf } from "./signers.ts";
import { newQueue } from "./support.ts";

watchRejections();
afterEach(() => void vi.restoreAllMocks());

type Done = (error: Error | null, result: number) => void;

/** A queue with `count` runs, in the order in which they start. */
function start(count: number): {
  readonly queue: ReturnType<typeof newQueue>;
  readonly started: number[];
  readonly done: Done[];
  readonly runs: Promise<number>[];
} {
  const queue = newQueue();
  const [started, done]: [number[], Done[]] = [[], []];
  const runs = Array.from({ length: count }, (_, i) =>
    queue.run<number>((callback) => {
      started.push(i);
      done.push(callback);
    }),
  );
  return { queue, started, done, runs };
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe("a queue", () => {
  it("starts 64 at once, and each other one in order at the end of another", async () => {
    const { started, done, runs } = start(70);
    expect(started).toEqual(upTo(64));
    done[5]?.(null, 50);
    expect(started).toEqual(upTo(65));
    done[64]?.(null, 640);
    expect(started).toEqual(upTo(66));
    expect([await runs[5], await runs[64]]).toEqual([50, 640]);
    for (const [i, callback] of done.entries()) if (i !== 5 && i !== 64) callback(null, i * 10);
    for (const [i, callback] of [...done.entries()].slice(66)) callback(null, i * 10);
    expect(await Promise.all(runs)).toEqual(upTo(70).map((i) => i * 10));
  });

  it("gives the place of one that fails to the next", async () => {
    const { started, done, runs } = start(66);
    done[0]?.(new Error("boom"), 0);
    await expect(runs[0]).rejects.toThrow("boom");
    expect(started).toEqual(upTo(65));
  });

  it("gives the place of one that throws at its start to the next", async () => {
    const queue = newQueue();
    const fail = (): never => {
      throw new Error("boom");
    };
    // More than there are places: each must have been given back.
    for (const run of upTo(100).map(() => queue.run(fail))) await expect(run).rejects.toThrow("boom");
    expect(await queue.run<number>((done) => done(null, 7))).toBe(7);
  });

  it("starts one that waits, and throws at its start, without an end of the others", async () => {
    const queue = newQueue();
    const done: Done[] = [];
    const runs = upTo(64).map(() => queue.run<number>((callback) => void done.push(callback)));
    const broken = queue.run(() => {
      throw new Error("boom");
    });
    const last = queue.run<number>((callback) => callback(null, 7));
    done[0]?.(null, 0);
    await expect(broken).rejects.toThrow("boom");
    expect(await last).toBe(7);
    for (const callback of done.slice(1)) callback(null, 0);
    await Promise.all(runs);
  });

  it("starts the next one after thousands that wait, and throw at their start", async () => {
    const { done, runs, queue } = start(64);
    const broken = upTo(20_000).map(() =>
      queue.run(() => {
        throw new Error("boom");
      }),
    );
    const settled = Promise.allSettled(broken);
    const last = queue.run<number>((callback) => void setImmediate(callback, null, 7));
    for (const callback of done) callback(null, 0);
    expect((await settled).every(({ status }) => status === "rejected")).toBe(true);
    expect(await last).toBe(7);
    await Promise.all(runs);
  });
});

describe("the signatures of a manager", () => {
  const signer = signerOf("ES384");
  const tokenOf = (jti: string): string => {
    const data = `${base64url('{"alg":"ES384"}')}.${base64url(JSON.stringify(goodClaims({ jti })))}`;
    return `${data}.${base64url(signer.sign(data))}`;
  };
  const create = async (): Promise<AuthManager> => {
    const auth = new AuthManager({
      issuer: ISSUER,
      algorithm: "ES384",
      publicKey: pairOf("ES384").publicKey,
      now: () => NOW,
    });
    await auth.ready();
    return auth;
  };

  it("have a queue of their own, and those without a manager one more", async () => {
    const [one, other] = [await create(), await create()];
    const tokens = upTo(70).map((i) => tokenOf(`t${i}`));
    const held: (() => void)[] = [];
    const real = nodeCrypto.verify as (...args: unknown[]) => unknown;
    const verify = vi.spyOn(nodeCrypto, "verify").mockImplementation((...args: unknown[]) => {
      held.push(() => void real(...args));
    });
    const accepted = tokens.map((token) => outcomeOf(one.verify(token)));
    await vi.waitFor(() => expect(held).toHaveLength(64));
    accepted.push(outcomeOf(other.verify(tokens[0] as string)));
    await vi.waitFor(() => expect(held).toHaveLength(65));
    const claims = decode(tokens[0] as string, signer.verifyKey, { algorithms: ["ES384"], now: NOW });
    await vi.waitFor(() => expect(held).toHaveLength(66));
    verify.mockRestore();
    for (const release of held) release();
    expect(await Promise.all(accepted)).toEqual(Array(71).fill("allowed"));
    expect(await claims).toMatchObject({ sub: "ada" });
  });
});
