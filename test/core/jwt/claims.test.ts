/** The registered claims: error class and reason of each, as PyJWT 2.10 checks them. */
import { type DecodeOptions, decode } from "claimgate/jwt";
import { describe, expect, it } from "vitest";
import { NOW, SECRET } from "../../support/create-auth.ts";
import { forge } from "../../support/forge.ts";
import { refusalOf } from "../../support/refusal-of.ts";

type Options = Omit<DecodeOptions, "algorithms" | "now">;
type Good = [what: string, claims: object | string, options?: Options];
type Bad = [what: string, name: string, reason: string, claims: object | string, options?: Options];

const read = (claims: object | string, options: Options = {}): Promise<unknown> =>
  decode(forge({ payload: claims }), SECRET, { algorithms: ["HS256"], now: NOW, ...options });

const GOOD: readonly Good[] = [
  ["no registered claim", { any: "thing" }],
  ["exp one second ahead", { exp: NOW + 1 }],
  ["exp half a second ahead", { exp: NOW + 0.5 }],
  ["exp now, with leeway", { exp: NOW }, { leeway: 1 }],
  ["exp within the leeway", { exp: NOW - 9 }, { leeway: 10 }],
  ["exp past, unverified", { exp: NOW - 1 }, { verifyExp: false }],
  ["nbf now", { nbf: NOW }],
  ["nbf ahead by the leeway", { nbf: NOW + 10 }, { leeway: 10 }],
  ["nbf ahead, unverified", { nbf: NOW + 1 }, { verifyNbf: false }],
  ["iat now", { iat: NOW }],
  ["iat ahead by the leeway", { iat: NOW + 10 }, { leeway: 10 }],
  ["iat ahead, unverified", { iat: NOW + 1 }, { verifyIat: false }],
  ["iat at the epoch", { iat: 0 }],
  ["any iss when no issuer is expected", { iss: "a" }],
  ["the expected iss", { iss: "a" }, { issuer: "a" }],
  ["one of several expected iss", { iss: "b" }, { issuer: ["a", "b"] }],
  ["another iss, unverified", { iss: "b" }, { issuer: "a", verifyIss: false }],
  ["no aud when no audience is expected", {}],
  ["aud null when no audience is expected", { aud: null }],
  ["the expected aud", { aud: "a" }, { audience: "a" }],
  ["a list with the expected aud", { aud: ["b", "a"] }, { audience: "a" }],
  ["one of several expected aud", { aud: "b" }, { audience: ["a", "b"] }],
  ["a list that shares one aud with the expected list", { aud: ["x", "b"] }, { audience: ["a", "b"] }],
  ["an unexpected aud, unverified", { aud: "a" }, { verifyAud: false }],
  ["the expected aud with strictAud", { aud: "a" }, { audience: "a", strictAud: true }],
  ["any sub", { sub: "a" }],
  ["the expected sub", { sub: "a" }, { subject: "a" }],
  ["a sub that is a number, unverified", { sub: 5 }, { verifySub: false }],
  ["jti", { jti: "a" }],
  ["a jti that is a number, unverified", { jti: 5 }, { verifyJti: false }],
  ["all required claims", { exp: NOW + 1, own: false }, { require: ["exp", "own"] }],
];

