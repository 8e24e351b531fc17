/** The token errors: names, reasons and classes, the same from both entries. */
import * as root from "claimgate";
import * as jwt from "claimgate/jwt";
import { describe, expect, it } from "vitest";

const TOKEN_ERRORS = {
  InvalidTokenError: "TOKEN_MALFORMED",
  DecodeError: "TOKEN_MALFORMED",
  InvalidSignatureError: "SIGNATURE_INVALID",
  ExpiredSignatureError: "TOKEN_EXPIRED",
  ImmatureSignatureError: "TOKEN_NOT_YET_VALID",
  InvalidAudienceError: "AUDIENCE_INVALID",
  InvalidIssuerError: "ISSUER_INVALID",
  InvalidIssuedAtError: "CLAIM_INVALID",
  InvalidAlgorithmError: "ALGORITHM_INVALID",
  InvalidSubjectError: "CLAIM_INVALID",
  InvalidJTIError: "CLAIM_INVALID",
  MissingRequiredClaimError: "CLAIM_MISSING",
  InvalidTokenTypeError: "TOKEN_TYPE_INVALID",
  RevokedTokenError: "TOKEN_REVOKED",
} as const;
type Name = keyof typeof TOKEN_ERRORS;
const classes = { ...jwt };
const sameClasses: Readonly<Record<string, unknown>> = { ...root };
const ENTRIES = Object.entries(TOKEN_ERRORS) as [Name, string][];

describe("token errors", () => {
  it.each(ENTRIES)("%s has the reason %s and extends InvalidTokenError", (name, reason) => {
    const error = new classes[name]("x");
    expect(error).toBeInstanceOf(jwt.InvalidTokenError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, reason });
  });

  it.each(ENTRIES)("%s is the same class from both entries", (name) => {
    expect(sameClasses[name]).toBe(classes[name]);
  });

  it("InvalidSignatureError extends DecodeError, and ExpiredSignatureError does not", () => {
    expect(new jwt.InvalidSignatureError("x")).toBeInstanceOf(jwt.DecodeError);
    expect(new jwt.ExpiredSignatureError("x")).not.toBeInstanceOf(jwt.DecodeError);
  });

  it("MissingRequiredClaimError names the missing claim", () => {
    expect(new jwt.MissingRequiredClaimError("exp")).toMatchObject({ claim: "exp" });
  });

  it("InvalidKeyError and the JWKS errors do not extend InvalidTokenError", () => {
    expect(new jwt.InvalidKeyError("x")).not.toBeInstanceOf(jwt.InvalidTokenError);
    expect(new jwt.JWKSClientConnectionError("x")).toBeInstanceOf(jwt.JWKSClientError);
    expect(new jwt.JWKSClientConnectionError("x")).not.toBeInstanceOf(jwt.InvalidTokenError);
    expect(new jwt.JWKSClientConnectionError("x").reason).toBe("KEYS_UNAVAILABLE");
    expect(root.InvalidKeyError).toBe(jwt.InvalidKeyError);
    expect(root.JWKSClientError).toBe(jwt.JWKSClientError);
  });

  it("accept a cause", () => {
    const cause = new Error("why");
    expect(new jwt.DecodeError("x", { cause }).cause).toBe(cause);
    expect(new jwt.DecodeError("x")).not.toHaveProperty("cause");
  });
});
