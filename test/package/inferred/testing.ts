/** A user's package that exports results of `claimgate/testing` with inferred types. */
import { createTestAuth, createTestClock, makeSessionRecord, sessionStoreSuite, tamper } from "claimgate/testing";

export const testAuth = createTestAuth();
export const { auth } = testAuth;
export const clock = createTestClock();
export const record = makeSessionRecord();
export const cases = sessionStoreSuite({ open: () => Promise.reject(new Error("not opened")) });
export const tampered = tamper("a.b.c");
