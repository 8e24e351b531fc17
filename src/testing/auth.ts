/** A manager to test an application's rules with, and tokens that must be refused. */

import type { AuthManagerConfig } from "../core/config/options.ts";
import { AuthManager } from "../core/manager/manager.ts";
import type { Claims } from "../core/rules/rule.ts";
import { memorySessionStore } from "../core/stores/memory.ts";
import { createTestClock, type TestClock } from "./clock.ts";

/** A manager with a key of its own, sessions in memory, and the clock it goes by. */
export interface TestAuth<C = Claims> {
  readonly auth: AuthManager<C>;
  readonly clock: TestClock;
}

/**
 * A manager whose tokens nobody else can make. `config` adds to its options, and may replace them.
 */
export function createTestAuth<C = Claims>(config: Partial<AuthManagerConfig<C>> = {}): TestAuth<C> {
  const clock = createTestClock();
  const auth = new AuthManager<C>({
    issuer: "https://test.example",
    algorithm: "HS256",
    secret: crypto.getRandomValues(new Uint8Array(32)),
    sessions: memorySessionStore(),
    now: clock.now,
    ...config,
  });
  return { auth, clock };
}

/**
 * The token with a changed signature: refused as `SIGNATURE_INVALID`. Throws `TypeError` for what
 * is no compact token.
 */
export function tamper(token: string): string {
  const [header, payload, signature, ...more] = token.split(".");
  if (!signature || payload === undefined || more.length > 0) throw new TypeError("The token is not in compact form");
  // In the middle: the last character may carry bits that mean nothing.
  const at = Math.floor(signature.length / 2);
  const other = signature[at] === "A" ? "B" : "A";
  return `${header}.${payload}.${signature.slice(0, at)}${other}${signature.slice(at + 1)}`;
}
