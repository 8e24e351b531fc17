/** Messages for wrong calls of `claimgate/jwt` and `AuthData`: the fault and the remedy. */
import { AuthData, AuthType } from "claimgate";
import { type DecodeOptions, decode, type EncodeOptions, encode, JWKSClient } from "claimgate/jwt";
import { describe } from "vitest";
import { createAuth, ISSUER, NOW, SECRET } from "../support/create-auth.ts";
import { forge, goodClaims } from "../support/forge.ts";
import { type MessageRow, testMessages } from "../support/message-table.ts";

const read = (options: unknown): Promise<unknown> => decode(forge(), SECRET, options as DecodeOptions);
const write = (claims: object, options: unknown = {}): Promise<string> =>
  encode(claims as Record<string, unknown>, SECRET, options as EncodeOptions);
const row = (mistake: string, make: () => unknown, ...says: string[]): MessageRow => ({
  mistake,
  make,
  error: "TypeError",
  says,
});

describe("options in the places of PyJWT", () => {
  testMessages([
    row("positional algorithms", () => read(["HS256"]), "one object", 'pass { algorithms: ["HS256"] }'),
    row("no options", () => read(undefined), "one object", 'pass { algorithms: ["HS256"] }'),
    row("one algorithm as text", () => read({ algorithms: "HS256" }), "algorithms must be a list", "HS256"),
    row("a positional algorithm of encode", () => write({}, "HS256"), "one object", 'pass { algorithm: "HS256" }'),
    row(
      "PyJWT's dictionary of options",
      () => read({ algorithms: ["HS256"], options: { verify_exp: false, require: ["exp"] } }),
      'decode has no option "options"',
      "pass verifyExp: false, require at the top level",
    ),
    row("an empty dictionary of options", () => read({ options: {} }), "pass verifyExp: false at the top level"),
  ]);
});

describe("names of PyJWT", () => {
  const DECODE = {
    verify_signature: "verifySignature",
    verify_exp: "verifyExp",
    verify_nbf: "verifyNbf",
    verify_iat: "verifyIat",
    verify_aud: "verifyAud",
    verify_iss: "verifyIss",
    verify_sub: "verifySub",
    verify_jti: "verifyJti",
    strict_aud: "strictAud",
    verify: "verifySignature",
    require_exp: 'require: ["exp"]',
    enforce_minimum_key_length: "allowWeakSecret: true",
  };
  testMessages([
    ...Object.entries(DECODE).flatMap(([theirs, ours]) => [
      row(theirs, () => read({ [theirs]: false }), `decode has no option "${theirs}"`, `pass ${ours}`),
      row(`${theirs} in options`, () => read({ options: { [theirs]: false } }), `pass ${ours}`, "at the top level"),
    ]),
    row("require in options", () => read({ options: { require: ["exp"] } }), "pass require at the top level"),
    row(
      "detached_payload",
      () => read({ detached_payload: "x" }),
      "claimgate does not have this option",
      "leave it out",
    ),
    row("json_encoder", () => write({}, { json_encoder: () => 1 }), "pass jsonEncoder"),
    row("sort_headers", () => write({}, { sort_headers: true }), "claimgate does not have this option", "leave it out"),
    row(
      "cache_keys of PyJWKClient",
      () => new JWKSClient("https://a.example", { cache_keys: true } as object),
      'JWKSClient has no option "cache_keys": pass cacheKeys',
    ),
    row(
      "ssl_context of PyJWKClient",
      () => new JWKSClient("https://a.example", { ssl_context: {} } as object),
      "pass fetch",
    ),
  ]);
});

describe("exp in milliseconds", () => {
  const milliseconds = (NOW + 60) * 1000;
  const says = ["exp must be in seconds", "more than 100 years ahead", "looks like milliseconds; divide it by 1000"];
  const authData = new AuthData({ authType: "HS256", secret: SECRET, issuer: ISSUER, now: () => NOW });
  testMessages([
    row("an exp in milliseconds in encode", () => write({ exp: Date.now() }), ...says),
    row("an exp in milliseconds in AuthData", () => authData.sign("auth", { exp: milliseconds }), ...says),
    row(
      "a maxAge in milliseconds since 1970",
      () => createAuth().auth.authToken("ada", { maxAge: milliseconds }),
      "maxAge must be a whole number of seconds, from 1 to 3155760000 (100 years)",
    ),
    {
      mistake: "an authMaxAge in milliseconds since 1970",
      make: () => createAuth({ authMaxAge: milliseconds }),
      error: "InvalidConfigError",
      says: ['"authMaxAge": must be a whole number of seconds from 1 to 3,155,760,000'],
    },
    {
      mistake: "an exp in milliseconds of a manager's own token",
      make: () => createAuth().auth.verify(forge({ payload: goodClaims({ exp: milliseconds }) })),
      error: "DecodeError",
      says: ['"exp" is more than 100 years ahead', "must be in seconds, and looks like milliseconds"],
    },
  ]);
});

describe("AuthData", () => {
  testMessages([
    row(
      "positional arguments, as in Flask_PyJWT",
      () => Reflect.construct(AuthData, [AuthType.HS256, SECRET, ISSUER]),
      "AuthData takes one object",
      "new AuthData({ authType, secret, issuer })",
    ),
    row("no argument", () => Reflect.construct(AuthData, []), "AuthData takes one object"),
  ]);
});
