/** A manager for the tests of an application, and a function that makes a token invalid. */

import type { SecretKeyConfig } from "../core/config/options.ts";
import { AuthManager } from "../core/manager/manager.ts";
import type { Claims } from "../core/rules/rule.ts";
import { memorySessionStore } from "../core/stores/memory.ts";
import { createTestClock, type TestClock } from "./clock.ts";

/** A test manager and its clock. */
export interface TestAuth<C = Claims> {
  /** The manager. It has a random key and keeps its sessions in memory. */
  readonly auth: AuthManager<C>;
  /** The clock of the manager, unless the options set another `now`. */
  readonly clock: TestClock;
}

/**
 * Creates a manager for tests. It has the issuer `https://test.example`, a random HS256 secret,
 * sessions in memory, and a clock that moves only when the test moves it.
 *
 * @param config options of the manager, which replace these defaults. Only another HMAC secret can
 * replace the secret: `keys`, `privateKey` and `publicKey` are rejected.
 * @throws `InvalidConfigError` if an option is invalid
 * @throws `MissingConfigError` if an option needs another option that is missing
 *
 * @example
 * ```ts
 * import { createTestAuth } from "claimgate/testing";
 *
 * const { auth, clock } = createTestAuth();
 * const token = await auth.authToken("alice", { scope: { admin: true } });
 * clock.advance(3600);
 * ```
 */
export function createTestAuth<C = Claims>(config: Partial<SecretKeyConfig<C>> = {}): TestAuth<C> {
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
 * Returns the token with another signature. A manager rejects it with `SIGNATURE_INVALID`.
 *
 * @throws `TypeError` if `token` is not a signed token in compact form
 *
 * @example
 * ```ts
 * import { createTestAuth, tamper } from "claimgate/testing";
 *
 * const { auth } = createTestAuth();
 * const forged = tamper((await auth.authToken("alice")).signed);
 * ```
 */
export function tamper(token: string): string {
  const [header, payload, signature, ...more] = token.split(".");
  if (!signature || payload === undefined || more.length > 0)
    throw new TypeError("tamper: token must be a signed token in compact form: pass token.signed");
  // Changes a character in the middle, because the last one may contain unused bits.
  const at = Math.floor(signature.length / 2);
  const other = signature[at] === "A" ? "B" : "A";
  return `${header}.${payload}.${signature.slice(0, at)}${other}${signature.slice(at + 1)}`;
}
