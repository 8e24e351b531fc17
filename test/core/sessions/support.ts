/** Support for the suites of sessions: managers with a clock, a watched store, token readers. */
import {
  type AuthEvent,
  type AuthManager,
  type AuthManagerConfig,
  isAuthError,
  memorySessionStore,
  type SessionRecord,
  type SessionRotation,
  type SessionStore,
  type StoreOperation,
} from "claimgate";
import { createTestClock, type TestClock } from "claimgate/testing";
import { Redis } from "ioredis";
import { describe } from "vitest";
import { createAuth, NOW } from "../../support/create-auth.ts";
import { describeWithService } from "../../support/describe-with-service.ts";
import { forge, goodClaims } from "../../support/forge.ts";
import {
  type OpenStore,
  openIORedis,
  openMemory,
  openNodeRedis,
  openPGlite,
  openPostgres,
  REDIS_URL,
  uniqueName,
} from "../../support/open-stores.ts";
import { probeDatabase, probeRedis } from "../../support/probes.ts";
import { refusalOf } from "../../support/refusal-of.ts";

export type OperationName = keyof SessionStore;

/** A store that records operations and lets a test act before each one and before its answer. */
export class WatchedStore implements SessionStore {
  readonly asked: { readonly name: OperationName; readonly operation: StoreOperation; readonly at: number }[] = [];
  /** An error from here replaces the operation. */
  before: (name: OperationName) => unknown = () => undefined;
  /** An error from here replaces the answer of an operation that took effect. */
  after: (name: OperationName) => unknown = () => undefined;
  readonly #inner: SessionStore;

  constructor(inner: SessionStore = memorySessionStore()) {
    this.#inner = inner;
  }

  create(record: SessionRecord, operation: StoreOperation): Promise<boolean> {
    return this.#watch("create", operation, () => this.#inner.create(record, operation));
  }
  find(id: string, operation: StoreOperation): Promise<SessionRecord | null> {
    return this.#watch("find", operation, () => this.#inner.find(id, operation));
  }
  rotate(id: string, rid: string, next: SessionRotation, operation: StoreOperation): Promise<SessionRecord | null> {
    return this.#watch("rotate", operation, () => this.#inner.rotate(id, rid, next, operation));
  }
  claim(id: string, version: number, claimedBy: string, operation: StoreOperation): Promise<boolean> {
    return this.#watch("claim", operation, () => this.#inner.claim(id, version, claimedBy, operation));
  }
  end(id: string, operation: StoreOperation): Promise<boolean> {
    return this.#watch("end", operation, () => this.#inner.end(id, operation));
  }
  list(subject: string, operation: StoreOperation): Promise<readonly SessionRecord[]> {
    return this.#watch("list", operation, () => this.#inner.list(subject, operation));
  }
  endAll(subject: string, operation: StoreOperation): Promise<readonly string[]> {
    return this.#watch("endAll", operation, () => this.#inner.endAll(subject, operation));
  }

  /** The number of calls of `name`, or of all operations. */
  count(name?: OperationName): number {
    return this.asked.filter((call) => name === undefined || call.name === name).length;
  }

  async #watch<T>(name: OperationName, operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    this.asked.push({ name, operation, at: Date.now() });
    await this.before(name);
    const answer = await work();
    await this.after(name);
    return answer;
  }
}

/** A manager with sessions, its events, its clock and its store. */
export interface Bench {
  readonly auth: AuthManager;
  readonly clock: TestClock;
  readonly store: WatchedStore;
  readonly events: AuthEvent[];
  /** Another manager on the same store and clock, as in another process. */
  another(config?: Partial<AuthManagerConfig>): AuthManager;
}

/** A manager at `NOW` with a new store; `config` adds to its options. */
export function openBench(config: Partial<AuthManagerConfig> = {}, inner?: SessionStore): Bench {
  const clock = createTestClock(NOW);
  const store = new WatchedStore(inner);
  const events: AuthEvent[] = [];
  const another = (over: Partial<AuthManagerConfig> = {}): AuthManager =>
    createAuth({ sessions: store, now: clock.now, ...over }).auth;
  return { auth: another({ onEvent: (event) => events.push(event), ...config }), clock, store, events, another };
}

/** The claims of a token, as it carries them. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as Record<string, unknown>;
}

/** The `sid` of a token. */
export function sidOf(token: string): string {
  return String(claimsOf(token)["sid"]);
}

/** A refresh token like Flask_PyJWT's, valid for an hour from `NOW`, without `undefined` claims. */
export function flaskToken(over: Readonly<Record<string, unknown>> = {}): string {
  return forge({ payload: goodClaims({ type: "refresh", rid: crypto.randomUUID(), exp: NOW + 3600, ...over }) });
}

/** The AuthError that `work` rejects with. Fails on any other outcome. */
export async function refused(work: Promise<unknown>): Promise<{ reason: string; status: number; name: string }> {
  const error = await refusalOf(work);
  if (!isAuthError(error)) throw error;
  const { reason, status, name } = error;
  return { reason, status, name };
}

export const UNAVAILABLE = { name: "AuthError", reason: "STORE_UNAVAILABLE", status: 503 };
export const REVOKED = { name: "UnauthorizedError", reason: "TOKEN_REVOKED", status: 401 };
export const REUSED = { name: "UnauthorizedError", reason: "TOKEN_REUSED", status: 401 };

/** Fails like a store that is unreachable. */
export const down = (): never => {
  throw new Error("connect ECONNREFUSED");
};

/** Never settles. */
export const hanging = (): Promise<never> => new Promise<never>(() => undefined);

/** A promise that a test resolves. */
export function latch(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

/** Runs the suite on every store but the cluster. `open` makes a new connection or database. */
export function describeOnEveryStore(suite: (open: () => Promise<OpenStore>) => void): void {
  describe("memory", () => {
    suite(openMemory);
  });
  describe("PGlite", () => {
    suite(openPGlite);
  });
  describeWithService("Redis through redis", probeRedis, () => suite(() => openForgetful(openNodeRedis)));
  describeWithService("Redis through ioredis", probeRedis, () => suite(() => openForgetful(openIORedis)));
  describeWithService("PostgreSQL", probeDatabase, () => suite(() => openPostgres(uniqueName())));
}

/** A store in Redis that deletes its keys on close, because they would remain for a week. */
async function openForgetful(open: (prefix: string) => Promise<OpenStore>): Promise<OpenStore> {
  const prefix = uniqueName();
  const { store, close } = await open(prefix);
  return {
    store,
    async close() {
      await close();
      const redis = new Redis(REDIS_URL);
      for await (const keys of redis.scanStream({ match: `${prefix}:*`, count: 1000 }))
        if (keys.length > 0) await redis.unlink(keys);
      redis.disconnect();
    },
  };
}