const BAD: readonly Bad[] = [
  ["exp now", "ExpiredSignatureError", "TOKEN_EXPIRED", { exp: NOW }],
  ["exp half a second ago", "ExpiredSignatureError", "TOKEN_EXPIRED", { exp: NOW - 0.5 }],
  ["exp past by the leeway", "ExpiredSignatureError", "TOKEN_EXPIRED", { exp: NOW - 10 }, { leeway: 10 }],
  ["exp negative", "ExpiredSignatureError", "TOKEN_EXPIRED", { exp: -1 }],
  ["exp zero", "ExpiredSignatureError", "TOKEN_EXPIRED", { exp: 0 }],
  ["exp as text", "DecodeError", "CLAIM_INVALID", { exp: String(NOW + 60) }],
  ["exp null", "DecodeError", "CLAIM_INVALID", { exp: null }],
  ["exp true", "DecodeError", "CLAIM_INVALID", { exp: true }],
  ["exp a list", "DecodeError", "CLAIM_INVALID", { exp: [NOW + 60] }],
  ["exp an object", "DecodeError", "CLAIM_INVALID", { exp: { valueOf: NOW + 60 } }],
  ["exp above the largest number", "DecodeError", "CLAIM_INVALID", '{"exp":1e400}'],
  ["exp above the latest date", "DecodeError", "CLAIM_INVALID", '{"exp":1e300}'],
  ["exp below the smallest number", "DecodeError", "CLAIM_INVALID", '{"exp":-1e400}'],
  ["nbf ahead", "ImmatureSignatureError", "TOKEN_NOT_YET_VALID", { nbf: NOW + 1 }],
  [
    "nbf ahead by more than the leeway",
    "ImmatureSignatureError",
    "TOKEN_NOT_YET_VALID",
    { nbf: NOW + 10.5 },
    { leeway: 10 },
  ],
  ["nbf as text", "DecodeError", "CLAIM_INVALID", { nbf: "0" }],
  ["nbf null", "DecodeError", "CLAIM_INVALID", { nbf: null }],
  ["iat ahead", "ImmatureSignatureError", "TOKEN_NOT_YET_VALID", { iat: NOW + 1 }],
  ["iat as text", "InvalidIssuedAtError", "CLAIM_INVALID", { iat: "0" }],
  ["iat above the largest number", "InvalidIssuedAtError", "CLAIM_INVALID", '{"iat":1e400}'],
  ["another iss", "InvalidIssuerError", "ISSUER_INVALID", { iss: "b" }, { issuer: "a" }],
  ["an iss that contains the expected iss", "InvalidIssuerError", "ISSUER_INVALID", { iss: "ab" }, { issuer: "a" }],
  ["an iss that is part of the expected iss", "InvalidIssuerError", "ISSUER_INVALID", { iss: "a" }, { issuer: "ab" }],
  ["an iss in another case", "InvalidIssuerError", "ISSUER_INVALID", { iss: "A" }, { issuer: "a" }],
  ["an iss that is a list", "InvalidIssuerError", "ISSUER_INVALID", { iss: ["a"] }, { issuer: "a" }],
  ["no iss", "MissingRequiredClaimError", "CLAIM_MISSING", {}, { issuer: "a" }],
  ["an unexpected aud", "InvalidAudienceError", "AUDIENCE_INVALID", { aud: "a" }],
  ["another aud", "InvalidAudienceError", "AUDIENCE_INVALID", { aud: "b" }, { audience: "a" }],
  ["a list of other aud", "InvalidAudienceError", "AUDIENCE_INVALID", { aud: ["b", "c"] }, { audience: ["a", "d"] }],
  [
    "a list of the expected aud and a number",
    "InvalidAudienceError",
    "AUDIENCE_INVALID",
    { aud: ["a", 1] },
    { audience: "a" },
  ],
  ["an aud that is an object", "InvalidAudienceError", "AUDIENCE_INVALID", { aud: { a: 1 } }, { audience: "a" }],
  ["no aud", "MissingRequiredClaimError", "CLAIM_MISSING", {}, { audience: "a" }],
  [
    "a list of aud with strictAud",
    "InvalidAudienceError",
    "AUDIENCE_INVALID",
    { aud: ["a"] },
    { audience: "a", strictAud: true },
  ],
  [
    "a list of expected aud with strictAud",
    "InvalidAudienceError",
    "AUDIENCE_INVALID",
    { aud: "a" },
    { audience: ["a"], strictAud: true },
  ],
  ["a sub that is a number", "InvalidSubjectError", "CLAIM_INVALID", { sub: 5 }],
  ["a sub that is null", "InvalidSubjectError", "CLAIM_INVALID", { sub: null }],
  ["another sub", "InvalidSubjectError", "CLAIM_INVALID", { sub: "b" }, { subject: "a" }],
  ["no sub", "MissingRequiredClaimError", "CLAIM_MISSING", {}, { subject: "a" }],
  ["a jti that is a number", "InvalidJTIError", "CLAIM_INVALID", { jti: 5 }],
  ["a missing required claim", "MissingRequiredClaimError", "CLAIM_MISSING", {}, { require: ["exp"] }],
  ["a required claim that is null", "MissingRequiredClaimError", "CLAIM_MISSING", { own: null }, { require: ["own"] }],
  [
    "a required claim that only Object.prototype has",
    "MissingRequiredClaimError",
    "CLAIM_MISSING",
    {},
    { require: ["toString"] },
  ],
  ["a required __proto__", "MissingRequiredClaimError", "CLAIM_MISSING", {}, { require: ["__proto__"] }],
];

describe("valid claims", () => {
  it.each(GOOD)("are accepted with %s", async (_, claims, options) => {
    expect(await read(claims, options)).toEqual(claims);
  });
});

describe("invalid claims", () => {
  it.each(BAD)("are rejected with %s: %s, %s", async (_, name, reason, claims, options) => {
    expect(await refusalOf(read(claims, options))).toMatchObject({ name, reason });
  });

  it("are rejected with an error that names the missing claim", async () => {
    expect(await refusalOf(read({ a: 1 }, { require: ["a", "exp", "iss"] }))).toMatchObject({ claim: "exp" });
  });
});

it("checks claims in PyJWT's order: required, iat, nbf, exp, iss, aud, sub, jti", async () => {
  const all = { iat: NOW + 1, nbf: "x", exp: NOW, iss: "b", aud: "b", sub: 5, jti: 5 };
  const options = { require: ["own"], issuer: "a", audience: "a" };
  const held: Record<string, unknown> = { ...all };
  const names: string[] = [];
  for (const [claim, good] of Object.entries({ own: 1, iat: 0, nbf: 0, exp: NOW + 1, iss: "a", aud: "a", sub: "a" })) {
    names.push(((await refusalOf(read(held, options))) as Error).name);
    held[claim] = good;
  }
  names.push(((await refusalOf(read(held, options))) as Error).name);
  expect(names).toEqual([
    "MissingRequiredClaimError",
    "ImmatureSignatureError",
    "DecodeError",
    "ExpiredSignatureError",
    "InvalidIssuerError",
    "InvalidAudienceError",
    "InvalidSubjectError",
    "InvalidJTIError",
  ]);
});

it("checks the signature before the claims", async () => {
  const token = forge({ payload: { exp: NOW - 1 }, secret: "x".repeat(40) });
  const error = await refusalOf(decode(token, SECRET, { algorithms: ["HS256"], now: NOW }));
  expect(error).toMatchObject({ name: "InvalidSignatureError", reason: "SIGNATURE_INVALID" });
});
