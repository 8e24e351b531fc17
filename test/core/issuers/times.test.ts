/** A trusted issuer's tokens live from nbf and iat to exp, by the manager's clock and leeway. */
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

describe("a date", () => {
  it.each<[string, Record<string, unknown>, string, string]>([
    ["exp that is to come", { exp: NOW + 1 }, "allowed", "allowed"],
    ["exp that has come", { exp: NOW }, "TOKEN_EXPIRED", "allowed"],
    ["exp that is past by the leeway", { exp: NOW - 10 }, "TOKEN_EXPIRED", "TOKEN_EXPIRED"],
    ["nbf that has come", { nbf: NOW }, "allowed", "allowed"],
    ["nbf that is to come", { nbf: NOW + 10 }, "TOKEN_NOT_YET_VALID", "allowed"],
    ["nbf that is to come after the leeway", { nbf: NOW + 11 }, "TOKEN_NOT_YET_VALID", "TOKEN_NOT_YET_VALID"],
    ["iat of a clock that is ahead", { iat: NOW + 60 }, "allowed", "allowed"],
    ["iat of a clock that is ahead by the leeway too", { iat: NOW + 70 }, "TOKEN_NOT_YET_VALID", "allowed"],
    ["iat of a clock that is far ahead", { iat: NOW + 71 }, "TOKEN_NOT_YET_VALID", "TOKEN_NOT_YET_VALID"],
    ["no exp", { exp: undefined }, "CLAIM_MISSING", "CLAIM_MISSING"],
    ["no iat", { iat: undefined }, "CLAIM_MISSING", "CLAIM_MISSING"],
    ["exp that is text", { exp: String(NOW + 60) }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["nbf that is text", { nbf: String(NOW) }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["iat that is text", { iat: String(NOW) }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["exp in milliseconds", { exp: (NOW + 60) * 1e6 }, "CLAIM_INVALID", "CLAIM_INVALID"],
    ["a jti that is no text", { jti: 7 }, "CLAIM_INVALID", "CLAIM_INVALID"],
  ])("%s", async (_, claims, strict, lenient) => {
    const signed = await theirs.token(claims);
    expect(await verdictOf(withLeeway(0), signed)).toBe(strict);
    expect(await verdictOf(withLeeway(10), signed)).toBe(lenient);
  });
});

describe("a token that was verified before", () => {
  it("is refused once exp has come, leeway included", async () => {
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
