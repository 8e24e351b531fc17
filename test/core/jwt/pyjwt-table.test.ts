/** Every option and exception of PyJWT 2.10 by name: the accepted and the rejected calls here. */
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../support/refusal-of.ts";
import { CLAIM_EXCEPTIONS } from "./pyjwt-claim-exceptions.ts";
import { DECODE, OTHERS } from "./pyjwt-decode-options.ts";
import { ENCODE } from "./pyjwt-encode-options.ts";
import { TOKEN_AND_KEY_EXCEPTIONS, WITHOUT_CLASS } from "./pyjwt-exceptions.ts";
import { type ExceptionRow, itHolds, type Situation, titleOf } from "./pyjwt-rows.ts";

const EXCEPTIONS: readonly ExceptionRow[] = [...TOKEN_AND_KEY_EXCEPTIONS, ...CLAIM_EXCEPTIONS];

const OPTION_NAMES = [
  "payload key algorithm headers json_encoder",
  "jwt key algorithms options audience issuer subject leeway decode_complete get_unverified_header",
  "verify_signature require verify_aud verify_iss verify_exp verify_iat verify_nbf strict_aud verify_sub verify_jti",
].flatMap((names) => names.split(" "));

const EXCEPTION_NAMES = [
  "PyJWTError InvalidTokenError DecodeError InvalidSignatureError ExpiredSignatureError InvalidAudienceError InvalidIssuerError",
  "InvalidIssuedAtError ImmatureSignatureError InvalidKeyError InvalidAlgorithmError MissingRequiredClaimError InvalidSubjectError",
  "InvalidJTIError MissingCryptographyError PyJWKError PyJWKSetError",
].flatMap((names) => names.split(" "));

describe.each([
  ["encode", ENCODE],
  ["decode", DECODE],
  ["the other functions", OTHERS],
] as const)("PyJWT's options of %s", (_, rows) => {
  itHolds(rows);
});

describe.each(EXCEPTIONS)("PyJWT's $pyjwt", ({ pyjwt, ours, parent, situations }) => {
  it("has the same name and parent class here", () => {
    expect(ours.name).toBe(pyjwt);
    expect(Object.getPrototypeOf(ours)).toBe(parent);
  });

  const named = situations.map((situation): [string, Situation] => {
    const [when, , , instead] = situation;
    return [titleOf(`is raised when ${when}`, instead), situation];
  });

  it.each(named)("%s", async (_title, [_when, refuses, passes]) => {
    await expect((async () => passes())()).resolves.toBeDefined();
    const error = await refusalOf(async () => refuses());
    expect(error).toBeInstanceOf(ours);
    expect(error).toMatchObject({ name: pyjwt });
  });
});

describe("the PyJWT tables", () => {
  it("have a row for every option of PyJWT", () => {
    const words = [...ENCODE, ...DECODE, ...OTHERS].flatMap(({ pyjwt }) => pyjwt.split(/[^a-z_]+/));
    expect(OPTION_NAMES.filter((name) => !words.includes(name))).toEqual([]);
  });

  it("have a row or a named replacement for every exception of PyJWT", () => {
    const named = [...EXCEPTIONS.map(({ pyjwt }) => pyjwt), ...Object.keys(WITHOUT_CLASS)];
    expect(named.toSorted()).toEqual(EXCEPTION_NAMES.toSorted());
  });
});
