/** Store operations that arrive after their connection was lost have no late effect. */
import { memorySessionStore, type SessionStore, type StoreOperation } from "claimgate";
import { describe, expect, it } from "vitest";
import { createAuth, NOW } from "../support/create-auth.ts";
import { refusalOf } from "../support/refusal-of.ts";
import { watchRejections } from "../support/watch-rejections.ts";

watchRejections();

const LATE_MS = 120;

/** A store that loses the connection of the next `losses` operations, and runs them later. */
class LosingStore {
  losses = 0;
  readonly arrivals: Promise<unknown>[] = [];
  readonly inner: SessionStore = memorySessionStore();

  readonly store: SessionStore = {
    create: (...given) => this.#run((inner) => inner.create(...given)),
    find: (...given) => this.inner.find(...given),
    rotate: (...given) => this.#run((inner) => inner.rotate(...given)),
    claim: (...given) => this.#run((inner) => inner.claim(...given)),
    end: (...given) => this.#run((inner) => inner.end(...given)),
    list: (...given) => this.inner.list(...given),
    endAll: (...given) => this.#run((inner) => inner.endAll(...given)),
  };

  async #run<T>(work: (inner: SessionStore) => Promise<T>): Promise<T> {
    if (this.losses === 0) return work(this.inner);
    this.losses--;
    const arrival = new Promise((resolve) => setTimeout(resolve, LATE_MS)).then(() => work(this.inner));
    // The store rejects an operation after its deadline, and no caller sees the error.
    this.arrivals.push(arrival.catch(() => undefined));
    throw new Error("read ECONNRESET");
  }

  async idsOf(subject: string): Promise<string[]> {
    const operation: StoreOperation = { now: NOW, deadline: Number.POSITIVE_INFINITY };
    return (await this.inner.list(subject, operation)).map(({ id, version }) => `${id} ${version}`);
  }
}

function open() {
  const losing = new LosingStore();
  const { auth } = createAuth({ sessions: losing.store, storeTimeout: 0.4, refreshGrace: 0 });
  return { losing, auth };
}

describe("store operations that arrive after their connection was lost", () => {
  it.each([
    ["refresh"],
    ["revoke"],
    ["revoke all"],
  ])("have no effect after a %s was answered with 503", async (kind) => {
    const { losing, auth } = open();
    const { refreshToken } = await auth.login("ada");
    losing.losses = 2;
    const work = {
      refresh: () => auth.refresh(refreshToken),
      revoke: () => auth.revoke({ token: refreshToken }),
      "revoke all": () => auth.revoke({ subject: "ada" }),
    }[kind as "refresh" | "revoke" | "revoke all"];
    expect(await refusalOf(work)).toMatchObject({ status: 503, reason: "STORE_UNAVAILABLE" });
    const answered = await losing.idsOf("ada");
    await Promise.all(losing.arrivals);
    expect(losing.arrivals.length).toBe(2);
    expect(await losing.idsOf("ada")).toEqual(answered);
  });

  it("leave no session of a login that was answered with 503", async () => {
    const { losing, auth } = open();
    losing.losses = 2;
    expect(await refusalOf(auth.login("ada"))).toMatchObject({ status: 503, reason: "STORE_UNAVAILABLE" });
    await Promise.all(losing.arrivals);
    expect(await losing.idsOf("ada")).toEqual([]);
  });

  it("do not restore a session that ended right after a login with two attempts", async () => {
    const { losing, auth } = open();
    losing.losses = 1;
    const { refreshToken } = await auth.login("ada");
    await auth.revoke({ token: refreshToken });
    await Promise.all(losing.arrivals);
    expect(await losing.idsOf("ada")).toEqual([]);
    expect(await refusalOf(auth.refresh(refreshToken))).toMatchObject({ status: 401, reason: "TOKEN_REVOKED" });
  });

  it("do not end a session that started after a revocation by subject with two attempts", async () => {
    const { losing, auth } = open();
    await auth.login("ada");
    losing.losses = 1;
    await auth.revoke({ subject: "ada" });
    const { refreshToken } = await auth.login("ada");
    await Promise.all(losing.arrivals);
    expect((await losing.idsOf("ada")).length).toBe(1);
    expect((await auth.refresh(refreshToken)).expiresIn).toBe(3600);
  });
});
