/** Helpers for tests (`claimgate/testing`): a suite for session stores, a test manager, a clock. */

// A manager and a clock

export type { AuthManagerConfig, SecretKeyConfig } from "../core/config/options.ts";
export type { AuthManager } from "../core/manager/manager.ts";
export type { Claims } from "../core/rules/rule.ts";
export { createTestAuth, type TestAuth, tamper } from "./auth.ts";
export { createTestClock, type TestClock } from "./clock.ts";

// Session stores

export type { SessionRecord, SessionStore } from "../core/stores/session-store.ts";
export { type SuiteCase, type SuiteOptions, sessionStoreSuite } from "./session-store-suite.ts";
export { makeSessionRecord } from "./suite-support.ts";
