/** What tests of applications need (`claimgate/testing`): the suite that a session store must pass, a clock to move, and tokens. */
export { createTestAuth, type TestAuth, tamper } from "./auth.ts";
export { createTestClock, type TestClock } from "./clock.ts";
export { type SuiteCase, type SuiteOptions, sessionStoreSuite } from "./session-store-suite.ts";
export { makeSessionRecord } from "./suite-support.ts";
