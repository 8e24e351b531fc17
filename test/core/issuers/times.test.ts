/** The times of a trusted issuer's token: exp, nbf and iat, by the manager's clock and leeway. */
import type { AuthManager } from "claimgate";
import { createTestClock } from "claimgate/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { NOW } from "../../support/create-auth.ts";
import { verdictOf } from "../../support/verdict-of.ts";
import { createIssuer, entryOf, type Issuer, trusting } from "./support.ts";

let theirs: Issuer;
beforeAll(async () => {
  theirs = await createIssuer();
});

const withLeeway = (leeway: number): AuthManager => trusting(entryOf(theirs), { leeway });

describe("a trusted issuer's token with", () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    ["exp in the future", { exp: NOW + 1 }, "allowed", "allowed"],
    ["exp now", { exp: NOW }, "TOKEN_EXPIRED", "allowed"],
    ["exp past by the leeway", { exp: NOW - 10 }, "TOKEN_EXPIRED", "TOKEN_EXPIRED"],
    ["nbf now", { nbf: NOW }, "allowed", "allowed"],
    ["nbf in the future by the leeway", { nbf: NOW + 10 }, "TOKEN_NOT_YET_VALID", "allowed"],
    ["nbf in the future by more than the leeway", { nbf: NOW + 11 }, "TOKEN_NOT_YET_VALID", "TOKEN_NOT_YET_VALID"],
    ["iat ahead by the tolerated minute", { iat: NOW + 60 }, "allowed", "allowed"],
    ["iat ahead by the tolerated minute and the leeway", { iat: NOW + 70 }, "TOKEN_NOT_YET_VALID", "allowed"],
    ["iat ahead by more than that", { iat: NOW + 71 }, "TOKEN_NOT_YET_VALID", "TOKEN_NOT_YET_VALID"],
    ["no exp", { exp: undefined }, "CLAIM_MISSING", "CLAIM_MISSING"],
    ["no iat", { iat: undefined }, "CLAIM_MISSING", "CLAIM_MISSING"],
    ["exp that is text", { exp: String(NOW + 60) }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["nbf that is text", { nbf: String(NOW) }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["iat that is text", { iat: String(NOW) }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["exp in milliseconds", { exp: (NOW + 60) * 1e6 }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["a jti that is not a text", { jti: 7 }, "CLAIM_INVALID", "CLAIM_INVALID"],
  ])("%s (%j) results in %s without leeway, %s with 10 seconds", async (_, claims, strict, lenient) => {
    const signed = await theirs.token(claims);
    expect(await verdictOf(withLeeway(0), signed)).toBe(strict);
    expect(await verdictOf(withLeeway(10), signed)).toBe(lenient);
  });
});

describe("a cached token of a trusted issuer", () => {
  it("is rejected once exp and the leeway have passed", async () => {
    const clock = createTestClock(NOW);
    const auth = trusting(entryOf(theirs), { now: clock.now, leeway: 5 });
    const signed = await theirs.token();
    expect(await verdictOf(auth, signed)).toBe("allowed");
    clock.set(NOW + 64);
    expect(await verdictOf(auth, signed)).toBe("allowed");
    clock.set(NOW + 65);
    expect(await verdictOf(auth, signed)).toBe("TOKEN_EXPIRED");
    expect(await auth.verifyToken(signed)).toBe(false);
  });
});
